"""Confirming that it is you, before an act that calls for it."""

from typing import Any

import pytest
from flask import Flask, redirect, request

from db import Database, users
from tests.browser import Browser
from tests.conftest import PASSWORD, Clock, log_in, logged_in
from webapp import create_app
from webapp.auth import admin_required


def _email(db: Database) -> str:
    return users.newest(db, 1)[0].email


@pytest.fixture
def interrupted(alice: Browser, clock: Clock) -> Browser:
    """Alice, who wanted another address twenty minutes after her log-in."""
    clock.advance(minutes=20)
    return alice.visit("/account").submit("email-form", email="new@example.com")


def test_a_short_while_after_the_log_in_nobody_is_asked(alice: Browser, clock: Clock, db: Database) -> None:
    clock.advance(minutes=14)
    alice.visit("/account").submit("email-form", email="new@example.com")
    assert (alice.path, _email(db)) == ("/account", "new@example.com")


def test_the_act_that_was_interrupted_goes_on_with_what_was_typed(interrupted: Browser, db: Database) -> None:
    assert interrupted.heading() == "Confirm it is you"
    assert _email(db) == "alice@example.com"
    interrupted.submit("confirm-form", password=PASSWORD)
    assert (interrupted.path, _email(db)) == ("/account", "new@example.com")
    assert "new@example.com" in interrupted.flashes()[0]
    assert db.all("SELECT * FROM drafts") == []


def test_a_wrong_password_is_refused_and_the_act_still_waits(interrupted: Browser, db: Database) -> None:
    for wrong, sentence in (("wrong", "That is not your password."), ("", "Enter your password.")):
        interrupted.submit("confirm-form", password=wrong)
        assert interrupted.answer.status_code == 422
        assert interrupted.errors() == {"password": sentence}
    assert _email(db) == "alice@example.com"
    interrupted.submit("confirm-form", password=PASSWORD)
    assert _email(db) == "new@example.com"


def test_the_session_gets_another_token(interrupted: Browser, app: Flask) -> None:
    old = interrupted.cookie("session")
    interrupted.submit("confirm-form", password=PASSWORD)
    assert interrupted.cookie("session") not in {None, old}
    client = app.test_client()
    client.set_cookie("session", old or "")
    assert client.get("/dashboard").status_code == 303


def test_forms_that_other_tabs_had_open_still_fit(alice: Browser, clock: Clock) -> None:
    clock.advance(minutes=20)
    page = alice.visit("/account").page
    alice.visit("/confirm").submit("confirm-form", password=PASSWORD)
    alice.page = page
    alice.submit("username-form", username="alicia")
    assert alice.flashes() == ["Your user name is alicia now."]


def test_what_is_refused_after_all_comes_back_filled_in(interrupted: Browser, app: Flask, db: Database) -> None:
    bob = Browser(app).visit("/signup")
    bob.submit("signup-form", username="bob", email="new@example.com", password=PASSWORD)
    interrupted.submit("confirm-form", password=PASSWORD)
    assert interrupted.path.startswith("/account/email?draft=")
    assert interrupted.value("email") == "new@example.com" and "Nothing was done yet." in interrupted.flashes()[0]
    interrupted.submit("email-form")
    assert interrupted.errors() == {"email": "Email already registered."}


def test_confirming_lasts_a_while(interrupted: Browser, clock: Clock, db: Database) -> None:
    interrupted.submit("confirm-form", password=PASSWORD)
    clock.advance(minutes=14)
    interrupted.visit("/account").submit("email-form", email="newer@example.com")
    assert _email(db) == "newer@example.com"


def test_ending_all_other_sessions_asks_too(alice: Browser, app: Flask, clock: Clock) -> None:
    other = log_in(Browser(app), "alice")
    clock.advance(minutes=20)
    alice.visit("/account/sessions").submit("end-others")
    assert alice.heading() == "Confirm it is you" and other.client.get("/dashboard").status_code == 200
    alice.submit("confirm-form", password=PASSWORD)
    assert (alice.path, alice.flashes()) == ("/account/sessions", ["1 other session ended."])
    assert other.client.get("/dashboard").status_code == 303


