"""Every second factor lost: an admin asks for their removal, which waits, and which the owner can stop."""

from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.factors import add_app, code, half_in, recovery_codes
from tests.fixtures import Clock, log_in, logged_in, person
from tests.mailbox import Mailbox, joined
from webapp import create_app
from webapp.accounts import factors_reset, roles, standing, sweep
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.fields import Refused

WHY = "Lost the phone, showed a passport"
NOTICE = f"An admin will remove your second factors on 15 March 2026, 15:09 UTC: {WHY}"


@pytest.fixture
def secret(alice: Browser, clock: Clock) -> str:
    return add_app(alice, clock)


@pytest.fixture
def asked(grace: Browser, secret: str, db: Database, clock: Clock) -> Browser:
    """An admin, who has asked for the removal of Alice's factors."""
    address = f"/admin/users/{person(db, 'alice').id}/factors-reset"
    grace.visit(address).submit("act-form", reason=WHY)
    assert grace.flashes() == ["The removal of the second factors of alice is asked for."]
    return grace


def _notice(browser: Browser) -> str:
    found = browser.page.select_one(".factors-reset p")
    return found.text if found else ""


def test_until_then_every_page_of_the_owner_says_so(asked: Browser, alice: Browser, app: Flask) -> None:
    for path in ("/dashboard", "/account", "/account/security", "/account/sessions", "/confirm"):
        assert _notice(alice.visit(path)) == NOTICE, path
    other = half_in(Browser(app, alice.htmx))
    assert _notice(other) == NOTICE and "log in and stop it" in other.text()
    assert _notice(other.visit("/login/recovery")) == NOTICE
    assert not _notice(asked.visit("/dashboard"))


def test_the_owner_stops_it_on_any_page(asked: Browser, alice: Browser, db: Database, clock: Clock) -> None:
    alice.visit("/account/sessions").submit("factors-reset-stop")
    assert alice.path == "/account/sessions"
    assert alice.flashes() == ["Stopped: your second factors stay. If you did not ask for it, tell an admin."]
    clock.advance(days=2)
    sweep.sweep(db, 400)
    assert person(db, "alice").has_factor
    log_in(asked, "grace").visit(f"/admin/users/{person(db, 'alice').id}")
    assert "The removal of all second factors was stopped" in asked.text()


def test_stopping_what_does_not_wait_changes_nothing(alice: Browser, secret: str) -> None:
    token = alice.visit("/account").value("csrf_token")
    answer = alice.client.post("/account/factors-reset/stop", data={"csrf_token": token})
    assert answer.location == "/account/security" and alice.visit("/account").flashes() == ["Nothing has changed."]


def test_once_it_is_due_the_factors_and_the_sessions_go(
    asked: Browser, alice: Browser, app: Flask, db: Database, clock: Clock
) -> None:
    half = half_in(Browser(app))
    clock.advance(hours=24)
    sweep.sweep(db, 400)
    user = person(db, "alice")
    assert not user.has_factor and user.factors_reset_at is None and user.factors_reset_why == ""
    for table in ("totp", "recovery_codes", "passkeys", "half_logins"):
        assert db.all(f"SELECT * FROM {table}") == [], table
    assert alice.visit("/dashboard").path.startswith("/login") and half.visit("/login/second").path == "/login"
    assert log_in(alice, "alice").path == "/dashboard"
    assert f"All second factors removed ({WHY})" in alice.visit("/account/activity").text()


def test_it_is_carried_out_at_the_next_log_in_too(asked: Browser, app: Flask, clock: Clock, db: Database) -> None:
    clock.advance(hours=24)
    assert log_in(Browser(app), "alice").path == "/dashboard"
    assert not person(db, "alice").has_factor


def test_before_that_nothing_is_gone(asked: Browser, app: Flask, db: Database, clock: Clock, secret: str) -> None:
    clock.advance(hours=23, minutes=59)
    sweep.sweep(db, 400)
    other = half_in(Browser(app))
    assert other.submit("second_step-form", code=code(secret, clock())).path == "/dashboard"


