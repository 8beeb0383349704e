"""Files to keep: sent line by line, so that a long one needs no more memory than a short one.

The lines are made after the request is over, so they ask for nothing of it.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response

# What a spreadsheet may take for the beginning of a formula, also in full width.
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")

Rows = Iterable[dict[str, Any]]


def download(lines: Iterator[str], mimetype: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(lines, mimetype=mimetype, headers=headers)


def csv_lines(columns: list[str], rows: Rows) -> Iterator[str]:
    """RFC 4180, with a line of names first."""
    yield _csv_line(columns)
    for row in rows:
        yield _csv_line([_harmless(str(row[column] or "")) for column in columns])


def json_lines(columns: list[str], rows: Rows) -> Iterator[str]:
    """An array with an object a line."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps({column: row[column] for column in columns})
    yield "\n]\n"


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes `=…` for a formula and runs it (OWASP, CSV Injection); an address may begin so."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
