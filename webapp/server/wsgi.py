"""One request as the WSGI application sees it, and its answer piece by piece."""

import contextvars
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask

# Pages go out in one piece, long answers in pieces of this size.
PIECE_BYTES = 64 * 1024
# In place of the key of a header that is not passed on.
DROPPED = ""
# In bytes; browsers and proxies send none that is longer.
LONGEST_KEPT = 40

Scope = dict[str, Any]


class Call:
    """One call of the WSGI application; threads take its answer piece by piece."""

    def __init__(self, app: Flask, environ: dict[str, Any]) -> None:
        self._app, self._environ = app, environ
        self._context = contextvars.Context()
        self._answer: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []

    def start(self) -> tuple[bytes, bool]:
        """Call the application; return the first piece, and whether there are more."""
        return self._context.run(self._start)

    def go_on(self) -> tuple[bytes, bool]:
        return self._context.run(self._piece)

    def close(self) -> None:
        self._context.run(self._close)

    def _start(self) -> tuple[bytes, bool]:
        self._answer = self._app(self._environ, self._start_response)
        self._pieces = iter(self._answer)
        return self._piece()

    def _piece(self) -> tuple[bytes, bool]:
        parts, size = [], 0
        for part in self._pieces:
            parts.append(part)
            size += len(part)
            if size >= PIECE_BYTES:
                return b"".join(parts), True
        self._close()
        return b"".join(parts), False

    def _close(self) -> None:
        if hasattr(self._answer, "close"):
            self._answer.close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(_raw(name), value.encode("latin-1")) for name, value in headers]
        return lambda _: None


@lru_cache(500)
def _raw(name: str) -> bytes:
    return name.lower().encode("latin-1")


def environ(scope: Scope, body: io.BytesIO, refused: int) -> dict[str, Any]:
    """Build the request's environ (PEP 3333); `refused` is the status that the app is to refuse it with, or 0."""
    body.seek(0)
    host, port = scope.get("server") or ("localhost", 80)
    client, client_port = scope.get("client") or ("", 0)
    path = scope.get("raw_path") or scope["path"].encode()
    told = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client),
        "REMOTE_PORT": str(client_port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        # The whole body is here, so its length is known, whatever Transfer-Encoding said.
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "latchkey.refused": refused,
    }
    return told | _headers(scope["headers"]) | {"CONTENT_LENGTH": str(body.getbuffer().nbytes)}


def _headers(sent: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by environ key. A name with `_` is dropped: it could pass for one with `-` that a proxy set."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in sent:
        # A name that a stranger has made up is not kept.
        key = _key(raw_name) if len(raw_name) <= LONGEST_KEPT else _key.__wrapped__(raw_name)
        value = raw_value.decode("latin-1")
        if key in headers:
            value = f"{headers[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        headers[key] = value
    headers.pop(DROPPED, None)
    return headers


@lru_cache(500)
def _key(raw_name: bytes) -> str:
    name = raw_name.decode("latin-1").upper()
    if "_" in name:
        return DROPPED
    return "CONTENT_TYPE" if name == "CONTENT-TYPE" else f"HTTP_{name.replace('-', '_')}"
