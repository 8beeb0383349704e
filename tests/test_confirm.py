"""Confirming that it is you, before an act that calls for it."""

from typing import Any

import pytest
from flask import Flask, redirect, request
from werkzeug.datastructures import MultiDict

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, WRONG, Clock, log_in, logged_in, person, sign_up
from webapp import create_app
from webapp.accounts import roles, standing
from webapp.accounts.actor import COMMAND_LINE
from webapp.auth import admin_required, confirmed, login_required


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


def test_after_the_sessions_end_the_act_is_not_done_but_its_form_comes_back_filled_in(
    interrupted: Browser, clock: Clock, db: Database
) -> None:
    clock.advance(hours=2)
    interrupted.submit("confirm-form", password=PASSWORD)
    assert interrupted.heading() == "Log in"
    interrupted.submit("login-form", email="alice@example.com", password=PASSWORD)
    assert interrupted.path.startswith("/account/email?draft=") and interrupted.value("email") == "new@example.com"
    assert interrupted.flashes() == ["Nothing was done yet. Look at what you typed and send it again."]
    assert _email(db) == "alice@example.com"
    interrupted.submit("email-form")
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


def _plant(app: Flask, clock: Clock, path: str, **fields: str) -> str:
    """A thief has a session of alice's that is older than fifteen minutes, and sends this; give the draft's id."""
    thief = log_in(Browser(app), "alice")
    token = thief.visit("/logout").value("csrf_token")
    clock.advance(minutes=20)
    answer = thief.client.post(path, data={"csrf_token": token, **fields})
    return str(answer.location).partition("draft=")[2]


def test_a_draft_that_a_thief_has_planted_is_not_done_by_the_owner(
    app: Flask, htmx: bool, clock: Clock, db: Database
) -> None:
    sign_up(Browser(app), "alice")
    draft = _plant(app, clock, "/account/email", email="thief@example.com")
    owner = log_in(Browser(app, htmx), "alice").visit(f"/confirm?draft={draft}")
    assert owner.path == f"/account/email?draft={draft}" and owner.value("email") == "thief@example.com"
    assert owner.flashes() == ["Nothing was done yet. Look at what you typed and send it again."]
    token = owner.value("csrf_token")
    for path in (f"/confirm?draft={draft}", f"/confirm?draft={draft}&next=/account"):
        owner.client.post(path, data={"csrf_token": token, "password": PASSWORD})
    assert _email(db) == "alice@example.com"


def test_nor_is_one_that_was_sent_after_the_thiefs_session_was_over(app: Flask, clock: Clock, db: Database) -> None:
    thief = logged_in(Browser(app), "alice").visit("/account")
    clock.advance(hours=2)
    thief.submit("email-form", email="thief@example.com")
    ((draft,),) = db.all("SELECT id FROM drafts")
    owner = log_in(Browser(app), "alice")
    clock.advance(minutes=20)
    owner.visit("/confirm").client.post(
        f"/confirm?draft={draft}", data={"csrf_token": owner.value("csrf_token"), "password": PASSWORD}
    )
    assert _email(db) == "alice@example.com"


def test_an_admin_promotes_nobody_whom_a_thief_has_chosen(app: Flask, clock: Clock, db: Database) -> None:
    for name in ("alice", "mallory"):
        sign_up(Browser(app), name)
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    path = f"/admin/users/{person(db, 'mallory').id}/role"
    draft = _plant(app, clock, path, role="admin", reason="because")
    owner = log_in(Browser(app), "alice").visit(f"/confirm?draft={draft}")
    owner.client.post(f"/confirm?draft={draft}", data={"csrf_token": owner.value("csrf_token"), "password": PASSWORD})
    assert person(db, "mallory").role == "user"


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("/account/username", {"username": "alicia"}, "Change your user name to alicia."),
        ("/account/email", {"email": "<b>x</b>@y"}, "Change your email address to <b>x</b>@y."),
        ("/account/sessions", {}, "Log out all your other sessions."),
        ("/account/sessions/new-browsers", {}, "Let new browsers try again."),
        ("/account/sessions/{session}", {}, "Log out Unknown browser."),
        ("/account/data", {}, "Download everything that is held about you."),
        ("/admin/users/{bob}/role", {"role": "admin"}, "Make bob an admin."),
        ("/admin/users/{bob}/role", {"role": "user"}, "Give bob the role: user."),
        ("/admin/users/{bob}/disable", {"reason": "because"}, "Disable bob"),
        ("/admin/users/{bob}/sign-out", {"reason": "because"}, "Log bob out everywhere"),
        ("/admin/blocks", {"key": "x"}, "Lift a block that is over."),
    ],
)
def test_the_page_says_what_will_be_done(
    app: Flask, htmx: bool, clock: Clock, db: Database, path: str, fields: dict[str, str], told: str
) -> None:
    sign_up(Browser(app), "bob")
    alice = logged_in(Browser(app, htmx), "alice")
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    log_in(Browser(app), "alice").client.get("/dashboard")
    clock.advance(minutes=20)
    here = alice.visit("/account/sessions")
    other = str(here.page.select("form[id^=end-]")[0]["action"]).rpartition("/")[2]
    where = path.format(session=other, bob=person(db, "bob").id)
    token = alice.visit("/logout").value("csrf_token")
    alice.visit(alice.client.post(where, data=fields | {"csrf_token": token}).location)
    assert f"What will be done: {told}" in alice.text()
    alice.submit("confirm-form", password="wrong")
    assert f"What will be done: {told}" in alice.text()


