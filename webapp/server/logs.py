"""Log lines: one for each act, with where it came from; no password, no token, no raw line break."""

import json
import logging
import re
from bisect import bisect
from datetime import UTC, datetime
from itertools import accumulate
from typing import TextIO, cast

from flask import Flask, has_request_context
from flask.logging import default_handler, wsgi_errors_stream

from webapp.config import settings
from webapp.server.address import address
from webapp.server.request_id import request_id

# Of a message, in characters: a stranger who sends long ones must not fill the disk.
LONGEST = 1024
# A link that is mailed, by the address that it leads to: its last part opens something.
LINK = re.compile(r"(/(?:verify|reset|login/link|invitation|undo)/)[\w-]{32,}", re.ASCII)
FORMAT = "%(asctime)s %(levelname)s %(message)s from=%(address)s request=%(request_id)s"


class Text(logging.Formatter):
    """Writes one line; a traceback follows it indented, so that no part of it passes for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        record.message, record.asctime = _cut(_printable(_masked(record.getMessage()))), self.formatTime(record)
        record.address, record.request_id = _address(), request_id()
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        lines = (_cut(_printable(line)) for line in _masked(trace).splitlines())
        return "\n    ".join((_printable(self.formatMessage(record)), *lines))


class Json(logging.Formatter):
    """Writes one JSON object on a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": _cut_as_spelled(_masked(record.getMessage())),
            "address": _address(),
            "request_id": request_id(),
            "logger": record.name,
        }
        if record.exc_info:
            line["exception"] = "\n".join(map(_cut, _masked(self.formatException(record.exc_info)).split("\n")))
        return json.dumps(line)


FORMATTERS = {"text": Text(FORMAT), "json": Json()}
# Ours, and those of libraries whose lines an operator needs.
LOGGERS = {"latchkey": logging.INFO, "psycopg.pool": logging.WARNING}
HANDLER = logging.StreamHandler(cast(TextIO, wsgi_errors_stream))


def register(app: Flask) -> None:
    """Send log lines, and Flask's report of a crash, to standard error in the format that was set."""
    HANDLER.setFormatter(FORMATTERS[settings(app).log_format])
    app.logger.removeHandler(default_handler)
    app.logger.addHandler(HANDLER)
    for name, level in LOGGERS.items():
        logger = logging.getLogger(name)
        logger.addHandler(HANDLER)
        logger.setLevel(level)
        logger.propagate = False


def handler() -> logging.Handler:
    """What writes our log lines, for programs that set up their own."""
    return HANDLER


def _address() -> str:
    return address() if has_request_context() else "-"


def _masked(text: str) -> str:
    """The text without the tokens of mailed links: who reads the log must not open them."""
    return LINK.sub(r"\1…", text)


def _cut(text: str) -> str:
    """Shorten a message, or a line of a traceback, that is too long to its beginning and `…`."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _cut_as_spelled(text: str) -> str:
    """Like `_cut`, but count characters as JSON spells them: up to twelve for one."""
    spelled = [*accumulate(len(json.dumps(char)) - 2 for char in text[: LONGEST + 1])]
    return text if not spelled or spelled[-1] <= LONGEST else f"{text[: bisect(spelled, LONGEST - 6)]}…"


def _printable(text: str) -> str:
    """Spell line breaks, control characters and broken bytes as Python does: `\\n`, `\\x1b`, `\\udcff`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