def test_the_admin_gives_a_reason_confirms_and_sees_no_secret(
    grace: Browser, secret: str, db: Database, clock: Clock
) -> None:
    address = f"/admin/users/{person(db, 'alice').id}/factors-reset"
    page = grace.visit(address).text()
    assert "Until then the person reads of it on every page, and can stop it." in page and secret not in page
    grace.submit("act-form", reason="")
    assert grace.errors() == {"reason": "Enter a reason. The person reads it in their activity."}
    clock.advance(minutes=20)
    grace.visit(address).submit("act-form", reason=WHY)
    assert "Remove all second factors of alice" in grace.text() and grace.heading() == "Confirm it is you"


def test_asking_again_puts_nothing_off(asked: Browser, db: Database, clock: Clock) -> None:
    before = person(db, "alice").factors_reset_at
    clock.advance(minutes=5)
    asked.visit(f"/admin/users/{person(db, 'alice').id}")
    assert "Remove all second factors" not in asked.text()
    asked.visit(f"/admin/users/{person(db, 'alice').id}/factors-reset").submit("act-form", reason="other")
    assert asked.flashes() == ["Nothing has changed."] and person(db, "alice").factors_reset_at == before


def test_an_account_without_a_factor_has_nothing_to_remove(grace: Browser, bob: Browser, db: Database) -> None:
    grace.visit(f"/admin/users/{person(db, 'bob').id}/factors-reset").submit("act-form", reason=WHY)
    assert grace.flashes() == ["Nothing has changed."]


def test_resets_that_wait_need_a_look(asked: Browser) -> None:
    looks = {str(link["href"]): link.text.strip() for link in asked.visit("/admin").page.select(".looks a")}
    assert looks["/admin/events?kind=factors_reset_asked"] == "The second factors of 1 person will be removed"


def test_the_command_line_acts_at_once(app: Flask, secret: str, alice: Browser, db: Database) -> None:
    run = app.test_cli_runner().invoke
    told = run(args=["user", "factors-reset", "alice@example.com", "--why", WHY])
    assert told.output.endswith("The second factors of alice are removed, and all sessions are ended.\n")
    assert not person(db, "alice").has_factor and alice.visit("/dashboard").path.startswith("/login")
    again = run(args=["user", "factors-reset", "alice@example.com", "--why", WHY])
    assert again.output == "Nothing has changed: alice has no second factor, or is disabled.\n"


def test_the_command_line_says_who_has_one(app: Flask, secret: str, bob: Browser) -> None:
    run = app.test_cli_runner().invoke
    shown = run(args=["user", "show", "alice@example.com"]).output
    assert "second_factor: yes" in shown and "authenticator_app_added_at: 2026-03-14 15:09:26" in shown
    listed = run(args=["user", "list"]).output.splitlines()
    assert [line.split("\t")[-1] for line in listed] == ["no", "yes"]


