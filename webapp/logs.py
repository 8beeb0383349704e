"""Log lines: one for each act, with where it came from; no password, no token, no raw line break."""

import logging
from typing import TextIO, cast

from flask import has_request_context
from flask.logging import wsgi_errors_stream

from webapp import client

FORMAT = "%(asctime)s %(levelname)s %(message)s from=%(address)s"


def start() -> None:
    """Send what the rules tell to standard error."""
    logger = logging.getLogger("latchkey")
    if not logger.handlers:
        handler = logging.StreamHandler(cast(TextIO, wsgi_errors_stream))
        handler.setFormatter(logging.Formatter(FORMAT))
        handler.addFilter(_with_address)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


def _with_address(record: logging.LogRecord) -> bool:
    record.address = client.address() if has_request_context() else "-"
    return True
