"""The embedded database and its troubles: a lock, a full disk."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database, connect, users
from db.sqlite import PATIENCE, SETTINGS, STUCK
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, sign_up
from tests.server import ROOT, Server
from tests.visitor import Visitor
from webapp import create_app
from webapp.config import BadSetting

TUTORIAL = ROOT / "tests/data/tutorial.db"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """On a file, whatever the other tests run on."""
    return {"INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/latchkey.db", "SECRET_KEY": "k" * 32}


def test_sqlite_is_set_to_lose_nothing(db: Database) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    kept = [sqlite_pragma(db, name) for name in pragmas]
    assert kept == ["wal", 2, 1, PATIENCE * 1000]
    with db.transaction(wait=False):
        pass
    assert sqlite_pragma(db, "busy_timeout") == PATIENCE * 1000


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
@pytest.mark.parametrize("is_linked", [False, True])
def test_an_existing_file_is_closed_to_others_at_the_start(
    settings: dict[str, Any], tmp_path: Path, mode: int, is_linked: bool
) -> None:
    file = tmp_path / ("elsewhere.db" if is_linked else "latchkey.db")
    shutil.copy(TUTORIAL, file)
    if is_linked:
        (tmp_path / "latchkey.db").symlink_to(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("UPDATE users SET role = 'user' WHERE id = 0")
        files = sorted(tmp_path.glob(f"{file.name}*"))
        assert len(files) == 3
        for each in files:
            each.chmod(mode)
        app = create_app(settings)
        assert {name.stat().st_mode & 0o777 for name in files} == {0o600}
        app.extensions["database"].close()


def test_one_that_stays_open_to_others_is_named_in_the_log(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be another user's, or on a disk that knows no modes."""

    def refuse(*_: object) -> None:
        raise PermissionError

    shutil.copy(TUTORIAL, tmp_path / "latchkey.db")
    (tmp_path / "latchkey.db").chmod(0o644)
    monkeypatch.setattr("os.chmod", refuse)
    app = create_app(settings)
    assert f"WARNING other users of this machine can read {tmp_path}/latchkey.db, " in capsys.readouterr().err
    app.extensions["database"].close()


def test_servers_that_start_at_once_on_a_new_file_wait_for_each_other(tmp_path: Path) -> None:
    for number in range(40):
        with ThreadPoolExecutor(6) as threads:
            servers = list(threads.map(lambda _, number=number: connect(f"sqlite:///{tmp_path}/{number}.db"), range(6)))
        for server in servers:
            assert sqlite_pragma(server, "journal_mode") == "wal"
            server.close()


def test_a_lock_that_another_program_holds_is_503_with_the_form_and_goes_by(
    app: Flask, htmx: bool, lock: Callable[[], Any], impatient: None
) -> None:
    browser = Browser(app, htmx).visit("/signup")
    with lock():
        browser.submit("signup-form", username="alice", email="alice@example.com", password=PASSWORD)
        assert browser.answer.status_code == 503
        assert browser.value("email") == "alice@example.com"
        assert Browser(app).client.get("/healthz").status_code == 200
    browser.submit("signup-form", password=PASSWORD)
    assert browser.path == "/login"


def test_a_page_does_not_wait_for_a_lock_to_note_that_it_was_seen(
    app: Flask, lock: Callable[[], Any], clock: Clock, htmx: bool
) -> None:
    alice = logged_in(Browser(app, htmx), "alice")
    clock.advance(minutes=2)
    with lock():
        began = time.monotonic()
        assert alice.visit("/dashboard").heading() == "Welcome back, alice!"
        assert time.monotonic() - began < PATIENCE / 2
    clock.advance(seconds=1)
    alice.visit("/dashboard")
    assert app.extensions["database"].one("SELECT last_seen_at FROM sessions") == ("2026-03-14 15:11:27",)


def test_a_file_that_was_deleted_is_missed_and_not_replaced(app: Flask, tmp_path: Path) -> None:
    for file in tmp_path.glob("latchkey.db*"):
        file.unlink()
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(lambda: app.test_client().get("/healthz")).result()
    assert answer.status_code == 503
    assert not (tmp_path / "latchkey.db").exists()


def test_a_thread_that_ended_leaves_no_file_open(db: Database) -> None:
    for _ in range(20):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(users.count, db).result()
    assert len(db._opened) <= 2  # type: ignore[attr-defined]


def test_a_migrations_last_statement_needs_no_semicolon(db: Database) -> None:
    with db.transaction():
        db.script("CREATE TABLE one (id INTEGER);\nCREATE TABLE two (id INTEGER)\n")
    assert db.has_table("two")


def test_a_full_disk_is_503_and_pages_are_still_read(app: Flask, clock: Clock, htmx: bool) -> None:
    database = app.extensions["database"]
    browser = Browser(app, htmx).visit("/signup")
    pages = database.one("PRAGMA page_count")[0]
    database.one(f"PRAGMA max_page_count = {pages}")
    statuses = []
    for number in range(200):
        fields = {"username": f"user{number}", "email": f"user{number}@example.com", "password": PASSWORD}
        clock.advance(hours=1)
        browser.visit("/signup").submit("signup-form", **fields)
        statuses.append(browser.answer.status_code)
        if statuses[-1] == 503:
            break
    assert statuses[-1] == 503 and users.count(database) == len(statuses) - 1
    assert browser.client.get("/login").status_code == 200
    assert database.one("PRAGMA integrity_check") == ("ok",)


