"""Log lines: one for each act, with where it came from; no password, no token, no raw line break."""

import json
import logging
from datetime import UTC, datetime
from typing import TextIO, cast

from flask import Flask, has_request_context
from flask.logging import default_handler, wsgi_errors_stream

from webapp import client
from webapp.request_id import request_id

FORMAT = "%(asctime)s %(levelname)s %(message)s from=%(address)s request=%(request_id)s"


class Text(logging.Formatter):
    """A line; the traceback of a mistake of ours follows it indented, so that no part of it passes for a line."""

    def format(self, record: logging.LogRecord) -> str:
        record.message, record.asctime = record.getMessage(), self.formatTime(record)
        record.address, record.request_id = _address(), request_id()
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return "\n    ".join(_printable(line) for line in (self.formatMessage(record), *trace.splitlines()))


class Json(logging.Formatter):
    """An object a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            "address": _address(),
            "request_id": request_id(),
            "logger": record.name,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


FORMATTERS = {"text": Text(FORMAT), "json": Json()}
HANDLER = logging.StreamHandler(cast(TextIO, wsgi_errors_stream))


def start(app: Flask) -> None:
    """Send what the rules tell, and Flask's word of a crash, to standard error in the format that was set."""
    HANDLER.setFormatter(FORMATTERS[app.config["LOG_FORMAT"]])
    app.logger.removeHandler(default_handler)
    app.logger.addHandler(HANDLER)
    logger = logging.getLogger("latchkey")
    logger.addHandler(HANDLER)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _address() -> str:
    return client.address() if has_request_context() else "-"


def _printable(text: str) -> str:
    """Line breaks, control characters and broken bytes as Python spells them: `\\n`, `\\x1b`, `\\udcff`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
