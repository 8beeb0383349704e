"""How fast the outbox empties into a relay, and what a dashboard notices of it."""

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from db import Database, users
from db import outbox as outbox_table
from tests.bench import paced, wrk
from tests.bench.client import PASSWORD
from tests.bench.clock import NAME
from tests.bench.report import Promise, promise, spread, table
from tests.bench.servers import Running, logged_in, workers
from tests.bench.sink import Sink, sink
from tests.server import Server
from webapp.accounts import outbox, passwords, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.outbox import Kind
from webapp.accounts.people import User
from webapp.accounts.tokens import Purpose

MAILS, LEAST_RATE = 10_000, 200
# Rounds of each kind of load, each with the sender idle and at work, in turns; and seconds of each.
ROUNDS, SECONDS = 6, 4
# Requests a second that come whether the one before was answered or not, as people do; connections at saturation.
MODERATE, CONNECTIONS = 50, 16
MOST_SLOWER = 0.05
KINDS = ((Kind.RESET, Purpose.RESET), (Kind.LOGIN, Purpose.LOGIN), (Kind.PASSWORD_CHANGED, Purpose.UNDO))
# A transaction must not keep the server from writing for long.
AT_ONCE, PATIENCE = 500, 120
FAR = "9999-01-01 00:00:00"
ASKER = Actor(address="203.0.113.9", device="Firefox on Windows", language="en")


class Site(NamedTuple):
    """A server that mails to the sink, and one on the same database that mails nothing.

    `db` is that database, for what is done behind their back.
    """

    running: Running
    without: Running
    sink: Sink
    db: Database


class Load(NamedTuple):
    """`ask` asks a server for pages for a while: median and a `high` percentile in ms, and pages a second."""

    told: str
    high: str
    ask: Callable[[Running], tuple[float, float, float]]


class Turn(NamedTuple):
    """What was measured in one turn, as `Load` has it, and how many mails a second went out meanwhile."""

    p50: float
    high: float
    rate: float
    mails: float


def measure(name: str, database_url: str) -> Iterator[Promise]:
    """Print what was measured on this database, called `name`."""
    loads = (
        Load(f"{MODERATE} requests a second", "p95", lambda running: paced.ask(running, MODERATE, SECONDS)),
        Load(f"{CONNECTIONS} connections without pause", "p99", _saturated),
    )
    with _site(database_url) as site:
        # Before any mail: pages that one has slowed are for a while made in another thread (server.pace).
        for load in loads:
            yield from idle(name, site, load)
        yield throughput(name, site)
        for load in loads:
            yield from beside(name, site, load)


@contextmanager
def _site(database_url: str) -> Iterator[Site]:
    with ExitStack() as stack:
        relay = stack.enter_context(sink())
        ours = _server(stack, database_url, MAIL_URL=relay.url, MAIL_FROM="id@example.org")
        without = _server(stack, database_url)
        db = ours.database()
        stack.callback(db.close)
        _sign_up(db)
        yield Site(_running(ours), _running(without), relay, db)


def _server(stack: ExitStack, database_url: str, **settings: str) -> Server:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    return stack.enter_context(Server(folder, database_url, WORKERS=workers(), TRUSTED_PROXIES="1", **settings))


def _running(server: Server) -> Running:
    return Running("Latchkey", logged_in(server.url, "/login"), "/login", server.environment, server.process.pid)


def throughput(name: str, site: Site) -> Promise:
    _fill(site.db, MAILS)
    before = site.sink.number
    site.sink.taken[1] = 0
    outbox.hasten(site.db)
    _wait(lambda: site.sink.number - before >= MAILS)
    rate = (site.sink.number - before) / site.sink.span
    row = f"{MAILS:,}", f"{site.sink.span:.1f}", f"{rate:.0f}"
    table(f"An outbox that empties, {name}", ("mails", "s", "mails/s"), [row])
    return promise(f"At least {LEAST_RATE} mails a second, {name}", f"{rate:.0f}", rate >= LEAST_RATE)


def beside(name: str, site: Site, load: Load) -> Iterator[Promise]:
    """What pages notice of a sender at work."""
    found = _in_turns(lambda: _turn(site, site.running, load), lambda: _while_sending(site, load))
    with site.db.transaction():
        outbox_table.remove_all(site.db)
    return _compared(name, load, ("no mail waits", "while mails go out"), *found)


