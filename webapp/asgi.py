"""The front door: takes a request in whole, bounded in size and time, then gives it to a worker thread.

So a client that sends slowly holds a few kilobytes, never a thread.
"""

import asyncio
import contextvars
import io
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask

from webapp import connections, create_app, metrics
from webapp.config import MOST_BODY_BYTES

# In total, not from one drip to the next.
BODY_SECONDS = 10.0
# A body over the limit is still read up to here, and thrown away: a browser that is cut off while it sends shows its
# own error, not our sentence. What asks before it sends (curl) is answered at once.
DRAINED_BYTES = 128 * 2**20
# Whoever is refused at once comes back at once, and thirty such leave the pages a fifth of their pace. To wait here
# holds no thread.
HELD = {429, 503}
HELD_SECONDS = 1.0
# Pages go out in one piece, long answers in pieces of this size.
PIECE_BYTES = 64 * 1024

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class FrontDoor:
    """An ASGI application around a WSGI one."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(app.config["THREADS"], "worker")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        tasks = [asyncio.create_task(_each_second(self._app)), asyncio.create_task(connections.bound_unread())]
        await receive()
        for task in tasks:
            task.cancel()
        self._threads.shutdown(wait=True)
        self._app.extensions["database"].close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, refused = await _whole_body(scope, receive)
        if body is None:
            return
        call = _Call(self._app, _environ(scope, body, refused))
        loop = asyncio.get_running_loop()
        piece, more = await loop.run_in_executor(self._threads, call.start)
        if call.status in HELD:
            await asyncio.sleep(HELD_SECONDS)
        await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
        while more:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece, more = await loop.run_in_executor(self._threads, call.go_on)
        await send({"type": "http.response.body", "body": piece, "more_body": False})


async def _each_second(app: Flask) -> None:
    """Tell the other processes how this one is, and leave with the main one.

    Where that was killed, nobody would ever stop this process, and it would keep the port.
    """
    parent = os.getppid()
    while os.getppid() == parent:
        metrics.look(app)
        await asyncio.sleep(1)
    os._exit(1)


class _Call:
    """One call of the WSGI application, whose answer is taken piece by piece, in a worker thread each."""

    def __init__(self, app: Flask, environ: dict[str, Any]) -> None:
        self._app, self._environ = app, environ
        self._context = contextvars.Context()
        self._answer: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []

    def start(self) -> tuple[bytes, bool]:
        """The first piece, and whether there are more."""
        self._answer = self._context.run(self._app, self._environ, self._start_response)
        self._pieces = iter(self._answer)
        return self.go_on()

    def go_on(self) -> tuple[bytes, bool]:
        piece = bytearray()
        for part in iter(lambda: self._context.run(next, self._pieces, None), None):
            piece += part
            if len(piece) >= PIECE_BYTES:
                return bytes(piece), True
        if hasattr(self._answer, "close"):
            self._context.run(self._answer.close)
        return bytes(piece), False

    def _start_response(self, status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return lambda _: None


async def _whole_body(scope: Scope, receive: Receive) -> tuple[bytes | None, int]:
    """The body and 0, or nothing of it and the status to refuse it with; None when the client is gone."""
    headers = dict(scope["headers"])
    asks_first = headers.get(b"expect", b"").lower() == b"100-continue"
    if _length(headers) > (MOST_BODY_BYTES if asks_first else DRAINED_BYTES):
        return b"", 413
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive)
    except TimeoutError:
        return b"", 408


async def _read(receive: Receive) -> tuple[bytes | None, int]:
    body, size, more = bytearray(), 0, True
    while more and size <= DRAINED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None, 0
        part = message.get("body", b"")
        size += len(part)
        if size <= MOST_BODY_BYTES:
            body += part
        more = message.get("more_body", False)
    return (bytes(body), 0) if size <= MOST_BODY_BYTES else (b"", 413)


def _length(headers: dict[bytes, bytes]) -> int:
    """How much the client says that it will send."""
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


def _environ(scope: Scope, body: bytes, refused: int) -> dict[str, Any]:
    """The request as PEP 3333 has it."""
    host, port = scope.get("server") or ("localhost", 80)
    client, client_port = scope.get("client") or ("", 0)
    path = scope.get("raw_path") or scope["path"].encode()
    environ = {
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
        "wsgi.input": io.BytesIO(body),
        # All of it is here: the length is ours, whatever Transfer-Encoding said.
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "latchkey.refused": refused,
    }
    return environ | _headers(scope["headers"]) | {"CONTENT_LENGTH": str(len(body))}


def _headers(sent: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """As environ keys. A name with `_` is dropped: it could pass for one with `-` that a proxy set."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in sent:
        name, value = raw_name.decode("latin-1").upper(), raw_value.decode("latin-1")
        if "_" in name:
            continue
        key = "CONTENT_TYPE" if name == "CONTENT-TYPE" else f"HTTP_{name.replace('-', '_')}"
        joint = "; " if name == "COOKIE" else ","
        headers[key] = f"{headers[key]}{joint}{value}" if key in headers else value
    return headers


def front_door() -> FrontDoor:
    """What each of the server's processes runs."""
    return FrontDoor(create_app())
