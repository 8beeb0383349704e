"""Times the admin's pages with many people and events."""

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

import webapp
from db import Database
from tests.bench import databases
from tests.bench.report import Promise, machine, promise, table
from webapp import create_app
from webapp.accounts import demo, people, sessions
from webapp.accounts.actor import COMMAND_LINE

# Numbers of people; as many events happened to the larger as to the smaller, beside a sign-up each.
PEOPLE, EVENTS = (100_000, 1_000_000), 1_000_000
TRIES = 9
OVERVIEW, MOST_MS = "the overview, 30 days", 50
PAGES = {
    OVERVIEW: "/admin",
    "the overview, 90 days": "/admin?days=90",
    "people, newest first": "/admin/users",
    "… by user name": "/admin/users?sort=username",
    "… by role, the other way": "/admin/users?sort=role&dir=desc",
    "… a page in the middle": "/admin/users?sort=email&after=50000",
    "… search that finds one": "/admin/users?q=99999",
    "… search that finds nobody": "/admin/users?q=nobody-at-all",
    "… search that finds everybody": "/admin/users?q=example&sort=username",
    "… two letters, sorted": "/admin/users?q=qx&sort=email",
    "… admins alone": "/admin/users?role=admin",
    "… disabled ones": "/admin/users?state=disabled",
    "… of one department, a team's field": "/admin/users?department=sales",
    "… of two fields, a quarter fits": "/admin/users?department=sales&remote=yes",
    "… of two fields, by user name": "/admin/users?department=sales&remote=yes&sort=username",
    "… of two fields, which nobody has both": "/admin/users?department=sales&office=none",
    "one person": "/admin/users/500",
    "events, newest first": "/admin/events",
    "… of a rare kind": "/admin/events?kind=password_changed",
    "… of one person": "/admin/events?person=" + quote(demo.MEMBER),
    "… from one address, two days": "/admin/events?address=203.0.113.9&since=2020-01-01",
}
EXPORT = "/admin/events.csv"
# What a team declares in own/fields.py.
FIELDS = """
from webapp.accounts.fields.declared import Field
from webapp.languages.sentences import say

FIELDS = (
    Field("department", say("Department"), kind="choice", choices=["sales", "support"]),
    Field("remote", say("Works remotely"), kind="yes_no"),
    Field("office", say("Office"), kind="choice", choices=["none", "one"]),
)
"""


def measure() -> None:
    print(machine())
    columns: dict[str, dict[str, str]] = {}
    for people_number in PEOPLE:
        for name, database in databases.kinds().items():
            with database() as url:
                columns[f"{name}, {people_number:,} people"] = _measured(url, people_number)
    rows = [
        (row, *(column[row] for column in columns.values()))
        for row in [*PAGES, "all events as CSV, in s", "… memory it needed, in MiB"]
    ]
    title = f"The admin's pages, {EVENTS:,} events; median of {TRIES} at the server, in ms"
    table(title, ("page", *columns), rows)
    table("Promises", ("promise", "measured", "kept?"), _promises(columns))


def _promises(columns: dict[str, dict[str, str]]) -> Iterator[Promise]:
    for name, column in columns.items():
        if f"{PEOPLE[0]:,}" in name:
            slowest = max(PAGES, key=lambda page, column=column: float(column[page]))  # type: ignore[misc]
            for page, told in {OVERVIEW: OVERVIEW, slowest: f"the slowest of all pages ({slowest})"}.items():
                took = float(column[page])
                yield promise(f"{told}: at most {MOST_MS} ms, {name}", f"{took} ms", took <= MOST_MS)


def _measured(url: str, number: int) -> dict[str, str]:
    with TemporaryDirectory() as instance:
        settings = {"INSTANCE": instance, "DATABASE_URL": url, "SECRET_KEY": "a key for measuring alone" * 2}
        app = _site(Path(instance) / "own", settings)
        demo.fill(app.extensions["database"], number, EVENTS)
        _fill_in(app.extensions["database"])
        cookie = f"session={_token(app)}"
        found = {name: f"{_median(app, path, cookie) * 1000:.1f}" for name, path in PAGES.items()}
        app.extensions["database"].close()
        # A process of its own: this one has had everybody in memory, and would hide what an export needs.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
            seconds, mebibytes = processes.submit(_exported, settings, cookie).result()
        return found | {"all events as CSV, in s": f"{seconds:.0f}", "… memory it needed, in MiB": f"{mebibytes:.1f}"}


def _site(own: Path, settings: dict[str, str]) -> Flask:
    """The app of a team with fields of its own, which lie in the folder `own`."""
    own.mkdir()
    (own / "fields.py").write_text(FIELDS)
    webapp.OWN = own
    return create_app(settings)


def _fill_in(db: Database) -> None:
    """Half are in sales, and no other has no office; half of both work remotely."""
    # For a million people it takes longer than a page may.
    with db.migrating():
        db.run(
            """INSERT INTO user_fields (user_id, name, value)
               SELECT id, 'department', CASE WHEN id % 2 = 0 THEN 'sales' ELSE 'support' END FROM users UNION ALL
               SELECT id, 'office', CASE WHEN id % 2 = 0 THEN 'one' ELSE 'none' END FROM users UNION ALL
               SELECT id, 'remote', CASE WHEN id % 4 < 2 THEN 'yes' ELSE 'no' END FROM users"""
        )
    # PostgreSQL does that by itself within a minute.
    db.script("ANALYZE")


def _exported(settings: dict[str, str], cookie: str) -> tuple[float, float]:
    """Seconds, and what the export added to the most that the process has had, in MiB."""
    app = create_app(settings)
    _ask(app, "/admin/events", cookie)
    before, began = _memory(), time.perf_counter()
    _ask(app, EXPORT, cookie)
    return time.perf_counter() - began, _memory() - before


def _token(app: Flask) -> str:
    db = app.extensions["database"]
    with db.transaction():
        return sessions.start(db, COMMAND_LINE, people.by_email(db, demo.ADMIN), remember=False)


def _median(app: Flask, path: str, cookie: str) -> float:
    took = []
    for _ in range(TRIES):
        began = time.perf_counter()
        _ask(app, path, cookie)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _ask(app: Flask, path: str, cookie: str) -> None:
    """The whole answer, a piece at a time."""
    environ: dict[str, Any] = EnvironBuilder(path, headers={"Cookie": cookie}).get_environ()
    pieces, status, _ = run_wsgi_app(app.wsgi_app, environ)
    assert status.startswith("200"), f"{path}: {status}"
    for _ in pieces:
        pass


def _memory() -> float:
    """The most that this process has had, in MiB; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
