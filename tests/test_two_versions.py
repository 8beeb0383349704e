"""Servers of the last release and of today on one database, both ways, while people are at work."""

import itertools
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import product
from pathlib import Path

import pytest
from flask import Flask

from db import Database, users
from db.migrate import FOLDER, migrate
from tests.browser import Browser
from tests.fixtures import database_url, log_in, logged_in
from tests.server import QUICK, ROOT, Server
from tests.test_own import last_release
from tests.visitor import Visitor

# At once, and how many lives of theirs are watched in each state of the site.
PEOPLE, LIVES = 4, 8
# How long a page waits for a locked table at most, in seconds.
PATIENCE = 5
PAGES = ("/dashboard", "/account", "/account/sessions", "/account/activity")
# One for each person, whichever test they live in.
NUMBERS = itertools.count()
Start = Callable[[Path], Server]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the last release."""
    folder = tmp_path_factory.mktemp("release")
    archive = subprocess.run(["git", "archive", last_release()], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x", "-C", folder], input=archive, check=True)
    return folder


@pytest.fixture
def start_version(tmp_path: Path) -> Iterator[Start]:
    """Start a server of the code in a folder: all on one database, each with an instance folder of its own."""
    numbers = itertools.count()
    with database_url(tmp_path) as url, ExitStack() as running:

        def start(root: Path) -> Server:
            (instance := tmp_path / f"instance-{next(numbers)}").mkdir()
            server = Server(instance, url, root, TRUSTED_PROXIES="1", WORKERS="1")
            server.command = QUICK if (root / "tests/quick_app.py").exists() else None
            return running.enter_context(server)

        yield start


class Person(Visitor):
    """A visitor whose requests go to one or another of `servers`, as a proxy sends them.

    `used` holds the server that a session began at, with each that knew it; `refused_at` when each
    request was sent that got 503.
    """

    def __init__(self, servers: list[Server]) -> None:
        number = next(NUMBERS)
        # Few may sign up from one address.
        super().__init__("", X_Forwarded_For=f"10.0.{number // 250}.{number % 250}")
        self.number, self.name = number, f"n{number}"
        self.used, self.refused_at = set[tuple[str, str]](), list[float]()
        self._servers, self._chance = servers, random.Random(number)

    def live(self) -> None:
        """Sign up, log in, look around, change something and log out."""
        self._must(self.sign_up(self.name), 303)
        self._must(self.log_in(self.name), 303)
        began_at = self.url
        self._look_around(began_at)
        self._must(self.submit("/account/username", username=f"{self.name}x"), 303)
        self._look_around(began_at)
        self._must(self.submit("/logout"), 303)
        self._must(self.visit("/dashboard"), 303)

    def _look_around(self, began_at: str) -> None:
        for path in PAGES:
            self._must(self.visit(path), 200)
            self.used.add((began_at, self.url))

    def _ask(self, path: str, body: bytes | None) -> Visitor:
        """As a visitor does, who tries again while the server asks for it."""
        for _ in range(20):
            self.url, sent_at = self._chance.choice(self._servers).url, time.monotonic()
            super()._ask(path, body)
            if self.status != 503:
                break
            self.refused_at.append(sent_at)
        return self

    def _must(self, answered: Visitor, status: int) -> None:
        logs = "\n".join(server.log[-3000:] for server in self._servers if server.url == answered.url)
        assert answered.status == status, f"{answered.status}, not {status}, from {answered.url}:\n{logs}"


class Crowd:
    """People at work on `servers`, which may change meanwhile; `lived` are those whose life is told to the end."""

    def __init__(self, *servers: Server) -> None:
        self.servers, self.lived = [*servers], list[Person]()
        self.is_over, self.threads = threading.Event(), list[Future[None]]()

    def live(self) -> None:
        while not self.is_over.is_set():
            person = Person(self.servers)
            person.live()
            self.lived.append(person)

    def wait(self, lives: int = LIVES) -> None:
        """Wait until so many people more have lived to the end; raise what went wrong in a life.

        And until each server has known a session that began at it, and one that began at each other one.
        """
        first, deadline = next(NUMBERS), time.monotonic() + 120
        while sum(person.number > first for person in [*self.lived]) < lives or not self._is_known_everywhere():
            assert time.monotonic() < deadline, f"{len(self.lived)} people have lived"
            for thread in self.threads:
                if thread.done():
                    thread.result()
            time.sleep(0.02)

    def _is_known_everywhere(self) -> bool:
        used = {pair for person in [*self.lived] for pair in person.used}
        return used >= set(product([server.url for server in self.servers], repeat=2))

    def refused_at(self) -> list[float]:
        return [moment for person in self.lived for moment in person.refused_at]


@contextmanager
def at_work(*servers: Server) -> Iterator[Crowd]:
    crowd = Crowd(*servers)
    with ThreadPoolExecutor(PEOPLE) as pool:
        crowd.threads = [pool.submit(crowd.live) for _ in range(PEOPLE)]
        try:
            yield crowd
        finally:
            crowd.is_over.set()
    for thread in crowd.threads:
        thread.result()


def check_all(crowd: Crowd, *servers: Server) -> None:
    """All who were welcomed are there, and no server has failed."""
    with closing(servers[0].database()) as db:
        assert [person.name for person in crowd.lived if users.by_email(db, f"{person.name}@example.com") is None] == []
    for server in servers:
        assert "Traceback" not in server.log, server.log


def test_people_go_on_while_todays_server_joins_the_releases(start_version: Start, release: Path) -> None:
    old = start_version(release)
    with at_work(old) as crowd:
        crowd.wait()
        began = time.monotonic()
        new = start_version(ROOT)
        migrated = time.monotonic()
        crowd.servers.append(new)
        crowd.wait()
    check_all(crowd, old, new)
    # Nobody is refused but while the tables change; what was sent just before may have to wait for that.
    assert all(began - PATIENCE < moment < migrated for moment in crowd.refused_at())


def test_the_releases_server_starts_anew_on_todays_database(start_version: Start, release: Path) -> None:
    new = start_version(ROOT)
    old = start_version(release)
    with at_work(old, new) as crowd:
        crowd.wait()
    check_all(crowd, old, new)
    assert crowd.refused_at() == []
    new.stop()
    with at_work(old) as crowd:
        crowd.wait()
    check_all(crowd, old)
    assert crowd.refused_at() == []


# What takes something away from servers that run: its name.
GONE = re.compile(
    r"""\bDROP\s+(?:TABLE\s+|VIEW\s+|INDEX\s+|COLUMN\s+)?(?:IF\s+EXISTS\s+)?"?
        (?!(?:NOT|DEFAULT|CONSTRAINT|TRIGGER|FUNCTION)\b)(\w+)
      | \bALTER\s+(?:TABLE|VIEW|INDEX)\s+(?:IF\s+EXISTS\s+)?"?(\w+)"?\s+RENAME\s+TO\b
      | \bCREATE\s+OR\s+REPLACE\s+VIEW\s+"?(\w+)
      | \bRENAME\s+(?:COLUMN\s+)?(?!TO\b|COLUMN\b)"?(\w+)"?\s+TO\b""",
    re.IGNORECASE | re.VERBOSE,
)


@pytest.mark.parametrize(
    ("sql", "gone"),
    [
        ("DROP VIEW people;\nCREATE VIEW people AS SELECT 1;", {"people"}),
        ("drop table if exists users; DROP INDEX events_kind;", {"users", "events_kind"}),
        ("CREATE OR REPLACE VIEW people AS SELECT 1, 2;", {"people"}),
        ("ALTER TABLE users DROP COLUMN role, DROP state;", {"role", "state"}),
        ("ALTER TABLE users RENAME TO accounts;", {"users"}),
        ("ALTER TABLE users RENAME COLUMN role TO rank; ALTER TABLE users RENAME email TO mail;", {"role", "email"}),
        ("ALTER TABLE users ALTER role DROP NOT NULL; DROP TRIGGER x ON users;", set()),
        ("-- DROP TABLE users;\nCREATE TABLE drops (renamed TEXT);", set()),
    ],
)
def test_what_a_migration_takes_away_is_seen(sql: str, gone: set[str]) -> None:
    assert _gone(sql) == gone


def test_migrations_since_the_release_take_nothing_away_that_its_code_names(release: Path) -> None:
    named = {word for path in (release / "db").rglob("*.py") for word in re.findall(r"\w+", path.read_text())}
    released = {path.name for path in (release / "db/migrations").glob("*.sql")}
    since = [path for path in FOLDER.glob("*.sql") if path.name not in released]
    assert {path.name: taken for path in since if (taken := _gone(path.read_text()) & named)} == {}


def test_released_migrations_stay_as_they_are(release: Path) -> None:
    """A database on which one has run already would never see what was changed in it."""
    released = {path.name: path.read_bytes() for path in (release / "db/migrations").glob("*.sql")}
    assert released and {name: (FOLDER / name).read_bytes() for name in released} == released


def test_a_star_is_for_views_alone() -> None:
    """A view names its columns once and for good; a table with one more changes what a prepared statement answers."""
    tables = {name for path in FOLDER.glob("*.sql") for name in re.findall(r"CREATE TABLE (\w+)", path.read_text())}
    assert "users" in tables
    stars = re.compile(r"SELECT\s+\*\s+FROM\s+(\w+)|(\w+)\.\*")
    for path in sorted((ROOT / "db").rglob("*.py")):
        assert tables.isdisjoint(name for found in stars.findall(path.read_text()) for name in found), path.name


def test_a_column_and_a_view_more_disturb_nobody(app: Flask, db: Database, tmp_path: Path) -> None:
    """A server that has prepared its statements goes on while one of the next version begins."""
    alice = logged_in(Browser(app), "alice")
    for _ in range(10):
        assert alice.visit("/dashboard").answer.status_code == 200
        assert log_in(Browser(app), "alice").path == "/dashboard"
    views = "CREATE VIEW next_people AS SELECT people_4.*, more FROM people_4 JOIN users ON users.id = people_4.id;"
    columns = "ALTER TABLE users ADD COLUMN more TEXT;\nALTER TABLE sessions ADD COLUMN more TEXT;\n"
    (tmp_path / "0001_more.sql").write_text(columns + views)
    migrate(db, tmp_path, "tests/")
    assert alice.visit("/dashboard").answer.status_code == 200
    assert log_in(Browser(app), "alice").path == "/dashboard"
    assert logged_in(Browser(app), "bob").heading() == "Welcome back, bob!"


def _gone(sql: str) -> set[str]:
    """Names of the tables, views, indexes and columns that this drops, renames or replaces."""
    told = re.sub(r"--.*", "", sql)
    return {name for found in GONE.findall(told) for name in found if name}