def test_it_says_what_is_done_where_a_field_comes_twice(alice: Browser, clock: Clock, db: Database) -> None:
    clock.advance(minutes=20)
    token = alice.visit("/account").value("csrf_token")
    sent = MultiDict([("csrf_token", token), ("email", "thief@example.com"), ("email", "owner@example.com")])
    alice.visit(alice.client.post("/account/email", data=sent).location)
    assert "Change your email address to thief@example.com." in alice.text()
    alice.submit("confirm-form", password=PASSWORD)
    assert _email(db) == "thief@example.com"


def test_it_says_whose_block_is_lifted(grace: Browser, app: Flask, clock: Clock, db: Database) -> None:
    sign_up(Browser(app), "bob")
    clock.advance(minutes=20)
    grace.client.get("/dashboard")
    for _ in range(6):
        log_in(Browser(app), "bob", password=WRONG)
    grace.visit("/admin/blocks")
    grace.submit(str(grace.page.select("form[id^=lift-]")[0]["id"]))
    assert "What will be done: Lift the block of bob: Failed log-ins from unknown browsers" in grace.text()


def test_an_act_of_a_teams_own_that_says_nothing_is_named_by_its_address(
    settings: dict, clock: Clock, cheap_hashes: None
) -> None:
    app = create_app(settings, clock)

    @app.post("/notes")
    @login_required
    @confirmed
    def act() -> str:
        return "done"

    alice = logged_in(Browser(app), "alice")
    clock.advance(minutes=20)
    token = alice.visit("/logout").value("csrf_token")
    alice.visit(alice.client.post("/notes", data={"csrf_token": token}).location)
    assert "What will be done: Send the form at /notes." in alice.text()
    app.extensions["database"].close()


@pytest.mark.parametrize("by", ["password", "others", "one", "admin", "log-out"])
def test_drafts_go_when_the_session_is_ended(app: Flask, clock: Clock, db: Database, by: str) -> None:
    sign_up(Browser(app), "alice")
    thief = log_in(Browser(app), "alice")
    clock.advance(minutes=20)
    thief.visit("/account").submit("email-form", email="thief@example.com")
    assert len(db.all("SELECT 1 FROM drafts")) == 1
    owner = log_in(Browser(app), "alice").visit("/account/sessions")
    if by == "password":
        owner.visit("/account/password").submit(
            "password-change-form", current_password=PASSWORD, new_password="staple horse battery"
        )
    elif by == "others":
        owner.submit("end-others")
    elif by == "one":
        owner.submit(str(owner.page.select("form[id^=end-]")[0]["id"]))
    elif by == "admin":
        standing.sign_out(db, COMMAND_LINE, person(db, "alice"))
    else:
        thief.visit("/logout").submit("logout-form")
    assert db.all("SELECT 1 FROM drafts") == []


def test_at_most_fifty_are_kept_for_one_person(app: Flask, clock: Clock, db: Database) -> None:
    sign_up(Browser(app), "alice")
    thieves = [log_in(Browser(app), "alice").visit("/account") for _ in range(6)]
    tokens = [thief.value("csrf_token") for thief in thieves]
    clock.advance(minutes=20)
    for thief, token in zip(thieves, tokens, strict=True):
        for number in range(12):
            thief.client.post("/account/email", data={"csrf_token": token, "email": f"thief{number}@example.com"})
    assert db.one("SELECT count(*) FROM drafts") == (50,)
    assert db.one("SELECT count(*) FROM drafts GROUP BY session_id ORDER BY 1 DESC LIMIT 1") == (10,)


def test_those_of_a_session_that_ended_by_itself_go_when_all_are_ended(app: Flask, clock: Clock, db: Database) -> None:
    thief = logged_in(Browser(app), "alice").visit("/account")
    clock.advance(hours=2)
    thief.submit("email-form", email="thief@example.com")
    owner = log_in(Browser(app), "alice")
    assert len(db.all("SELECT 1 FROM drafts")) == 1
    owner.visit("/account/password").submit(
        "password-change-form", current_password=PASSWORD, new_password="staple horse battery"
    )
    assert db.all("SELECT 1 FROM drafts") == [] and len(db.all("SELECT 1 FROM sessions")) == 1
    thief.visit("/login").client.post("/account/email", data={"email": "thief@example.com"})
    assert db.all("SELECT 1 FROM drafts") == []


def test_a_new_name_and_the_end_of_one_session_ask_too(alice: Browser, app: Flask, clock: Clock, db: Database) -> None:
    other = log_in(Browser(app), "alice")
    clock.advance(minutes=20)
    other.client.get("/dashboard")
    alice.visit("/account").submit("username-form", username="alicia")
    assert alice.heading() == "Confirm it is you" and users.newest(db, 1)[0].username == "alice"
    alice.submit("confirm-form", password=PASSWORD)
    assert users.newest(db, 1)[0].username == "alicia"
    clock.advance(minutes=20)
    alice.visit("/account/sessions")
    alice.submit(str(alice.page.select("form[id^=end-]")[0]["id"]))
    assert alice.heading() == "Confirm it is you" and other.client.get("/dashboard").status_code == 200
    alice.submit("confirm-form", password=PASSWORD)
    assert (alice.path, other.client.get("/dashboard").status_code) == ("/account/sessions", 303)
