"""A soak: people work at the real server for a quarter of an hour, and one of its two workers is killed at times.

`SOAK_MINUTES=3 ./just bench soak` takes less time.
"""

import os
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from tests import postgres
from tests.bench.report import Promise, machine, promise, table
from tests.bench.servers import SECRET_KEY
from tests.bench.soak_people import PEOPLE, READERS, Heard, live, read, reader
from tests.bench.soak_watch import Process, Sample, Soak, Store, watch
from tests.server import Server
from webapp.metrics.folder import KINDS

# Of all databases together, each of which has its share.
MINUTES = float(os.environ.get("SOAK_MINUTES", "15"))
WORKERS, THREADS = 2, 16
# In seconds, from a kill to the last answer that it may have cost.
AFTERMATH = 2
# In MB: what comes and goes with a page or two is no growth. Of threads: one more may wait for work than before.
SLACK, MORE_THREADS = 2, 2
# In MB: SQLite writes its log into the database every 4 MB if no reader is in the way; max_wal_size is 1 GB by default.
MOST_WAL = {"SQLite": 16, "PostgreSQL": 1100}
COLUMNS = (
    "time", "kills", "main process", "worker that stays", "worker that is killed", "WAL, MB", "connections",
    "metrics: files, MB", "answers", "none", "5xx", "p50, ms", "p99, ms",
)  # fmt: skip


def measure() -> None:
    print(f"{machine()}; {WORKERS} server processes, {MINUTES:g} minutes")
    stores = _stores()
    promises: list[Promise] = []
    for name, new in stores.items():
        print(f"… {name}", file=sys.stderr)
        with new() as store:
            soak = _soak(store, MINUTES * 60 / len(stores))
        _print(name, soak)
        promises += told(name, soak)
    table("Promises", ("promise", "measured", "kept?"), promises)


def _stores() -> Mapping[str, Callable[[], AbstractContextManager[Store]]]:
    return {"SQLite": _sqlite} | ({"PostgreSQL": _postgresql} if postgres.find_programs() else {})


@contextmanager
def _sqlite() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        yield Store(f"sqlite:///{folder}/latchkey.db", Path(folder, "latchkey.db-wal"), lambda: 0)


@contextmanager
def _postgresql() -> Iterator[Store]:
    programs = postgres.find_programs()
    assert programs
    with postgres.folder() as place, postgres.server(programs, place) as url:
        yield Store(url, place / "data/pg_wal", lambda: _connections(url))


