"""A relay that takes every mail and throws it away, in a process of its own, on loopback and without encryption."""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.server import free_port

SPAWN = multiprocessing.get_context("spawn")
ANSWERS = {b"EHLO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
END = b"\r\n.\r\n"
PATIENCE = 20


class Sink:
    """Where it listens, and what it has taken so far."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        # How many, and when the first and the last came, in seconds of `monotonic`, which all processes share.
        self.taken = SPAWN.Array("d", 3)

    @property
    def number(self) -> int:
        return int(self.taken[0])

    @property
    def span(self) -> float:
        """Seconds from the first mail to the last."""
        return float(self.taken[2] - self.taken[1])


@contextmanager
def sink() -> Iterator[Sink]:
    port = free_port()
    found = Sink(port)
    listens = SPAWN.Event()
    process = SPAWN.Process(target=_run, args=(port, found.taken, listens), daemon=True)
    process.start()
    try:
        if not listens.wait(PATIENCE):
            sys.exit(f"The relay did not start within {PATIENCE} s.")
        yield found
    finally:
        process.terminate()
        process.join()


def _run(port: int, taken: Any, listens: Any) -> None:
    asyncio.run(_serve(port, taken, listens))


async def _serve(port: int, taken: Any, listens: Any) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Talk(taken), "127.0.0.1", port)
    listens.set()
    await server.serve_forever()


class _Talk(asyncio.Protocol):
    """One connection; a client that waits for each answer sends one command at a time."""

    def __init__(self, taken: Any) -> None:
        self._taken, self._body = taken, b""
        self._is_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        if self._is_body:
            # Of the text the end alone is looked at, which may come in two pieces.
            self._body = self._body[-len(END) :] + data
            if self._body.endswith(END):
                self._take()
            return
        command = data[:4].upper()
        self._is_body = command == b"DATA"
        self._transport.write(ANSWERS.get(command, b"250 ok\r\n"))

    def _take(self) -> None:
        self._is_body, self._body = False, b""
        now = time.monotonic()
        with self._taken.get_lock():
            self._taken[0] += 1
            self._taken[1] = self._taken[1] or now
            self._taken[2] = now
        self._transport.write(b"250 taken\r\n")
