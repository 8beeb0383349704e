"""Downloads, sent line by line, so that a long file needs no more memory than a short one.

The lines are made after the request is over, so they cannot use it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response

from webapp.languages.times import as_iso

# The start of a cell whose text a spreadsheet may take for a formula, also in full-width characters. A spreadsheet that
# expects semicolons or tabs, as in Germany, splits at them within quotes too.
FORMULA = re.compile('[,;\t\r\n][ "]*(?=[=+@\t\r\uff1d\uff0b\uff0d\uff20-])')

Rows = Iterable[dict[str, Any]]


def download(lines: Iterator[str], mimetype: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(lines, mimetype=mimetype, headers=headers)


def dated(zone: str | None, held: Any) -> Any:
    """The same with each moment, a text whose name ends in `_at`, in ISO 8601 as in this zone.

    A team's own `fields` stay as they are: a day there is no moment.
    """
    if isinstance(held, list):
        return [dated(zone, one) for one in held]
    if not isinstance(held, dict):
        return held
    return {
        name: value if name == "fields" else as_iso(zone, value) if _is_moment(name, value) else dated(zone, value)
        for name, value in held.items()
    }


def csv_lines(columns: list[str], rows: Rows) -> Iterator[str]:
    """Lines of a CSV file (RFC 4180): the columns' names first, each field in quotes."""
    yield _csv_line(columns)
    for row in rows:
        yield _csv_line([str(row[column] or "") for column in columns])


def json_lines(columns: list[str], rows: Rows) -> Iterator[str]:
    """Lines of a JSON array, one object a line."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps({column: row[column] for column in columns})
    yield "\n]\n"


def _is_moment(name: str, value: object) -> bool:
    return name.endswith("_at") and isinstance(value, str)


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
    return f"{_harmless(line.getvalue())}\r\n"


def _harmless(line: str) -> str:
    """Put `'` before formulas: a spreadsheet would run `=…` (OWASP, CSV Injection); an address may begin so."""
    return FORMULA.sub(r"\g<0>'", f"\n{line}")[1:]