def _connections(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


def _soak(store: Store, seconds: float) -> Soak:
    settings: dict[str, Any] = {
        "WORKERS": str(WORKERS),
        "THREADS": str(THREADS),
        "TRUSTED_PROXIES": "1",
        "SECRET_KEY": SECRET_KEY,
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(Server(folder, store.url, **settings))
        cookies = [reader(server.url, number).cookie for number in range(READERS)]
        soak = Soak(time.monotonic(), [], [], [])
        threads = stack.enter_context(ThreadPoolExecutor(PEOPLE + READERS))
        # Whatever happens here, those threads end.
        stack.callback((over := threading.Event()).set)
        numbers = count()
        at_work = [threads.submit(live, server.url, soak.heard, numbers, over) for _ in range(PEOPLE)]
        at_work += [threads.submit(read, server.url, cookie, soak.heard, over) for cookie in cookies]
        watch(server, store, soak, seconds)
        over.set()
        for each in at_work:
            each.result()
    return soak


def _print(name: str, soak: Soak) -> None:
    since = [soak.began, *(sample.at for sample in soak.samples)]
    rows = [_row(soak, sample, began) for sample, began in zip(soak.samples, since, strict=False)]
    table(f"A soak on {name}; of each process its memory (RSS) in MB, its open files and its threads", COLUMNS, rows)
    statuses = sorted(Counter(answer.status for answer in soak.heard).items())
    title = f"Answers on {name}, with {len(soak.kills)} workers killed"
    table(title, ("answer", "how often"), ((status or "none", f"{number:,}") for status, number in statuses))


def _row(soak: Soak, sample: Sample, began: float) -> tuple[str, ...]:
    heard = [answer for answer in soak.heard if began < answer.at <= sample.at]
    seconds = int(sample.at - soak.began)
    return (
        f"{seconds // 60}:{seconds % 60:02}",
        *map(str, (sample.kills, sample.main, sample.stays, sample.other or "–")),
        f"{sample.wal:.1f}",
        str(sample.connections),
        f"{sample.metrics_files}, {sample.metrics_size:.2f}",
        f"{len(heard):,}",
        str(sum(not answer.status for answer in heard)),
        str(sum(answer.status >= 500 for answer in heard)),
        *(f"{value:.1f}" for value in percentiles(heard)),
    )


def percentiles(heard: Sequence[Heard]) -> tuple[float, float]:
    """Median and 99th percentile in ms of what was answered."""
    took = [answer.took for answer in heard if answer.status]
    return (statistics.median(took), statistics.quantiles(took, n=100)[-1]) if len(took) > 1 else (0.0, 0.0)


def told(name: str, soak: Soak) -> Iterator[Promise]:
    """What was promised of a soak on the database called `name`; its first third is for warming up."""
    third = len(soak.samples) // 3
    second, last = soak.samples[third : 2 * third], soak.samples[2 * third :]
    yield from _flat(f"{name}, the worker that stays", [each.stays for each in second], [each.stays for each in last])
    yield from _flat(f"{name}, the main process", [each.main for each in second], [each.main for each in last])
    yield _bounded_metrics(name, soak)
    wal = max(sample.wal for sample in soak.samples)
    yield promise(f"{name}: at most {MOST_WAL[name]} MB of WAL", f"{wal:.1f} MB", wal <= MOST_WAL[name])
    if connections := max(sample.connections for sample in soak.samples):
        most = WORKERS * THREADS
        yield promise(f"{name}: at most {most} connections to its server", str(connections), connections <= most)
    yield _answered(name, soak)


def _flat(whose: str, before: Sequence[Process], after: Sequence[Process]) -> Iterator[Promise]:
    held, holds = (statistics.median(each.megabytes for each in part) for part in (before, after))
    sentence = f"{whose}: at most {SLACK} MB more in the last third than in the second"
    yield promise(sentence, f"{held:.1f} to {holds:.1f} MB", holds - held <= SLACK)
    files, more_files = (max(each.files for each in part) for part in (before, after))
    # Each client may hold a connection, and all of them to the same worker.
    most = PEOPLE + READERS
    sentence = f"{whose}: at most {most} more open files"
    yield promise(sentence, f"{files} to {more_files}", more_files - files <= most)
    threads, more_threads = (max(each.threads for each in part) for part in (before, after))
    sentence = f"{whose}: at most {MORE_THREADS} more threads"
    yield promise(sentence, f"{threads} to {more_threads}", more_threads - threads <= MORE_THREADS)


def _bounded_metrics(name: str, soak: Soak) -> Promise:
    files = max(sample.metrics_files for sample in soak.samples)
    size = max(sample.metrics_size for sample in soak.samples)
    most, most_size = WORKERS * len(KINDS), WORKERS * sum(KINDS.values()) / 1e6
    measured = f"{files} files, {size:.2f} MB after {len(soak.kills)} restarts"
    sentence = f"{name}: at most {most} files of metrics, as large as at the start"
    return promise(sentence, measured, files <= most and size <= most_size)


def _answered(name: str, soak: Soak) -> Promise:
    wrong = sum(answer.status >= 500 for answer in soak.heard)
    lost = [answer for answer in soak.heard if not answer.status]
    stray = sum(not any(0 <= answer.at - kill <= AFTERMATH for kill in soak.kills) for answer in lost)
    measured = f"{wrong} of {len(soak.heard):,}; {len(lost)} not answered, {stray} of them not after a kill"
    return promise(f"{name}: no 5xx, and a kill alone leaves requests unanswered", measured, not (wrong or stray))
