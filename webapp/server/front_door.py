"""The front door: takes a request in whole, bounded in size and time; then makes a quick page, or gives it to a thread.

So a client that sends slowly holds a few kilobytes, never a thread.
"""

import asyncio
import io
import multiprocessing
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from flask import Flask

from webapp import metrics
from webapp.config import MOST_BODY_BYTES, settings
from webapp.languages import reader
from webapp.server import connections
from webapp.server.pace import Pace
from webapp.server.wsgi import Call, Scope, environ

# For the whole body, not from one part of it to the next.
BODY_SECONDS = 10.0
# A body over the limit is still read up to here, and thrown away: a browser that is cut off while it sends shows its
# own error, not our sentence. A client that asks before it sends (curl) is answered at once.
DRAINED_BYTES = 128 * 2**20
# A client that is refused at once comes back at once; thirty such clients slow the pages to a fifth of their pace.
# Answers with these statuses wait here, which holds no thread.
HELD = {429, 503}
HELD_SECONDS = 1.0
# For the bodies of all requests together, in one process. A form of ours always finds room, so an attacker who sends
# thousands of large bodies and ends none of them cannot keep users from logging in.
MOST_KEPT_BYTES = 32 * 2**20
FORM_BYTES = 4 * 1024
# Requests that are being answered or wait for it: about a second's work. The clients of any more would be gone before
# their answer is made.
MOST_IN_HAND = 1000
# Threads for work that can wait. With more, sixty exports, or a thousand slow clients that are all refused in the same
# moment, would keep each page waiting for a second.
THREADS_ASIDE = 2

# Requests that only read have a few threads of their own on SQLite: in more, they would only take turns on Python's
# lock, each time with the others' pages in the processor's caches. On PostgreSQL a thread mostly waits.
READING = {"GET", "HEAD"}
READERS = 3
# How long a request waits for a reading thread, in seconds. A team's slow pages may hold all of them.
TURN_SECONDS = 0.05
# What announces a body.
BODY_HEADERS = {b"content-length", b"transfer-encoding"}

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Companion(Protocol):
    """Work that goes on beside the requests, from the start of a server process to its end."""

    def start(self, is_busy: Callable[[], bool]) -> None:
        """Begin; `is_busy` tells whether requests are in hand, to which it gives way."""

    def stop(self) -> None:
        """End what is in hand."""


