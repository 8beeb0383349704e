"""One's data, to take along."""

import json

from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in
from webapp.accounts.events import Kind


def _download(browser: Browser) -> dict:
    browser.visit("/account/data").submit("export-form")
    assert browser.answer.status_code == 200 and browser.answer.content_type == "application/json"
    assert browser.answer.headers["Content-Disposition"].startswith("attachment; filename=latchkey-")
    assert browser.answer.headers["Cache-Control"] == "no-store"
    return json.loads(browser.answer.text)


def test_everything_that_is_held_is_in_one_file(alice: Browser, bob: Browser, app: Flask, db: Database) -> None:
    log_in(Browser(app), "alice")
    held = _download(alice)
    assert held["account"]["email"] == "alice@example.com" and held["account"]["role"] == "user"
    assert len(held["sessions"]) == 2 and held["sessions"][0]["address"] == "127.0.0.1"
    assert [event["kind"] for event in held["events"]] == ["exported", "logged_in", "logged_in", "signed_up"]
    assert "bob" not in alice.answer.text
    kept = {name for (name,) in db.all("SELECT kind FROM events")}
    assert Kind.EXPORTED in kept


def test_forms_that_wait_are_held_too(alice: Browser, clock: Clock) -> None:
    alice.visit("/account")
    clock.advance(minutes=20)
    alice.submit("email-form", email="new@example.com")
    alice.visit("/confirm").submit("confirm-form", password=PASSWORD)
    assert _download(alice)["drafts"][0]["fields"] == [["email", "new@example.com"]]


def test_no_hash_and_no_token_leave_the_house(alice: Browser, db: Database) -> None:
    _download(alice)
    secrets = [row[0] for row in db.all("SELECT password FROM users UNION SELECT token_hash FROM sessions")]
    assert not [secret for secret in secrets if secret in alice.answer.text]
    assert PASSWORD not in alice.answer.text and str(alice.cookie("session")) not in alice.answer.text


def test_it_needs_a_token_like_any_form(alice: Browser, db: Database) -> None:
    answer = alice.client.post("/account/data", data={})
    assert answer.status_code == 422 and "open for too long" in answer.text
    assert not db.all("SELECT 1 FROM events WHERE kind = 'exported'")


def test_a_stranger_is_asked_to_log_in_first(app: Flask) -> None:
    assert app.test_client().get("/account/data").location == "/login?next=/account/data"
    assert app.test_client().post("/account/data").location == "/login?next=/account/data"


def test_asking_for_somebody_elses_gives_ones_own(alice: Browser, bob: Browser) -> None:
    token = alice.visit("/account/data").value("csrf_token")
    answer = alice.client.post("/account/data?user=2", data={"csrf_token": token, "id": "2", "username": "bob"})
    assert json.loads(answer.text)["account"]["username"] == "alice"


def test_what_nobody_can_spell_is_held_as_it_came(app: Flask, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    body = f"csrf_token={alice.value('csrf_token')}&username=%ff"
    clock.advance(hours=2)
    alice.client.post("/account/username", data=body, content_type="application/x-www-form-urlencoded")
    assert _download(log_in(alice, "alice"))["drafts"][0]["fields"] == [["username", "\udcff"]]


def test_sessions_that_ended_by_themselves_are_in_it_while_they_are_kept(app: Flask, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(hours=2)
    held = _download(log_in(Browser(app), "alice"))
    assert [session["ended_at"] for session in held["sessions"]] == [None, "2026-03-14T16:09:26Z"]


def test_after_a_while_it_asks_for_the_password_and_leads_back_to_the_button(
    alice: Browser, clock: Clock, db: Database
) -> None:
    clock.advance(minutes=20)
    alice.visit("/account/data").submit("export-form")
    assert alice.heading() == "Confirm it is you"
    assert "What will be done: Download everything that is held about you." in alice.text()
    assert not db.all("SELECT 1 FROM events WHERE kind = 'exported'")
    alice.submit("confirm-form", password=PASSWORD)
    assert (alice.path, alice.flashes()) == ("/account/data", ["It is you. Press the button once more."])
    assert _download(alice)["account"]["username"] == "alice"
    assert db.all("SELECT 1 FROM drafts") == []