def test_a_disk_that_cannot_be_written_to_is_503_with_the_form_and_pages_are_still_read(
    app: Flask, htmx: bool, caplog: pytest.LogCaptureFixture
) -> None:
    alice = logged_in(Browser(app, htmx), "alice").visit("/account")
    app.extensions["database"].one("PRAGMA query_only = ON")
    alice.submit("username-form", username="alicia")
    assert alice.answer.status_code == 503 and alice.value("username") == "alicia"
    assert "attempt to write a readonly database" in caplog.text
    assert alice.visit("/dashboard").heading() == "Welcome back, alice!"
    app.extensions["database"].one("PRAGMA query_only = OFF")
    alice.visit("/account").submit("username-form", username="alicia")
    assert alice.flashes() == ["Your user name is alicia now."]


def test_readers_go_on_while_every_thread_is_asked_to_write_what_is_locked(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(WORKERS="1", THREADS="4", DATABASE_URL=f"sqlite:///{tmp_path}/latchkey.db")
    other = sqlite3.connect(tmp_path / "latchkey.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sender = ThreadPoolExecutor(12)
    began = time.monotonic()
    answers = [sender.submit(Visitor(server.url).sign_up, f"user{number}") for number in range(12)]
    time.sleep(2 * STUCK)
    assert Visitor(server.url).visit("/signup").status == 200 and time.monotonic() - began < PATIENCE
    assert {answer.result().status for answer in answers} == {503}
    other.execute("ROLLBACK")
    other.close()
    assert Visitor(server.url).sign_up("alice").status == 303


def test_a_new_database_that_cannot_be_written_to_stops_the_start(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.sqlite.SETTINGS", f"{SETTINGS} PRAGMA query_only = ON;")
    with pytest.raises(BadSetting, match="LATCHKEY_DATABASE_URL leads to no usable database: attempt to write"):
        create_app(settings)


def test_pages_are_read_from_one_that_is_there_already(
    settings: dict[str, Any], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.sqlite.SETTINGS", f"{SETTINGS} PRAGMA query_only = ON;")
    again = create_app(settings)
    assert Browser(again).visit("/login").heading() == "Log in"
    assert sign_up(Browser(again), "alice").answer.status_code == 503
    again.extensions["database"].close()


@pytest.mark.parametrize("damage", [slice(0, 100), slice(100, 4096), slice(4096, 40_000)])
def test_a_corrupt_database_stops_the_start(
    settings: dict[str, Any], app: Flask, tmp_path: Path, damage: slice
) -> None:
    app.extensions["database"].close()
    _damage(tmp_path / "latchkey.db", damage)
    with pytest.raises(BadSetting, match="LATCHKEY_DATABASE_URL leads to no usable database"):
        create_app(settings)


def test_a_corrupt_table_is_503_and_other_pages_are_read(
    settings: dict[str, Any], app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sign_up(Browser(app), "alice")
    page = app.extensions["database"].one("SELECT rootpage FROM sqlite_master WHERE name = 'users'")[0]
    app.extensions["database"].close()
    _damage(tmp_path / "latchkey.db", slice((page - 1) * 4096, page * 4096))
    again = create_app(settings)
    browser = log_in(Browser(again), "alice")
    assert browser.answer.status_code == 503 and browser.value("email") == "alice@example.com"
    assert "database unavailable: database disk image is malformed" in caplog.text
    again.extensions["database"].close()


def _damage(path: Path, part: slice) -> None:
    content = bytearray(path.read_bytes())
    content[part] = b"\xa5" * len(content[part])
    path.write_bytes(content)


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


@pytest.fixture
def impatient(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the app wait for another program a twentieth of a second instead of five seconds."""
    monkeypatch.setattr("db.sqlite.WAIT", "PRAGMA busy_timeout = 50")
    app.extensions["database"].one("PRAGMA busy_timeout = 50")


def sqlite_pragma(db: Database, name: str) -> Any:
    row = db.one(f"PRAGMA {name}")
    assert row is not None
    return row[0]


def test_nobody_is_told_that_they_stay_where_that_cannot_be_noted(
    app: Flask, lock: Callable[[], Any], clock: Clock, htmx: bool, impatient: None
) -> None:
    alice = logged_in(Browser(app, htmx), "alice").visit("/expiry")
    token = alice.value("csrf_token")
    clock.advance(minutes=59)
    headers = {"HX-Request": "true"} if htmx else {}
    with lock():
        answer = alice.client.post("/expiry", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 503 and "You stay logged in." not in answer.text


def test_a_form_that_came_too_late_and_cannot_be_kept_stays_where_it_is(
    app: Flask, lock: Callable[[], Any], clock: Clock, htmx: bool, impatient: None
) -> None:
    alice = logged_in(Browser(app, htmx), "alice").visit("/account")
    clock.advance(hours=2)
    with lock():
        alice.submit("username-form", username="alicia")
    assert alice.answer.status_code == 503 and "HX-Redirect" not in alice.answer.headers
