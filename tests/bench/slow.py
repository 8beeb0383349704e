"""A thousand clients that send slowly, and what others notice of them."""

import asyncio
import multiprocessing
import resource
import statistics
import sys
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from tests.bench.client import Client
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import server

CLIENTS = 1000
SPAWN = multiprocessing.get_context("spawn")
HEADERS = (b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a")
BODY = (b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n", b"a")
DRIP = 1.0
PAUSE = 0.02


def measure(pace: Pace) -> list[Promise]:
    with server() as ours:
        alone = _times(ours.url, pace.seconds)
        attached = SPAWN.Value("i", 0)
        process = SPAWN.Process(target=_attach, args=(ours.url, attached), daemon=True)
        process.start()
        try:
            _wait(attached)
            # Longer than the server bears with them: they come back, all at once.
            beside = _times(ours.url, 5 * pace.seconds)
            still = attached.value
        finally:
            process.terminate()
    rows = [_row("alone", alone), _row(f"beside {still:,} slow clients", beside)]
    table("`/login` beside 1,000 slow clients, half of headers, half of bodies", ("", "median, ms", "worst, ms"), rows)
    worst = max(beside) * 1000
    sentence = f"`/login` within 50 ms beside {CLIENTS:,} slow clients"
    return [promise(sentence, f"{statistics.median(beside) * 1000:.1f} ms, at worst {worst:.1f} ms", worst <= 50)]


def _times(url: str, seconds: float) -> list[float]:
    """Seconds that each answer took, over a new connection."""
    took, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        began = time.monotonic()
        if (answer := Client(url).get("/login")).status != 200:
            sys.exit(f"/login beside slow clients answers {answer.status}.")
        took.append(time.monotonic() - began)
        time.sleep(PAUSE)
    return took


def _row(name: str, took: list[float]) -> tuple[str, str, str]:
    return name, f"{statistics.median(took) * 1000:.1f}", f"{max(took) * 1000:.1f}"


def _wait(attached: Any) -> None:
    deadline = time.monotonic() + 20
    while attached.value < CLIENTS:
        if time.monotonic() > deadline:
            sys.exit(f"Only {attached.value} slow clients could be attached.")
        time.sleep(0.1)


def _attach(url: str, attached: Any) -> None:
    """All of them, in a process of their own, so that they are in nobody's way but the server's."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_drip_all(url, attached))


async def _drip_all(url: str, attached: Any) -> None:
    async with asyncio.TaskGroup() as clients:
        for number in range(CLIENTS):
            clients.create_task(_drip_for_ever(url, attached, *(HEADERS if number % 2 else BODY)))


async def _drip_for_ever(url: str, attached: Any, head: bytes, drip: bytes) -> None:
    while True:
        with suppress(OSError):
            await _drip(url, attached, head, drip)


async def _drip(url: str, attached: Any, head: bytes, drip: bytes) -> None:
    """Until the server has enough of it."""
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    attached.value += 1
    try:
        writer.write(head)
        while not await _is_answered(reader):
            writer.write(drip)
    finally:
        attached.value -= 1
        writer.close()


async def _is_answered(reader: asyncio.StreamReader) -> bool:
    """Within the time between two drips."""
    try:
        async with asyncio.timeout(DRIP):
            await reader.read(1)
    except TimeoutError:
        return False
    return True
