"""Changing the password."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import BREACHED, PASSWORD, WRONG, Clock, log_in, logged_in
from tests.test_signup import BAD_PASSWORDS

NEW = "blue kettle on the hill"


def _change(browser: Browser, current: str | None = PASSWORD, new: str | None = NEW) -> Browser:
    browser.visit("/account/password")
    return browser.submit("password-change-form", current_password=current, new_password=new)


def test_the_new_one_works_and_the_old_one_does_not(alice: Browser, app: Flask) -> None:
    assert _change(alice).flashes() == ["Your password is changed. You were logged in nowhere else."]
    assert alice.path == "/account/password"
    assert log_in(Browser(app), "alice").errors() == {"password": "Invalid credentials."}
    assert log_in(Browser(app), "alice", password=NEW).path == "/dashboard"


@pytest.mark.parametrize(("others", "told"), [(1, "One other session was ended."), (3, "3 other sessions were ended.")])
def test_all_other_sessions_end_and_it_says_how_many(alice: Browser, app: Flask, others: int, told: str) -> None:
    elsewhere = [log_in(Browser(app), "alice") for _ in range(others)]
    assert told in _change(alice).flashes()[0]
    assert {browser.client.get("/dashboard").status_code for browser in elsewhere} == {303}
    assert alice.client.get("/dashboard").status_code == 200


def test_sessions_that_were_over_by_themselves_are_not_counted(alice: Browser, app: Flask, clock: Clock) -> None:
    log_in(Browser(app), "alice")
    clock.advance(minutes=50)
    alice.visit("/dashboard")
    clock.advance(minutes=20)
    assert "nowhere else" in _change(alice).flashes()[0]


def test_this_session_gets_another_token_and_the_old_one_is_dead(alice: Browser, app: Flask) -> None:
    old = alice.cookie("session")
    _change(alice)
    assert alice.cookie("session") not in {None, old}
    client = app.test_client()
    client.set_cookie("session", old or "")
    assert client.get("/dashboard").status_code == 303


def test_the_wrong_current_one_is_refused_beside_its_field(alice: Browser, app: Flask) -> None:
    _change(alice, current=WRONG)
    assert alice.answer.status_code == 422
    assert alice.errors() == {"current_password": "That is not your current password."}
    assert (alice.value("current_password"), alice.value("new_password")) == ("", "")
    assert log_in(Browser(app), "alice").path == "/dashboard"


@pytest.mark.parametrize("password", BAD_PASSWORDS.values(), ids=BAD_PASSWORDS)
def test_a_bad_new_one_is_refused_beside_its_field(alice: Browser, app: Flask, password: str) -> None:
    alice.visit("/account").submit("username-form", username="alice_the_great")
    _change(alice, new=password)
    assert alice.answer.status_code == 422 and list(alice.errors()) == ["new_password"]
    assert log_in(Browser(app), "alice").path == "/dashboard"


def test_one_from_a_data_breach_is_refused_and_the_old_one_stays(alice: Browser, app: Flask) -> None:
    assert _change(alice, new=BREACHED).answer.status_code == 422
    assert alice.errors() == {"new_password": "This password has been in a data breach. Choose another one."}
    assert log_in(Browser(app), "alice", password=BREACHED).answer.status_code == 422
    assert log_in(Browser(app), "alice").path == "/dashboard"


@pytest.mark.parametrize("missing", ["current_password", "new_password"])
def test_a_missing_field_is_asked_for(alice: Browser, missing: str) -> None:
    alice.visit("/account/password")
    fields = {"current_password": PASSWORD, "new_password": NEW} | {missing: None}
    alice.submit("password-change-form", **fields)
    assert alice.answer.status_code == 422 and list(alice.errors()) == [missing]


def test_the_new_one_is_checked_alone(app: Flask) -> None:
    alice = logged_in(Browser(app), "alice")
    for value, sentence in (("short", "at least 8 characters"), ("alice@example.com", "made of your name"), (NEW, "")):
        answer = alice.client.post("/account/password/check", data={"new_password": value})
        assert answer.status_code == 200 and sentence in answer.text and bool(answer.text.strip()) == bool(sentence)


def test_password_managers_find_the_page(app: Flask) -> None:
    answer = app.test_client().get("/.well-known/change-password")
    assert (answer.status_code, answer.location) == (303, "/account/password")
    missing = app.test_client().get("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200")
    assert missing.status_code == 404


def test_password_managers_learn_whose_password_it_is(alice: Browser) -> None:
    name = alice.visit("/account/password").page.select_one("input[autocomplete=username]")
    assert name is not None and name["value"] == "alice@example.com" and not name.has_attr("name")


def test_of_two_changes_at_once_one_is_made(app: Flask, db: Database) -> None:
    browsers = [logged_in(Browser(app), "alice"), log_in(Browser(app), "alice")]
    tokens = [browser.visit("/account/password").value("csrf_token") for browser in browsers]

    def change(number: int) -> str | None:
        fields = {"csrf_token": tokens[number], "current_password": PASSWORD, "new_password": f"{NEW} {number}"}
        return browsers[number].client.post("/account/password", data=fields).location

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(change, range(2)))
    # The other is refused, or logged out already when it arrives.
    assert answers.count("/account/password") == 1
    winner = answers.index("/account/password")
    assert answers[1 - winner] in {None, "/login?next=/account/password"}
    assert log_in(Browser(app), "alice", password=f"{NEW} {winner}").path == "/dashboard"


def test_a_changed_password_keeps_nothing_of_the_typed_one(alice: Browser, db: Database) -> None:
    _change(alice)
    user = users.by_email(db, "alice@example.com")
    assert user is not None and NEW not in user.password
    assert not [row for row in db.all("SELECT * FROM events") if NEW in str(row) or PASSWORD in str(row)]