def test_with_no_waiting_time_it_happens_at_once(settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> None:
    app = create_app(settings | {"FACTORS_RESET_HOURS": "0"}, clock)
    db = app.extensions["database"]
    add_app(logged_in(Browser(app), "alice"), clock)
    grace = logged_in(Browser(app), "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    grace.visit(f"/admin/users/{person(db, 'alice').id}/factors-reset").submit("act-form", reason=WHY)
    assert not person(db, "alice").has_factor
    with pytest.raises(Refused):
        factors_reset.ask(db, COMMAND_LINE, person(db, "alice"), 0, "two\nlines")
    db.close()


def test_by_mail_the_owner_is_told_and_stops_it_by_the_link(mailing: Flask, mailbox: Mailbox, clock: Clock) -> None:
    db = mailing.extensions["database"]
    alice = joined(Browser(mailing), mailbox, "alice")
    add_app(alice, clock)
    codes = recovery_codes(alice)
    added = mailbox.one()
    assert added.subject == "Your second factors at 127.0.0.1 were changed or used"
    assert "Authenticator app added" in " ".join(added.plain.split()) and added.link.startswith("/undo/")
    clock.advance(days=1)
    factors_reset.ask(db, COMMAND_LINE, person(db, "alice"), 24, WHY)
    letter = mailbox.one()
    assert letter.subject == "Your second factors at 127.0.0.1 will be removed"
    assert WHY in letter.plain and "16 March 2026" in letter.plain
    stranger = Browser(mailing).visit(letter.link)
    assert "An admin asked to remove all second factors" in stranger.text()
    stranger.submit("undo-form")
    user = person(db, "alice")
    assert user.factors_reset_at is None and user.has_factor, "what is older than the notice stays"
    assert len(codes) == 10 and user.password == ""


def test_an_undo_takes_away_what_a_thief_has_added(mailing: Flask, mailbox: Mailbox, clock: Clock) -> None:
    db = mailing.extensions["database"]
    thief = joined(Browser(mailing), mailbox, "alice")
    add_app(thief, clock)
    Browser(mailing).visit(mailbox.one().link).submit("undo-form")
    assert not person(db, "alice").has_factor and db.all("SELECT * FROM recovery_codes") == []


def test_an_undo_takes_away_a_thiefs_recovery_codes_and_leaves_an_older_app(
    mailing: Flask, mailbox: Mailbox, clock: Clock
) -> None:
    db = mailing.extensions["database"]
    alice = joined(Browser(mailing), mailbox, "alice")
    secret = add_app(alice, clock)
    mailbox.new()
    clock.advance(days=8)
    half_in(alice.visit("/login")).submit("second_step-form", code=code(secret, clock()))
    mailbox.new()
    alice.visit("/account/recovery-codes").submit("recovery_codes-form")
    Browser(mailing).visit(mailbox.one().link).submit("undo-form")
    assert person(db, "alice").has_factor and db.all("SELECT * FROM recovery_codes") == []


def test_a_thiefs_session_does_not_use_up_the_stopping(alice: Browser, secret: str, db: Database) -> None:
    token = alice.visit("/account").value("csrf_token")
    for _ in range(25):
        assert alice.client.post("/account/factors-reset/stop", data={"csrf_token": token}).status_code == 303
    factors_reset.ask(db, COMMAND_LINE, person(db, "alice"), 24, WHY)
    alice.visit("/dashboard").submit("factors-reset-stop")
    assert person(db, "alice").factors_reset_at is None


def test_an_undo_of_the_newest_notice_takes_away_what_came_before_it(
    mailing: Flask, mailbox: Mailbox, clock: Clock
) -> None:
    """A thief adds an app and then does something else, whose mail lies on top in the inbox."""
    db = mailing.extensions["database"]
    thief = joined(Browser(mailing), mailbox, "alice")
    add_app(thief, clock)
    clock.advance(seconds=2)
    thief.visit("/account").submit("username-form", username="mallory")
    Browser(mailing).visit(mailbox.new()[-1].link).submit("undo-form")
    assert not person(db, "alice").has_factor


def test_no_removal_waits_while_its_owner_is_disabled(grace: Browser, secret: str, db: Database, clock: Clock) -> None:
    """An admin would go round the owner, who could stop nothing."""
    alice = person(db, "alice")
    assert factors_reset.ask(db, COMMAND_LINE, alice, 24, WHY)
    standing.disable(db, COMMAND_LINE, alice)
    assert person(db, "alice").factors_reset_at is None
    assert not factors_reset.ask(db, COMMAND_LINE, alice, 24, WHY)
    assert not factors_reset.ask(db, COMMAND_LINE, alice, 0, WHY)
    standing.enable(db, COMMAND_LINE, alice)
    clock.advance(days=2)
    sweep.sweep(db, 400)
    assert person(db, "alice").has_factor
