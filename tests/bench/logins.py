"""Log-ins a second, against what the hash alone allows on the cores that may hash."""

import hashlib
import os
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.bench.client import REDIRECTS, Client
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import server
from webapp.accounts.passwords import ITERATIONS

CORES = max(1, (os.cpu_count() or 1) - 1)
CLIENTS = 8
TURNS, LEAST = 8, 0.95


class Counted(NamedTuple):
    """When each log-in of a turn was done, and how often each status came."""

    done: list[float]
    statuses: Counter[int]

    @property
    def span(self) -> float:
        """Seconds from the first log-in to the last: in between, somebody's password was always being checked."""
        return max(self.done, default=0) - min(self.done, default=0)

    @property
    def number(self) -> int:
        """Log-ins that were done in this time."""
        return max(0, len(self.done) - 1)


def measure(pace: Pace) -> list[Promise]:
    """The hash alone and the log-ins take turns, as a machine's pace changes from one minute to the next."""
    with server() as ours:
        people = [f"person{number}" for number in range(CLIENTS)]
        for name in people:
            Client(ours.url).sign_up(name)
        turns = [(_limit(pace.seconds / 2), _log_ins(ours.url, people, pace.seconds)) for _ in range(TURNS)]
    limit = statistics.mean(limit for limit, _ in turns)
    span = sum(counted.span for _, counted in turns)
    rate = sum(counted.number for _, counted in turns) / span if span else 0.0
    share = rate / limit
    rows = [("the hash alone", f"{limit:.2f}", "100 %"), ("Latchkey", f"{rate:.2f}", f"{share:.1%}")]
    table(f"Log-ins a second, {CLIENTS} clients, {CORES} of {os.cpu_count()} cores", ("", "log-ins/s", "share"), rows)
    print(f"\nAnswers: {dict(sum((counted.statuses for _, counted in turns), Counter[int]()))}")
    return [promise("Log-ins a second: at least 95 % of what the hash alone allows", f"{share:.1%}", share >= LEAST)]


def _limit(seconds: float) -> float:
    """Hashes a second."""
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(CORES) as threads:
        return sum(threads.map(lambda _: _hash_until(deadline), range(CORES)))


def _hash_until(deadline: float) -> float:
    began, number = time.monotonic(), 0
    while time.monotonic() < deadline:
        hashlib.pbkdf2_hmac("sha256", b"correct horse battery", b"a salt as long as it is", ITERATIONS)
        number += 1
    return number / (time.monotonic() - began)


def _log_ins(url: str, people: list[str], seconds: float) -> Counted:
    counted = Counted([], Counter())
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(lambda name: _log_in_until(url, name, deadline, counted), people))
    return counted


def _log_in_until(url: str, name: str, deadline: float, counted: Counted) -> None:
    """Each time as a stranger; who is told to come back later does so at once."""
    while time.monotonic() < deadline:
        status = Client(url).log_in("/login", f"{name}@example.com").status
        counted.statuses[status] += 1
        if status in REDIRECTS:
            counted.done.append(time.monotonic())