def test_a_form_of_another_site_does_not_get_as_far_as_to_be_asked_for(app: Flask, clock: Clock, db: Database) -> None:
    """Else the owner would be asked to confirm, with the password, an address that an attacker chose."""
    alice = logged_in(Browser(app), "alice").visit("/account")
    clock.advance(minutes=20)
    fields = {"csrf_token": alice.value("csrf_token"), "email": "mallory@example.com"}
    answer = alice.client.post("/account/email", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    answer = alice.client.post("/account/email", data=fields | {"csrf_token": ""})
    assert answer.status_code == 422
    assert db.all("SELECT * FROM drafts") == []


def test_somebody_elses_draft_is_not_done(interrupted: Browser, app: Flask, db: Database) -> None:
    bob = logged_in(Browser(app), "bob")
    (draft,) = db.all("SELECT id FROM drafts")
    bob.visit(f"/confirm?draft={draft[0]}").submit("confirm-form", password=PASSWORD)
    assert bob.path == "/dashboard"
    assert [user.email for user in users.newest(db, 2)] == ["bob@example.com", "alice@example.com"]


@pytest.mark.parametrize("draft", ["", "x", "%00", "%ff", "a" * 3000])
def test_an_edited_address_is_no_error(alice: Browser, draft: str) -> None:
    alice.visit(f"/confirm?draft={draft}").submit("confirm-form", password=PASSWORD)
    assert alice.path == "/dashboard"


def test_confirming_without_an_act_leads_on(alice: Browser) -> None:
    alice.visit("/confirm?next=/account/data").submit("confirm-form", password=PASSWORD)
    assert alice.path == "/account/data"
    alice.visit("/confirm?next=//evil.example").submit("confirm-form", password=PASSWORD)
    assert alice.path == "/dashboard"


def test_every_act_of_an_admin_asks(settings: dict, clock: Clock, cheap_hashes: None) -> None:
    app = create_app(settings, clock)

    @app.post("/admin/act")
    @admin_required
    def act() -> str:
        return "done"

    grace = logged_in(Browser(app), "grace")
    app.extensions["database"].run("UPDATE users SET role = 'admin'")
    fields = {"csrf_token": grace.visit("/logout").value("csrf_token")}
    assert grace.client.post("/admin/act", data=fields).text == "done"
    clock.advance(minutes=20)
    assert grace.client.post("/admin/act", data=fields).location.startswith("/confirm?draft=")
    app.extensions["database"].close()


def test_an_act_that_ends_in_trouble_over_htmx_leads_to_its_page(interrupted: Browser, db: Database) -> None:
    db.run("UPDATE drafts SET path = '/account/sessions/gone'")
    interrupted.submit("confirm-form", password=PASSWORD)
    assert interrupted.path.startswith("/account/sessions/gone?draft=") and interrupted.answer.status_code == 404


def test_confirming_after_the_sessions_end_goes_on_after_the_log_in(
    interrupted: Browser, clock: Clock, db: Database
) -> None:
    clock.advance(hours=2)
    interrupted.submit("confirm-form", password=PASSWORD)
    assert interrupted.heading() == "Log in"
    interrupted.submit("login-form", email="alice@example.com", password=PASSWORD)
    assert interrupted.heading() == "Confirm it is you"
    interrupted.submit("confirm-form", password=PASSWORD)
    assert (interrupted.path, _email(db)) == ("/account", "new@example.com")


def test_an_act_that_is_no_longer_allowed_does_not_go_on(settings: dict, clock: Clock, cheap_hashes: None) -> None:
    app = create_app(settings, clock)
    done = []

    @app.route("/admin/act", methods=["GET", "POST"])
    @admin_required
    def act() -> Any:
        done.append(request.method)
        return redirect("/admin", 303)

    grace = logged_in(Browser(app), "grace")
    database = app.extensions["database"]
    database.run("UPDATE users SET role = 'admin'")
    clock.advance(minutes=20)
    fields = {"csrf_token": grace.visit("/logout").value("csrf_token"), "reason": "because"}
    grace.visit(grace.client.post("/admin/act", data=fields).location)
    database.run("UPDATE users SET role = 'user'")
    grace.submit("confirm-form", password=PASSWORD)
    assert grace.answer.status_code == 403 and done == []
    database.close()
