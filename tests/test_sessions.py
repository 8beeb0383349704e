"""The life of a session: both of its ends."""

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.conftest import Clock, log_in, sign_up
from webapp.accounts import roles, sessions


def _is_in(browser: Browser) -> bool:
    return browser.client.get("/dashboard").status_code == 200


def _log_in(app: Flask, db: Database, *, remember: bool = False, admin: bool = False) -> Browser:
    browser = sign_up(Browser(app), "alice")
    if admin:
        roles.promote(db, "alice@example.com")
    return log_in(browser, "alice", **({"remember": "yes"} if remember else {}))


@pytest.mark.parametrize(
    ("kind", "idle"),
    [
        ({}, {"hours": 1}),
        ({"remember": True}, {"days": 14}),
        ({"admin": True}, {"minutes": 30}),
        ({"admin": True, "remember": True}, {"minutes": 30}),
    ],
)
def test_it_ends_when_it_is_left_alone(app: Flask, db: Database, clock: Clock, kind: dict, idle: dict) -> None:
    browser = _log_in(app, db, **kind)
    clock.advance(**idle)
    clock.advance(seconds=-1)
    assert _is_in(browser)
    clock.advance(**idle)
    assert not _is_in(browser)


@pytest.mark.parametrize(
    ("kind", "absolute", "step"),
    [
        ({}, {"hours": 24}, {"minutes": 50}),
        ({"remember": True}, {"days": 30}, {"days": 5}),
        ({"admin": True, "remember": True}, {"hours": 12}, {"minutes": 25}),
    ],
)
def test_it_ends_however_busy_it_is(
    app: Flask, db: Database, clock: Clock, kind: dict, absolute: dict, step: dict
) -> None:
    browser = _log_in(app, db, **kind)
    end = Clock()
    end.advance(**absolute)
    while clock.time < end.time:
        assert _is_in(browser)
        clock.advance(**step)
    assert not _is_in(browser)


def test_a_clock_that_steps_back_logs_nobody_out(app: Flask, db: Database, clock: Clock) -> None:
    browser = _log_in(app, db)
    clock.advance(hours=-1)
    assert _is_in(browser)
    clock.advance(hours=1, minutes=59)
    assert _is_in(browser)
    clock.advance(hours=1)
    assert not _is_in(browser)


def test_being_seen_is_written_at_most_once_a_minute(app: Flask, db: Database, clock: Clock) -> None:
    browser = _log_in(app, db)
    seen = "SELECT last_seen_at FROM sessions"
    clock.advance(seconds=59)
    browser.visit("/dashboard")
    assert db.one(seen) == ("2026-03-14 15:09:26",)
    clock.advance(seconds=1)
    browser.visit("/dashboard")
    assert db.one(seen) == ("2026-03-14 15:10:26",)


def test_expired_rows_are_swept_at_the_next_log_in(app: Flask, db: Database, clock: Clock) -> None:
    _log_in(app, db)
    log_in(Browser(app), "alice", remember="yes")
    clock.advance(hours=2)
    log_in(Browser(app), "alice")
    assert sorted(remember for (remember,) in db.all("SELECT remember FROM sessions")) == [0, 1]
    clock.advance(days=15)
    log_in(Browser(app), "alice")
    assert len(db.all("SELECT remember FROM sessions")) == 1


def test_it_goes_with_its_user(app: Flask, db: Database) -> None:
    browser = _log_in(app, db)
    db.run("DELETE FROM users")
    assert not _is_in(browser)
    assert db.all("SELECT * FROM sessions") == []


def test_whoever_gets_the_id_of_somebody_deleted_does_not_get_their_session(app: Flask, db: Database) -> None:
    browser = _log_in(app, db)
    alice = users.by_email(db, "alice@example.com")
    db.run("DELETE FROM users")
    sign_up(Browser(app), "bob")
    db.run("UPDATE users SET id = :id", id=alice.id if alice else 0)
    assert not _is_in(browser)


def test_one_query_finds_the_session_and_its_user(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = _log_in(app, db)
    asked: list[str] = []
    for verb in ("one", "all", "run"):
        real = getattr(db, verb)
        monkeypatch.setattr(db, verb, lambda sql, real=real, **values: asked.append(sql) or real(sql, **values))
    browser.client.get("/logout")
    assert len(asked) == 1 and "JOIN" in asked[0]


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é", "a" * 5000, "' OR 1=1 --", "\x00"])
def test_a_made_up_token_opens_nothing(app: Flask, token: str) -> None:
    with app.test_request_context():
        assert sessions.find(app.extensions["database"], token) is None
