"""Deleting one's account, and taking that back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from db import Database, events, users
from db import deletion as deletions
from db.users import User
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person, sign_up
from webapp import create_app
from webapp.accounts import deletion, roles, sessions, standing, sweep
from webapp.accounts.actor import COMMAND_LINE


@pytest.fixture
def leaving(alice: Browser) -> Browser:
    """Alice, who has asked for her account to be deleted."""
    return alice.visit("/account/delete").submit("deletion-form", password=PASSWORD)


def test_the_page_says_what_goes(alice: Browser) -> None:
    text = alice.visit("/account/delete").text()
    assert "alice@example.com" in text and "It happens in 7 days." in text
    assert alice.visit("/account/data").page.select("a[href='/account/delete']")


def test_it_is_logged_out_everywhere_and_told_when_it_will_be_gone(alice: Browser, app: Flask) -> None:
    other = log_in(Browser(app), "alice")
    alice.visit("/account/delete").submit("deletion-form", password=PASSWORD)
    assert alice.heading() == "Log in"
    assert alice.flashes() == ["Your account is kept until 21 Mar, 15:09 UTC. To keep it for good, log in before then."]
    assert alice.cookie("session") is None and other.client.get("/dashboard").status_code == 303


def test_after_seven_days_it_is_gone_with_all_that_belongs_to_it(leaving: Browser, clock: Clock, db: Database) -> None:
    clock.advance(days=7)
    leaving.visit("/login")
    for left in ("SELECT id FROM users", "SELECT id FROM sessions", "SELECT id FROM drafts"):
        assert db.all(left) == []
    assert db.all("SELECT id FROM events WHERE user_id IS NOT NULL") == []
    assert log_in(leaving, "alice").errors() == {"password": "Invalid credentials."}


def test_the_name_and_the_address_are_free_at_that_moment(leaving: Browser, clock: Clock, app: Flask) -> None:
    clock.advance(days=6, hours=23, minutes=59, seconds=30)
    assert set(sign_up(Browser(app), "alice").errors()) == {"username", "email"}
    clock.advance(seconds=30)
    assert sign_up(Browser(app), "alice").flashes() == ["Account created! Please log in."]


def test_a_log_in_before_then_asks_and_takes_it_back(leaving: Browser, clock: Clock, db: Database) -> None:
    clock.advance(days=6)
    log_in(leaving, "alice")
    assert (leaving.path, leaving.heading()) == ("/account/delete", "Keep your account")
    assert "tomorrow, 15:09 UTC" in leaving.text()
    assert "; then it is deleted." in leaving.visit("/dashboard").text()
    leaving.visit("/account/delete").submit("deletion-undo-form")
    assert (leaving.path, leaving.flashes()) == ("/dashboard", ["Your account stays."])
    clock.advance(days=9)
    assert log_in(leaving, "alice").path == "/dashboard"
    assert "then it is deleted" not in leaving.text()


def test_a_log_in_alone_takes_nothing_back(leaving: Browser, clock: Clock, db: Database) -> None:
    log_in(leaving, "alice", remember="yes")
    clock.advance(days=7)
    assert leaving.client.get("/dashboard").status_code == 303
    assert users.count(db) == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("wrong", "That is not your password."),
        ("a" * 5000, "That is not your password."),
        ("", "Enter your password."),
        (None, "Enter your password."),
    ],
)
def test_without_the_password_nothing_happens(alice: Browser, typed: str | None, told: str, db: Database) -> None:
    alice.visit("/account/delete").submit("deletion-form", password=typed)
    assert (alice.answer.status_code, alice.errors()) == (422, {"password": told})
    assert users.newest(db, 1)[0].deletion_at is None


def test_the_last_admin_cannot_go(grace: Browser, app: Flask, db: Database) -> None:
    grace.visit("/account/delete").submit("deletion-form", password=PASSWORD)
    assert grace.errors() == {"password": "You are the last admin. Make somebody else one first."}
    logged_in(Browser(app), "bob")
    roles.give(db, COMMAND_LINE, person(db, "bob"), "admin")
    standing.disable(db, COMMAND_LINE, person(db, "bob"))
    grace.submit("deletion-form", password=PASSWORD)
    assert grace.answer.status_code == 422
    standing.enable(db, COMMAND_LINE, person(db, "bob"))
    grace.submit("deletion-form", password=PASSWORD)
    assert grace.heading() == "Log in"


def test_nor_be_taken_away(grace: Browser, db: Database) -> None:
    with pytest.raises(roles.LastAdmin):
        standing.disable(db, COMMAND_LINE, person(db, "grace"))
    with pytest.raises(roles.LastAdmin):
        roles.give(db, COMMAND_LINE, person(db, "grace"), "user")
    assert grace.client.get("/admin").status_code == 200


def test_of_two_admins_who_go_at_once_one_stays(app: Flask, db: Database) -> None:
    browsers = [logged_in(Browser(app), name) for name in ("grace", "heidi")]
    for name in ("grace", "heidi"):
        roles.give(db, COMMAND_LINE, person(db, name), "admin")
    tokens = [browser.visit("/account/delete").value("csrf_token") for browser in browsers]

    def go(number: int) -> int:
        fields = {"csrf_token": tokens[number], "password": PASSWORD}
        return browsers[number].client.post("/account/delete", data=fields).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(go, range(2))) == [303, 422]


def test_how_long_it_waits_is_a_setting(settings: dict, clock: Clock, cheap_hashes: None) -> None:
    app = create_app(settings | {"DELETION_DAYS": "1"}, clock)
    alice = logged_in(Browser(app), "alice").visit("/account/delete").submit("deletion-form", password=PASSWORD)
    assert "tomorrow, 15:09 UTC" in alice.flashes()[0]
    app.extensions["database"].close()


def test_a_second_wish_delays_nothing(leaving: Browser, clock: Clock) -> None:
    clock.advance(days=3)
    log_in(leaving, "alice")
    fields = {"csrf_token": leaving.value("csrf_token"), "password": PASSWORD}
    leaving.client.post("/account/delete", data=fields)
    assert "21 Mar, 15:09 UTC" in leaving.visit("/login").flashes()[0]


def test_it_is_not_taken_back_when_it_is_too_late(
    leaving: Browser, clock: Clock, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was asked for a moment before, and waited for another writer."""
    log_in(leaving, "alice")
    real = sessions.is_live
    monkeypatch.setattr(sessions, "is_live", lambda *given: real(*given) or True)
    clock.advance(days=7)
    leaving.client.post("/account/delete/undo", data={"csrf_token": leaving.value("csrf_token")})
    assert not db.all("SELECT 1 FROM users WHERE deletion_at IS NULL")
    assert not db.all("SELECT 1 FROM events WHERE kind = 'deletion_taken_back'")


