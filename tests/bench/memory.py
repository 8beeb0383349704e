"""What a worker process holds of the machine's memory after many requests."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.bench import processes, wrk
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import Running, serve_ours

PATHS = ("/dashboard", "/account", "/account/password", "/logout")
FIRST = 10_000
# In MB. What comes and goes with a page or two is no growth.
MOST, SLACK = 60, 1


class Size(NamedTuple):
    requests: int
    megabytes: float


def measure(pace: Pace) -> list[Promise]:
    with serve_ours(WORKERS="1") as ours:
        for path in PATHS:
            ours.ada.check(path)
        sizes = _sizes(ours, (FIRST, pace.requests), pace.seconds)
    rows = [(f"{number:,}", f"{size:.1f}") for number, size in sizes]
    table(f"A worker's memory (RSS): {', '.join(PATHS)} in turn", ("requests", "MB"), rows)
    return list(_promises(*sizes))


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
