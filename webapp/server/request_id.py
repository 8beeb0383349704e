"""The id of a request: on its answer and on each of its log lines, so that one leads to the other."""

import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import has_request_context, request

# An id that is taken from a proxy ends up in log lines and on pages.
BELIEVABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def with_request_id(application: WSGIApplication, has_proxy: bool) -> WSGIApplication:
    """Add `X-Request-ID` to each answer of `application`; behind a proxy, the one that the request brought."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        name = environ["latchkey.request_id"] = (has_proxy and _given(environ)) or secrets.token_hex(8)

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Callable[[bytes], object]:
            return start_response(status, [*headers, ("X-Request-ID", name)], *failure)

        return application(environ, start)

    return answer


def request_id() -> str:
    """The id of this request, `-` outside of one."""
    return str(request.environ.get("latchkey.request_id", "-")) if has_request_context() else "-"


def _given(environ: WSGIEnvironment) -> str:
    name = str(environ.get("HTTP_X_REQUEST_ID", ""))
    return name if BELIEVABLE.fullmatch(name) else ""