def test_what_was_never_wished_is_not_taken_back(alice: Browser, db: Database) -> None:
    assert alice.visit("/account/delete/undo").path == "/account/data"
    token = alice.value("csrf_token")
    assert alice.client.post("/account/delete/undo", data={"csrf_token": token}).status_code == 303
    assert not db.all("SELECT 1 FROM events WHERE kind = 'deletion_taken_back'")


def test_a_name_that_came_free_can_be_taken_by_renaming(leaving: Browser, clock: Clock, app: Flask) -> None:
    bob = logged_in(Browser(app), "bob").visit("/account")
    clock.advance(days=7)
    bob = log_in(bob, "bob").visit("/account")
    bob.submit("username-form", username="alice")
    assert bob.flashes() == ["Your user name is alice now."]


@pytest.fixture
def busy_life(alice: Browser, db: Database, clock: Clock) -> User:
    """Alice, in whose account very much has happened, and who is due to be gone."""
    user = person(db, "alice")
    happened = {"kind": "logged_in", "session_id": None, "actor": "", "address": "", "device": "", "detail": ""}
    with db.transaction():
        days = [day for day in db.days(500) for _ in range(5)]
        events.add_many(db, ({"user_id": user.id, "created_at": day, **happened} for day in days))
        deletions.schedule(db, user.id, db.now())
    return user


TABLES = ("events", "user_days", "sessions", "drafts")


def _rows(db: Database) -> int:
    counted = [db.one(f"SELECT count(*) FROM {table}") for table in (*TABLES, "users")]
    return sum(row[0] for row in counted if row)


def test_a_long_life_goes_in_steps_of_a_thousand_rows_at_most_and_its_own_row_last(
    busy_life: User, app: Flask, db: Database, clock: Clock
) -> None:
    steps = []
    while users.count(db):
        before = _rows(db)
        with db.transaction():
            more = deletion.sweep(db)
        steps.append(before - _rows(db))
        assert more is (users.count(db) == 1)
        assert users.count(db) or steps[-1] < 1000
    assert len(steps) == 4 and max(steps) <= 1000 and db.all("SELECT 1 FROM events") == []


def test_its_name_and_address_are_free_before_that_and_nobody_gets_in(
    busy_life: User, app: Flask, db: Database, clock: Clock
) -> None:
    with db.transaction():
        deletion.sweep(db)
    assert log_in(Browser(app), "alice").errors() == {"password": "Invalid credentials."}
    assert sign_up(Browser(app), "alice").flashes() == ["Account created! Please log in."]
    assert person(db, "alice").id != busy_life.id and users.count(db) == 2


def test_a_sign_up_takes_nothing_away(busy_life: User, app: Flask, db: Database) -> None:
    app.extensions["swept"] = db.clock(), sweep.EVERY
    sign_up(Browser(app), "alice")
    assert db.one("SELECT count(*) FROM events WHERE user_id = :id", id=busy_life.id) == (2502,)
    assert person(db, "alice").id != busy_life.id


def test_pages_sweep_a_step_a_second_until_it_is_gone(busy_life: User, app: Flask, db: Database, clock: Clock) -> None:
    browser, seconds = Browser(app), 0
    clock.advance(minutes=1)
    while users.count(db):
        browser.visit("/login")
        clock.advance(seconds=1)
        seconds += 1
    assert seconds == 3