def idle(name: str, site: Site, load: Load) -> Iterator[Promise]:
    """What pages notice of a sender that looks for mail each second, and finds none."""
    found = _in_turns(lambda: _turn(site, site.without, load), lambda: _turn(site, site.running, load))
    return _compared(name, load, ("without mail", "with an idle sender"), *found)


def _in_turns(first: Callable[[], Turn], second: Callable[[], Turn]) -> tuple[list[Turn], list[Turn]]:
    """Each comes first in half of the rounds."""
    firsts: list[Turn] = []
    seconds: list[Turn] = []
    for number in range(ROUNDS):
        for measured, turn in ((firsts, first), (seconds, second))[:: -1 if number % 2 else 1]:
            measured.append(turn())
    return firsts, seconds


def _compared(
    name: str, load: Load, called: tuple[str, str], first: Sequence[Turn], second: Sequence[Turn]
) -> Iterator[Promise]:
    columns = ("", "p50, ms", f"{load.high}, ms", "pages/s", "mails/s")
    rows = [_row(told, turns) for told, turns in zip(called, (first, second), strict=True)]
    table(f"The dashboard, {load.told}, {name}: least / middle / most of {ROUNDS} turns", columns, rows)
    for field, told in (("p50", "p50"), ("high", load.high), ("rate", "pages/s")):
        times = _times(field, first, second)
        is_kept = times >= 1 - MOST_SLOWER if field == "rate" else times <= 1 + MOST_SLOWER
        sentence = f"Dashboard {called[1]}, {load.told}, {name}: {told} no more than {MOST_SLOWER:.0%} worse"
        yield promise(sentence, f"{times:.3f} ×", is_kept)


def _times(field: str, first: Sequence[Turn], second: Sequence[Turn]) -> float:
    """The middle one of the pairs' ratios; wrk does not always tell a percentile, which is then 0."""
    pairs = ((getattr(a, field), getattr(b, field)) for a, b in zip(first, second, strict=True))
    return statistics.median([b / a for a, b in pairs if a and b] or [math.inf])


def _row(name: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    columns = zip(*turns, strict=True)
    return name, *(spread(column, form) for column, form in zip(columns, (".2f", ".2f", ",.0f", ",.0f"), strict=True))


def _while_sending(site: Site, load: Load) -> Turn:
    _fill(site.db, MAILS - outbox.numbers(site.db).waiting)
    before = site.sink.number
    outbox.hasten(site.db)
    _wait(lambda: site.sink.number > before + 20)
    turn = _turn(site, site.running, load)
    _pause(site)
    return turn


def _turn(site: Site, running: Running, load: Load) -> Turn:
    before, began = site.sink.number, time.monotonic()
    p50, high, rate = load.ask(running)
    return Turn(p50, high, rate, (site.sink.number - before) / (time.monotonic() - began))


def _saturated(running: Running) -> tuple[float, float, float]:
    figures = wrk.pages(running, SECONDS, CONNECTIONS)
    return figures.p50, figures.p99, figures.rate


def _pause(site: Site) -> None:
    """Put off what waits, and wait until the mails in hand are gone."""
    with site.db.transaction():
        site.db.run("UPDATE outbox SET due_at = :far WHERE sent_at IS NULL AND failed_at IS NULL", far=FAR)
    time.sleep(1.2)


def _fill(db: Database, number: int) -> None:
    """Mails with live links, which wait until they are hastened."""
    everybody = [user for user in (users.by_email(db, f"{name}@example.com") for name in _names()) if user]
    for first in range(0, number, AT_ONCE):
        with db.transaction():
            for each in range(first, min(first + AT_ONCE, number)):
                _add(db, each, everybody[each % len(everybody)])
            db.run("UPDATE outbox SET due_at = :far WHERE sent_at IS NULL AND due_at < :far", far=FAR)


def _add(db: Database, number: int, user: User) -> None:
    kind, purpose = KINDS[number % len(KINDS)]
    outbox.add(db, ASKER, kind, user.email, user, tokens.make(db, purpose, user.email, user.id))


def _names() -> list[str]:
    return [f"person{number}" for number in range(100)]


def _sign_up(db: Database) -> None:
    hashed = passwords.hashed(PASSWORD)
    with db.transaction():
        shared = {"password": hashed, "role": "user", "created_at": db.now()}
        users.add_many(db, ({"username": name, "email": f"{name}@example.com", **shared} for name in (NAME, *_names())))
        # Else her dashboard offers to confirm it, which one without mail does not.
        db.run("UPDATE users SET verified_at = :now", now=db.now())


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            sys.exit(f"The mails did not go out within {PATIENCE} s.")
        time.sleep(0.05)
