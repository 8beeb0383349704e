"""A person in whose account very much has happened goes, and how long others wait meanwhile."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import db
from db import Database, deletion, events, users
from db.migrate import migrate
from tests.bench import databases
from tests.bench.report import Pace, Promise, promise, table
from webapp.accounts import sweep
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.events import Kind, record

# Of the person who goes, for each person of a pace's: a million where there are 100,000.
EVENTS_EACH = 10
AT_ONCE = 10_000
PAUSE = 0.005
# In the server a second passes between two steps; here they follow one another like this.
BETWEEN_STEPS = 0.05
PROMISED = 200


def measure(pace: Pace) -> list[Promise]:
    number, rows, longest = pace.people * EVENTS_EACH, [], 0.0
    for name, database in databases.kinds().items():
        with database() as url:
            waits, steps, step = _leave(url, number)
        longest = max(longest, *waits)
        rows.append((name, f"{steps:,}", f"{step * 1000:.0f}", f"{max(waits) * 1000:.0f}", f"{len(waits):,}"))
    columns = ("database", "steps", "longest step, ms", "longest wait of others, ms", "acts of others")
    table(f"A person with {number:,} events goes", columns, rows)
    sentence = f"Others wait {PROMISED} ms at most while a person with {number:,} events goes"
    return [promise(sentence, f"{longest * 1000:.0f} ms", longest * 1000 <= PROMISED)]


def _leave(url: str, number: int) -> tuple[list[float], int, float]:
    """How long each act of others took, in how many steps the person went, and how long the longest of these took."""
    sweeper, others = db.connect(url), db.connect(url)
    try:
        migrate(sweeper)
        leaver, stayer = (_somebody(sweeper, name) for name in ("leaver", "stayer"))
        _live(sweeper, leaver, number)
        deletion.schedule(sweeper, leaver, sweeper.now())
        waits, gone = [], threading.Event()
        acting = threading.Thread(target=_act, args=(others, stayer, waits, gone))
        acting.start()
        took = list(_steps(sweeper, leaver))
        gone.set()
        acting.join()
        return waits, len(took), max(took)
    finally:
        sweeper.close()
        others.close()


def _somebody(database: Database, name: str) -> int:
    with database.transaction():
        return users.add(database, name, f"{name}@example.com", "no hash")


def _live(database: Database, user_id: int, number: int) -> None:
    happened: dict[str, Any] = {
        "user_id": user_id, "kind": Kind.LOGGED_IN, "session_id": None, "actor": "", "address": "203.0.113.7",
        "device": "Firefox on Linux", "detail": "", "created_at": database.now(),
    }  # fmt: skip
    for _ in range(0, number, AT_ONCE):
        with database.transaction():
            events.add_many(database, [happened] * min(AT_ONCE, number))


def _steps(database: Database, user_id: int) -> Iterator[float]:
    while users.by_id(database, user_id):
        began = time.monotonic()
        sweep.sweep(database, 400)
        yield time.monotonic() - began
        time.sleep(BETWEEN_STEPS)


def _act(database: Database, user_id: int, waits: list[float], gone: threading.Event) -> None:
    """As a log-in does: look somebody up, and write that something has happened."""
    while not gone.is_set():
        began = time.monotonic()
        users.by_id(database, user_id)
        with database.transaction():
            record(database, COMMAND_LINE, Kind.LOGGED_IN, user_id)
        waits.append(time.monotonic() - began)
        time.sleep(PAUSE)
