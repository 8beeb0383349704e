"""What a worker process holds of the machine's memory after many requests, and once it has rated a password."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.bench import processes, wrk
from tests.bench.client import Client
from tests.bench.clock import NAME
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import HOME, SECRET_KEY, Running, logged_in
from tests.server import Server

PATHS = ("/dashboard", "/account", "/account/password", "/logout")
FIRST = 10_000
# In MB. What comes and goes with a page or two is no growth.
MOST, SLACK = 60, 1


class Size(NamedTuple):
    requests: int
    megabytes: float


def measure(pace: Pace) -> list[Promise]:
    with TemporaryDirectory() as folder:
        # A process that has rated a password holds what zxcvbn needs, so ada signs up with another one.
        with _server(folder) as first:
            Client(first.url, HOME).sign_up(NAME)
        with _server(folder) as ours:
            running = Running("Latchkey", logged_in(ours.url, "/login"), "/login", ours.environment, ours.process.pid)
            for path in PATHS:
                running.ada.check(path)
            sizes = _sizes(running, (FIRST, pace.requests), pace.seconds)
            Client(ours.url, HOME).sign_up("ben")
            rated = processes.largest_child(running.process)
    rows = [(f"{number:,}", f"{size:.1f}") for number, size in sizes]
    table(
        f"A worker's memory (RSS): {', '.join(PATHS)} in turn",
        ("requests", "MB"),
        [*rows, ("and the first password rated", f"{rated:.1f}")],
    )
    return list(_promises(*sizes))


def _server(folder: str) -> Server:
    """With one worker."""
    given = {"WORKERS": "1", "SECRET_KEY": SECRET_KEY, "TRUSTED_PROXIES": "1"}
    return Server(Path(folder), f"sqlite:///{folder}/latchkey.db", **given)


def _sizes(ours: Running, marks: Sequence[int], seconds: float) -> list[Size]:
    """The worker's memory as soon as it has answered so many requests."""
    asked, sizes = 0, []
    for mark in marks:
        while asked < mark:
            asked += wrk.turns(ours, seconds, PATHS)
        sizes.append(Size(asked, processes.largest_child(ours.process)))
    return sizes


def _promises(first: Size, last: Size) -> Iterator[Promise]:
    yield promise(f"A worker's memory: at most {MOST} MB", f"{last.megabytes:.1f} MB", last.megabytes <= MOST)
    grown = last.megabytes - first.megabytes
    measured = f"{grown:+.1f} MB from {first.requests:,} to {last.requests:,}"
    yield promise(f"A worker's memory: no growth after {FIRST:,} requests", measured, grown <= SLACK)
