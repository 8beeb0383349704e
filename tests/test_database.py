"""The four verbs, and the two ways in which they fail, on either database."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

import db as databases
from db import Database, Duplicate, Unavailable, users
from db.migrate import FOLDER, migrate
from tests.browser import Browser
from tests.conftest import PASSWORD, POSTGRES

ONLY_SQLITE = pytest.mark.skipif(POSTGRES is not None, reason="a file's own troubles")


def _add(db: Database, name: str) -> int:
    with db.transaction():
        return users.add(db, name, f"{name}@example.com", "x")


def test_a_block_that_fails_leaves_nothing_behind(db: Database) -> None:
    def fail() -> None:
        with db.transaction():
            users.add(db, "alice", "alice@example.com", "x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert users.count(db) == 0


def test_a_block_within_a_block_is_part_of_it(db: Database) -> None:
    def fail() -> None:
        with db.transaction():
            _add(db, "alice")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert users.count(db) == 0
    _add(db, "alice")
    assert users.count(db) == 1


@pytest.mark.parametrize(
    ("name", "email", "column"),
    [
        ("alice", "b@example.com", "username"),
        ("ALICE", "b@example.com", "username"),
        ("bob", "alice@example.com", "email"),
    ],
)
def test_a_duplicate_names_its_column(db: Database, name: str, email: str, column: str) -> None:
    _add(db, "alice")
    with pytest.raises(Duplicate) as caught, db.transaction():
        users.add(db, name, email, "x")
    assert caught.value.column == column
    assert _add(db, "carol")


@pytest.mark.parametrize("role", ["superuser", "", "ADMIN", 7, b"admin", None])
def test_a_role_that_does_not_exist_is_nobodys(db: Database, role: Any) -> None:
    alice = _add(db, "alice")
    with pytest.raises((sqlite3.DatabaseError, psycopg.Error)):
        db.run("UPDATE users SET role = :role WHERE id = :id", role=role, id=alice)
    user = users.by_email(db, "alice@example.com")
    assert user is not None and user.role == "user"


def test_a_team_adds_a_role_as_a_row(db: Database) -> None:
    alice = _add(db, "alice")
    db.run("INSERT INTO roles (name) VALUES ('editor')")
    users.set_role(db, alice, "editor")
    user = users.by_email(db, "alice@example.com")
    assert user is not None and user.role == "editor" and not user.is_admin


def test_threads_write_one_after_the_other_without_an_error(db: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda number: _add(db, f"user{number}"), range(80)))
    assert len(set(ids)) == 80


def test_servers_that_start_at_once_migrate_once(settings: dict[str, Any]) -> None:
    opened = [databases.connect(settings["DATABASE_URL"]) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        run = [name for names in threads.map(migrate, opened) for name in names]
    assert sorted(run) == sorted(set(run))
    assert {name.split(".")[0] for name in run} == {path.name.split(".")[0] for path in FOLDER.glob("*.sql")}
    for database in opened:
        database.close()


def test_a_migration_that_fails_leaves_nothing_of_itself(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_broken.sql").write_text("CREATE TABLE half (id INTEGER);\nCREATE TABLE half (id INTEGER);\n")
    monkeypatch.setattr("db.migrate.FOLDER", folder)
    database = databases.connect(settings["DATABASE_URL"])
    with pytest.raises((sqlite3.DatabaseError, psycopg.Error)):
        migrate(database)
    assert not database.has_table("half")
    database.close()


def test_an_address_that_leads_nowhere_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        databases.connect("sqlite:////no/such/folder/x.db")


@ONLY_SQLITE
def test_sqlite_is_set_to_lose_nothing(db: Database) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    kept = [sqlite_pragma(db, name) for name in pragmas]
    assert kept == ["wal", 2, 1, 5000]


@ONLY_SQLITE
def test_a_lock_that_another_program_holds_is_503_with_the_form_and_goes_by(
    app: Flask, htmx: bool, lock: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app.extensions["database"].run("SELECT 1")
    browser = Browser(app, htmx).visit("/signup")
    app.extensions["database"].one("PRAGMA busy_timeout = 50")
    with lock():
        browser.submit("signup-form", username="alice", email="alice@example.com", password=PASSWORD)
        assert browser.answer.status_code == 503
        assert browser.value("email") == "alice@example.com"
        assert Browser(app).client.get("/healthz").status_code == 200
    browser.submit("signup-form", password=PASSWORD)
    assert browser.path == "/login"


@ONLY_SQLITE
def test_a_full_disk_is_503_and_pages_are_still_read(app: Flask, htmx: bool) -> None:
    database = app.extensions["database"]
    browser = Browser(app, htmx).visit("/signup")
    pages = database.one("PRAGMA page_count")[0]
    database.one(f"PRAGMA max_page_count = {pages}")
    statuses = []
    for number in range(200):
        fields = {"username": f"user{number}", "email": f"user{number}@example.com", "password": PASSWORD}
        browser.visit("/signup").submit("signup-form", **fields)
        statuses.append(browser.answer.status_code)
        if statuses[-1] == 503:
            break
    assert statuses[-1] == 503 and users.count(database) == len(statuses) - 1
    assert browser.client.get("/login").status_code == 200
    assert database.one("PRAGMA integrity_check") == ("ok",)


@pytest.fixture
def lock(settings: dict[str, Any]) -> Callable[[], Any]:
    """Another program that writes and does not finish."""

    @contextmanager
    def hold() -> Iterator[None]:
        other = sqlite3.connect(settings["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    return hold


def sqlite_pragma(db: Database, name: str) -> Any:
    row = db.one(f"PRAGMA {name}")
    assert row is not None
    return row[0]
