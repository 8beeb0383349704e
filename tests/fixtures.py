"""What every test may ask for: an app of its own with a clock that it can set, and browsers on it."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from psycopg import sql

import webapp
from db import Database
from db.users import User
from tests import prepared
from tests.browser import Browser
from tests.server import QUICK, ROOT, Server
from webapp import Latchkey, create_app
from webapp.accounts import passwords, people, roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.server import assets

# Set by tests.postgres; without it everything runs on SQLite.
POSTGRES = os.environ.get("TEST_POSTGRES")
PASSWORD = "correct horse battery"
WRONG = "wrong horse battery"
# Hard to guess, but known from a data breach.
BREACHED = "zaq12wsxcde3"
# One for all tests: of each folder, what is found in it is kept for the next app.
NOTHING_OF_ONES_OWN = ROOT / "tests/nothing"


class Clock:
    """The app's clock, moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LATCHKEY_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _own_is_for_its_own_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a team adds or overrides is no matter of our tests, which stay green in its clone."""
    if not request.path.is_relative_to(webapp.OWN):
        monkeypatch.setattr(webapp, "OWN", NOTHING_OF_ONES_OWN)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> None:
    Latchkey.jinja_options = {"bytecode_cache": prepared.Compiled()}
    Latchkey.url_rule_class = prepared.Rule


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[prepared.Migrated]:
    """The database of one test after the other."""
    with database_url(folder := tmp_path_factory.mktemp("migrated")) as url:
        yield prepared.Schema(url) if POSTGRES else prepared.File(folder)


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files, published once."""
    assets.publish(folder := tmp_path_factory.mktemp("static"))
    return folder


@pytest.fixture
def settings(tmp_path: Path, migrated: prepared.Migrated, static: Path) -> dict[str, Any]:
    """For an app of this test's own, on a database of its own."""
    (tmp_path / "static").symlink_to(static)
    return _settings(tmp_path, migrated.url(tmp_path))


@pytest.fixture
def first_settings(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """For the first start of an app: its database holds no table."""
    with database_url(tmp_path) as url:
        yield _settings(tmp_path, url)


def _settings(instance: Path, url: str) -> dict[str, Any]:
    return {"INSTANCE": str(instance), "DATABASE_URL": url, "SECRET_KEY": "a key that serves the tests alone"}


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a hash costs matters to few tests, and would take most of the time of all."""
    monkeypatch.setattr(passwords, "ITERATIONS", 1000)


@pytest.fixture
def app(settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Flask]:
    app = create_app(settings, clock)
    yield app
    app.extensions["database"].close()


@pytest.fixture
def db(app: Flask) -> Database:
    return app.extensions["database"]


@pytest.fixture(params=["plain", "htmx"])
def htmx(request: pytest.FixtureRequest) -> bool:
    """Each story is told twice: as a browser without JavaScript lives it, and over htmx."""
    return request.param == "htmx"


@pytest.fixture
def browser(app: Flask, htmx: bool) -> Browser:
    """A stranger's."""
    return Browser(app, htmx)


@pytest.fixture
def alice(app: Flask, htmx: bool) -> Browser:
    """Logged in."""
    return logged_in(Browser(app, htmx), "alice")


@pytest.fixture
def bob(app: Flask, htmx: bool) -> Browser:
    """Logged in, and somebody else."""
    return logged_in(Browser(app, htmx), "bob")


@pytest.fixture
def grace(app: Flask, htmx: bool, db: Database) -> Browser:
    """Logged in, and an admin."""
    browser = logged_in(Browser(app, htmx), "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    return browser


@pytest.fixture
def blocked(app: Flask) -> Browser:
    """A stranger who has guessed too often at Alice's account."""
    sign_up(Browser(app), "alice")
    stranger = coming_from(app, "203.0.113.7")
    assert guess(stranger, "alice", 6) == [422] * 5 + [429]
    return stranger


def person(db: Database, name: str) -> User:
    """As the rules see who signed up by this name."""
    return people.by_email(db, f"{name}@example.com")


# To a team's own fields, by their kind.
ANSWERS = {"number": "1", "day": "2026-03-14", "url": "https://example.com", "tel": "+49 30 123456"}


def sign_up(browser: Browser, name: str) -> Browser:
    email, asked = f"{name}@example.com", _asked_by_a_team(browser.app)
    return browser.visit("/signup").submit("signup-form", username=name, email=email, password=PASSWORD, **asked)


def log_in(browser: Browser, name: str, **typed: str) -> Browser:
    fields = {"email": f"{name}@example.com", "password": PASSWORD} | typed
    return browser.visit("/login").submit("login-form", **fields)


def logged_in(browser: Browser, name: str) -> Browser:
    """By the same forms, whose pages are not looked at: half of all tests begin so."""
    email = f"{name}@example.com"
    asked = _asked_by_a_team(browser.app)
    assert browser.pass_by("/signup", username=name, email=email, password=PASSWORD, **asked) == 303
    assert browser.pass_by("/login", email=email, password=PASSWORD) == 303
    return browser.visit("/dashboard")


def _asked_by_a_team(app: Flask) -> dict[str, str]:
    """A value for each field that own/fields.py asks for at the sign-up."""
    asked = [field for field in app.extensions["fields"] if field.required and field.is_users_to_change]
    return {field.name: next(iter(field.words), ANSWERS.get(field.kind, "Text"))[: field.most] for field in asked}


def guess(browser: Browser, name: str, times: int) -> list[int]:
    """Try to log in by a wrong password so often; give the statuses."""
    browser.visit("/login")
    typed = {"email": f"{name}@example.com", "password": WRONG}
    return [browser.submit("login-form", **typed).answer.status_code for _ in range(times)]


def coming_from(app: Flask, address: str) -> Browser:
    """A stranger who comes from there."""
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser


def awaited(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end in another thread: in this one Playwright may have a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server, as `just run` starts it but for the hashes, for the real browsers."""
    instance = tmp_path_factory.mktemp("server")
    with database_url(instance) as url:
        server = Server(instance, url)
        server.command = QUICK
        with server:
            yield server


@pytest.fixture(scope="session")
def _database_of_server(server: Server) -> Iterator[Database]:
    database = server.database()
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _as_if_it_were_the_first(request: pytest.FixtureRequest) -> None:
    """All tests come to the one server from one address, some in a session that one of them began long ago."""
    if "server" in request.fixturenames:
        db = request.getfixturevalue("_database_of_server")
        db.run("DELETE FROM throttles")
        db.run("UPDATE sessions SET confirmed_at = :now", now=db.now())


@pytest.fixture
def processes() -> None:
    """For a test that starts servers in its own way: `--fast` leaves it out too."""


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start real servers of this test's own, with these settings."""
    with database_url(tmp_path) as url:
        servers: list[Server] = []

        def start(
            stderr: str | None = None, root: Path = ROOT, command: list[str] | None = None, **settings: str
        ) -> Server:
            server = Server(tmp_path, url, root, **settings)
            server.stderr, server.command = stderr, command
            servers.append(server.__enter__())
            return server

        yield start
        for server in servers:
            server.__exit__()


@contextmanager
def database_url(folder: Path) -> Iterator[str]:
    """A new, empty database: a file, or a schema of its own on the PostgreSQL that the tests were given."""
    if POSTGRES is None:
        yield f"sqlite:///{folder}/latchkey.db"
        return
    schema = sql.Identifier(name := f"test_{uuid4().hex}")
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        yield f"{POSTGRES}?options=-csearch_path%3D{name}"
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))
