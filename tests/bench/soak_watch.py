"""Kills a worker of a server again and again, and takes samples of what its processes and its files hold."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.bench.processes import PAGE_BYTES
from tests.bench.soak_people import Heard
from tests.server import Server

RESTARTS, SAMPLES = 30, 15
# A server whose worker dies again within 5.5 s of its restart starts anew as a whole, with the worker that is to stay.
LEAST_BETWEEN_KILLS = 7


class Store(NamedTuple):
    """A new database: its URL, the file or the folder of its write-ahead log, and how many are connected to it."""

    url: str
    wal: Path
    connections: Callable[[], int]


class Process(NamedTuple):
    """What a process holds: memory (RSS) in MB, open files and threads."""

    megabytes: float
    files: int
    threads: int

    def __str__(self) -> str:
        return f"{self.megabytes:.1f}, {self.files}, {self.threads}"


class Sample(NamedTuple):
    """What was found at a moment; `other` is the worker that is killed, None if it was gone at that moment.

    `wal` and `metrics_size` are in MB; `connections` are those to PostgreSQL.
    """

    at: float
    kills: int
    main: Process
    stays: Process
    other: Process | None
    wal: float
    connections: int
    metrics_files: int
    metrics_size: float


class Soak(NamedTuple):
    """All that was seen on one database, from the moment `began` on; `kills` are moments."""

    began: float
    heard: list[Heard]
    kills: list[float]
    samples: list[Sample]


def watch(server: Server, store: Store, soak: Soak, seconds: float) -> None:
    """Kill a worker, always in the place of the same one, and take samples, both evenly over this time."""
    stays = server.workers()[0]
    for after, is_kill in sorted(_plan(seconds)):
        time.sleep(max(0, soak.began + after - time.monotonic()))
        if stays not in server.workers():
            sys.exit(f"The worker that was to stay is gone.\n{server.log}")
        if is_kill:
            _kill(server, stays, soak)
        else:
            soak.samples.append(_sample(server, stays, store, soak))


def _plan(seconds: float) -> Iterator[tuple[float, bool]]:
    """After how many seconds something is done, and whether that is a kill; the last one has time to show."""
    between = max(LEAST_BETWEEN_KILLS, seconds / (RESTARTS + 1))
    yield from ((between * number, True) for number in range(1, round(seconds / between)))
    yield from ((seconds / SAMPLES * number, False) for number in range(1, SAMPLES + 1))


def _kill(server: Server, stays: int, soak: Soak) -> None:
    for worker in server.workers():
        if worker != stays:
            soak.kills.append(time.monotonic())
            os.kill(worker, signal.SIGKILL)


def _sample(server: Server, stays: int, store: Store, soak: Soak) -> Sample:
    folder = Path(server.environment["LATCHKEY_INSTANCE"], "metrics")
    sizes = [file.stat().st_size for file in folder.glob("*/*")]
    return Sample(
        at=time.monotonic(),
        kills=len(soak.kills),
        main=process(server.process.pid),
        stays=process(stays),
        other=_other(server, stays),
        wal=size(store.wal),
        connections=store.connections(),
        metrics_files=len(sizes),
        metrics_size=sum(sizes) / 1e6,
    )


def process(number: int) -> Process:
    """What the process with this number holds. Raises OSError if it is gone."""
    folder = Path(f"/proc/{number}")
    pages = int((folder / "statm").read_text().split()[1])
    return Process(pages * PAGE_BYTES / 1e6, len(os.listdir(folder / "fd")), len(os.listdir(folder / "task")))


def _other(server: Server, stays: int) -> Process | None:
    with suppress(OSError):
        return next((process(worker) for worker in server.workers() if worker != stays), None)
    return None


def size(path: Path) -> float:
    """Size of a file, or of the files in a folder, in MB."""
    return sum(_bytes(file) for file in (path.iterdir() if path.is_dir() else [path])) / 1e6


def _bytes(path: Path) -> int:
    # PostgreSQL removes files of its log meanwhile, and SQLite has none before the first write.
    with suppress(FileNotFoundError):
        return path.stat().st_size if path.is_file() else 0
    return 0