class FrontDoor:
    """An ASGI application around a WSGI one."""

    def __init__(self, app: Flask, companions: Sequence[Companion] = ()) -> None:
        self._app, self._companions = app, companions
        self._threads = ThreadPoolExecutor(settings(app).threads, "worker")
        self._database = app.extensions["database"]
        self._reading = READING if self._database.dialect == "sqlite" else set()
        self._readers, self._turns = ThreadPoolExecutor(READERS, "reader"), asyncio.Semaphore(READERS)
        self._aside = asyncio.Semaphore(THREADS_ASIDE)
        self._pace: Pace | None = None
        self._kept_bytes = self._in_hand = 0
        self._busy: dict[tuple[bool, str], asyncio.Future[tuple[Call, bytes, bool]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        if self._reading:
            # This thread makes pages too, but never waits.
            self._database.only_read()
            self._pace = Pace(self._app)
        for companion in self._companions:
            companion.start(lambda: self._in_hand > 0)
        tasks = [asyncio.create_task(_each_second(self._app)), asyncio.create_task(connections.bound_unread())]
        await receive()
        for task in tasks:
            task.cancel()
        for companion in self._companions:
            companion.stop()
        self._threads.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = io.BytesIO()
        try:
            refused = await self._take(scope, receive, body)
            call, piece, more = await self._begun(scope, body, refused)
            if call.status in HELD:
                await asyncio.sleep(HELD_SECONDS)
            await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
            if more:
                piece = await self._send_pieces(call, piece, receive, send)
            await send({"type": "http.response.body", "body": piece, "more_body": False})
        finally:
            self._kept_bytes -= body.getbuffer().nbytes

    async def _begun(self, scope: Scope, body: io.BytesIO, refused: int) -> tuple[Call, bytes, bool]:
        """Start the call; return it with its first piece, and whether there are more."""
        if refused == 503 or self._in_hand >= MOST_IN_HAND:
            return await self._one_too_many(scope)
        if refused:
            call = Call(self._app, environ(scope, body, refused))
            async with self._aside:
                return call, *await self._in_thread(call.start)
        self._in_hand += 1
        try:
            return await self._made_here(scope, body) or await self._made_in_thread(scope, body)
        finally:
            self._in_hand -= 1

    async def _made_here(self, scope: Scope, body: io.BytesIO) -> tuple[Call, bytes, bool] | None:
        """Make a page in this thread; None if it is not quick, must write, or would wait for a locked file."""
        path, pace = scope["path"], self._pace
        if pace is None or scope["method"] not in self._reading or body.getbuffer().nbytes or not pace.is_quick(path):
            return None
        # The other requests that wait come in first, so that those over MOST_IN_HAND are refused before pages are made.
        # One of them may show that this page is slow.
        await asyncio.sleep(0)
        if not pace.is_quick(path):
            return None
        call = Call(self._app, environ(scope, body, 0))
        with suppress(self._database.elsewhere):
            return call, *pace.timed(path, call.start)
        return None

    async def _made_in_thread(self, scope: Scope, body: io.BytesIO) -> tuple[Call, bytes, bool]:
        call = Call(self._app, environ(scope, body, 0))
        if scope["method"] not in self._reading or not await self._has_turn():
            return call, *await self._in_thread(call.start)
        try:
            return call, *await self._in_thread(call.start, self._readers)
        finally:
            self._turns.release()

    async def _has_turn(self) -> bool:
        """Wait for one of the threads that read; False if they stay busy."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                return await self._turns.acquire()
        except TimeoutError:
            return False

    async def _one_too_many(self, scope: Scope) -> tuple[Call, bytes, bool]:
        """Refuse with one shared page per language, made once: making it takes a thread, and those are scarce now."""
        headers = dict(scope["headers"])
        wish = headers.get(b"accept-language", b"").decode("latin-1")
        page = b"hx-request" in headers, reader.best(self._app, wish)
        if page in self._busy:
            metrics.count_refusal(self._app, 503)
        else:
            self._busy[page] = asyncio.ensure_future(self._strangers_page(*page))
        return await self._busy[page]

    async def _strangers_page(self, over_htmx: bool, language: str) -> tuple[Call, bytes, bool]:
        host = (settings(self._app).hosts or ["localhost"])[0].encode()
        headers = [(b"host", host), (b"accept-language", language.encode())] + [(b"hx-request", b"true")] * over_htmx
        scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "headers": headers}
        call = Call(self._app, environ(scope, io.BytesIO(), 503))
        answer = call, *await self._in_thread(call.start)
        # This answer is shared, so a request id on it would match no log line.
        call.headers = [header for header in call.headers if header[0] != b"x-request-id"]
        return answer

    async def _send_pieces(self, call: Call, piece: bytes, receive: Receive, send: Send) -> bytes:
        """Send all pieces but the last, which is returned; stop if the client is gone."""
        gone, more = asyncio.ensure_future(_disconnect(receive)), True
        while more and not gone.done():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            async with self._aside:
                piece, more = await self._in_thread(call.go_on)
        gone.cancel()
        if more:
            await asyncio.get_running_loop().run_in_executor(self._threads, call.close)
        return piece

    async def _in_thread(
        self, made: Callable[[], tuple[bytes, bool]], threads: ThreadPoolExecutor | None = None
    ) -> tuple[bytes, bool]:
        return await asyncio.get_running_loop().run_in_executor(threads or self._threads, made)

    async def _take(self, scope: Scope, receive: Receive, body: io.BytesIO) -> int:
        """Read the request's body into `body`; return 0, or the status to refuse it with."""
        headers = dict(scope["headers"])
        # It has no body (RFC 9112 6.3), and to wait for an empty one takes a fifth of the door's time.
        if scope["method"] in READING and headers.keys().isdisjoint(BODY_HEADERS):
            return 0
        asks_first = headers.get(b"expect", b"").lower() == b"100-continue"
        if _length(headers) > (MOST_BODY_BYTES if asks_first else DRAINED_BYTES):
            return 413
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._read(receive, body)
        except TimeoutError:
            return 408

    async def _read(self, receive: Receive, body: io.BytesIO) -> int:
        size, more = 0, True
        while more and size <= DRAINED_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                # The client broke off, or the body is not what its headers said.
                return 400
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if FORM_BYTES < size <= MOST_BODY_BYTES and self._kept_bytes > MOST_KEPT_BYTES:
                return 503
            if size <= MOST_BODY_BYTES:
                self._kept_bytes += body.write(part)
        return 413 if size > MOST_BODY_BYTES else 0


async def _disconnect(receive: Receive) -> None:
    """Wait until the client is gone; a body that was not read comes first."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _each_second(app: Flask) -> None:
    """Update this process's metrics for the others each second; exit when the main process is gone.

    If that was killed, nothing else would ever stop this process, and it would keep the port. It may have been killed
    while this one started.
    """
    main = multiprocessing.parent_process()
    parent = main.pid if main else os.getppid()
    while os.getppid() == parent:
        metrics.look(app)
        await asyncio.sleep(1)
    os._exit(1)


def _length(headers: dict[bytes, bytes]) -> int:
    """Number of bytes that the client announces, or 0."""
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else 0
