"""The dashboard's time where one person has signed up, where very many have, and where one has a very long life."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

from flask import Flask

from tests.bench import clock, databases
from tests.bench.client import PASSWORD
from tests.bench.report import Pace, Promise, promise, spread, table
from tests.bench.servers import SECRET_KEY
from webapp import create_app
from webapp.accounts import demo, people, sessions, signup
from webapp.accounts.actor import COMMAND_LINE

# Each much shorter than the machine's moods, and few changes of it fall between two that are compared.
TURNS = 10
# Who is there, beside the one who looks at the dashboard.
ALONE, CROWD, BUSY = "1 person", "many people", "1 person, many events"
MOST_MORE, MOST_MS, MOST_TIMES = 0.1, 2, 1.6


class Site(NamedTuple):
    app: Flask
    cookie: str


# In ms, of each database's sites in turns.
Times = Mapping[tuple[str, str], Sequence[float]]


def measure(pace: Pace) -> list[Promise]:
    with ExitStack() as stack:
        sites = {
            (database, kind): stack.enter_context(site(stack.enter_context(new()), kind, pace))
            for database, new in databases.kinds().items()
            for kind in (ALONE, CROWD, BUSY)
        }
        rounds = [[_time(made, pace) for made in sites.values()] for _ in range(TURNS)]
    times: Times = dict(zip(sites, zip(*rounds, strict=True), strict=True))
    _print(times, pace)
    return list(_promises(times, pace))


@contextmanager
def site(url: str, kind: str, pace: Pace) -> Iterator[Site]:
    """An app on a new database, filled as this kind says."""
    with TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance, "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY})
        try:
            yield Site(app, f"session={_filled(app, kind, pace)}")
        finally:
            app.extensions["database"].close()


def _filled(app: Flask, kind: str, pace: Pace) -> str:
    """Fill the database; return the token of the person who looks at the dashboard."""
    db, email = app.extensions["database"], "last@example.com"
    if kind == CROWD:
        demo.fill(db, pace.people - 1, 0)
    if kind == BUSY:
        demo.fill(db, 1, pace.events)
        email = demo.ADMIN
    else:
        signup.sign_up(db, COMMAND_LINE, f"{clock.NAME}_the_last", email, PASSWORD)
    with db.transaction():
        return sessions.start(db, COMMAND_LINE, people.by_email(db, email), remember=False)


def _time(made: Site, pace: Pace) -> float:
    return clock.median(made.app, "/dashboard", made.cookie, max(1, pace.tries // TURNS)) * 1000


def _print(times: Times, pace: Pace) -> None:
    kinds = (ALONE, f"{pace.people:,} people", f"1 person, {pace.events:,} events")
    columns = ("database", *(f"{kind}, ms" for kind in kinds))
    found = sorted({database for database, _ in times}, reverse=True)
    rows = [(name, *(spread(times[name, kind], ".2f") for kind in (ALONE, CROWD, BUSY))) for name in found]
    table("The dashboard, in process, as the site grows: least / middle / most", columns, rows)


def _promises(times: Times, pace: Pace) -> Iterator[Promise]:
    for database in sorted({database for database, _ in times}, reverse=True):
        more = _times(times[database, CROWD], times[database, ALONE]) - 1
        sentence = f"Dashboard with {pace.people:,} people: at most 10 % slower than with one, {database}"
        yield promise(sentence, f"{more:+.1%}", more <= MOST_MORE)
        took = statistics.median(times[database, BUSY])
        sentence = f"Dashboard of a person with {pace.events:,} events: at most {MOST_MS} ms, {database}"
        yield promise(sentence, f"{took:.2f} ms", took <= MOST_MS)
    if ("PostgreSQL", ALONE) in times:
        beside = _times(times["PostgreSQL", ALONE], times["SQLite", ALONE])
        sentence = f"Dashboard on PostgreSQL: at most {MOST_TIMES} × its time on SQLite, in process"
        yield promise(sentence, f"{beside:.2f} ×", beside <= MOST_TIMES)


def _times(longer: Sequence[float], shorter: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(longer, shorter, strict=True))
