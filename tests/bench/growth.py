"""The dashboard's time where one person has signed up, and where very many have."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

from flask import Flask

from tests.bench import clock, databases
from tests.bench.client import PASSWORD
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import SECRET_KEY
from webapp import create_app
from webapp.accounts import demo, people, sessions, signup
from webapp.accounts.actor import COMMAND_LINE

# Each much shorter than the machine's moods, and few changes of it fall between two that are compared.
TURNS = 10


class Site(NamedTuple):
    app: Flask
    cookie: str


def measure(pace: Pace) -> list[Promise]:
    rows, promises = [], []
    for name, database in databases.kinds().items():
        with ExitStack() as stack:
            small, large = [
                stack.enter_context(_site(stack.enter_context(database()), number)) for number in (1, pace.people)
            ]
            pairs = [(_time(small, pace), _time(large, pace)) for _ in range(TURNS)]
        one, many = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
        more = statistics.median(large / small for small, large in pairs) - 1
        rows.append((name, f"{one:.2f}", f"{many:.2f}", f"{more:+.1%}"))
        sentence = f"Dashboard with {pace.people:,} people: at most 10 % slower than with one, {name}"
        promises.append(promise(sentence, f"{more:+.1%}", more <= 0.1))
    columns = ("database", "1 person, ms", f"{pace.people:,} people, ms", "more")
    table("The dashboard, in process, as the site grows", columns, rows)
    return promises


@contextmanager
def _site(url: str, number: int) -> Iterator[Site]:
    """With so many people, the last of whom is logged in."""
    with TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance, "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY})
        try:
            yield Site(app, f"session={_filled(app, number)}")
        finally:
            app.extensions["database"].close()


def _filled(app: Flask, number: int) -> str:
    db = app.extensions["database"]
    if number > 1:
        demo.fill(db, number - 1, 0)
    signup.sign_up(db, COMMAND_LINE, f"{clock.NAME}_the_last", "last@example.com", PASSWORD)
    with db.transaction():
        return sessions.start(db, COMMAND_LINE, people.by_email(db, "last@example.com"), remember=False)


def _time(site: Site, pace: Pace) -> float:
    return clock.median(site.app, "/dashboard", site.cookie, max(1, pace.tries // TURNS))
