"""What time takes away: by one process for all of them, and beside those who read alone."""

from typing import Any

import pytest
from flask import Flask

from db import Database
from db import events as table
from tests.browser import Browser
from tests.fixtures import Clock, log_in, logged_in
from webapp import create_app
from webapp.accounts import admin, sweep


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """By whom it was swept since."""
    seen: list[Database] = []
    real = sweep.sweep
    monkeypatch.setattr(sweep, "sweep", lambda db, days: seen.append(db) or real(db, days))
    return seen


def test_of_two_processes_one_sweeps_and_the_other_when_that_one_is_gone(
    app: Flask, settings: dict[str, Any], clock: Clock, swept: list[Database]
) -> None:
    other = create_app(settings, clock)
    for one in (app, other, app, other):
        one.test_client().get("/login")
    assert swept == [app.extensions["database"]]
    clock.advance(minutes=1)
    for one in (other, app):
        one.test_client().get("/login")
    assert swept == [app.extensions["database"], other.extensions["database"]]
    other.extensions["database"].close()


def test_a_clock_that_was_ahead_for_once_does_not_stop_it(app: Flask, clock: Clock, swept: list[Database]) -> None:
    clock.advance(days=31)
    app.test_client().get("/login")
    clock.advance(days=-31)
    app.test_client().get("/login")
    assert len(swept) == 2


def test_the_sums_of_a_users_days_go_with_the_events(app: Flask, db: Database, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(days=401)
    log_in(Browser(app), "alice")
    sweep.sweep(db, 400)
    assert db.all("SELECT kind, day, number FROM user_days") == [("logged_in", "2027-04-19", 1)]
    db.run("DELETE FROM users")
    assert db.all("SELECT * FROM user_days") == []


def test_no_act_waits_for_it(app: Flask, swept: list[Database]) -> None:
    app.test_client().post("/login", data={})
    assert swept == []


def test_each_day_is_counted_once_when_it_has_been_over_for_a_day(
    app: Flask, db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    real = table.count_days
    monkeypatch.setattr(table, "count_days", lambda db, *days: counted.append(days[1]) or real(db, *days))
    for number in range(5):
        logged_in(Browser(app), f"day{number}")
        clock.advance(days=1)
        for _ in range(3):
            sweep.sweep(db, 400)
    assert [counted.count(day) for day in ("2026-03-16", "2026-03-17", "2026-03-18")] == [1, 1, 1]
    assert [day.logins for day in admin.cards(db).days[-6:]] == [1, 1, 1, 1, 1, 0]
