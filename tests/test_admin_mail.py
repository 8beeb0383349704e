"""What admins see of mails, and do with them; an admin's reset; the same on the command line; numbers and commands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, person
from tests.mailbox import Mailbox, joined
from webapp import create_app
from webapp.accounts import outbox, roles, signup
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.auth import login_required, verified


@pytest.fixture
def db(mailing: Flask) -> Database:
    return mailing.extensions["database"]


@pytest.fixture
def admin(mailing: Flask, db: Database, htmx: bool) -> Browser:
    for name in ("grace", "alice"):
        signup.sign_up(db, COMMAND_LINE, name, f"{name}@example.com", PASSWORD)
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    db.run("DELETE FROM outbox")
    return log_in(Browser(mailing, htmx), "grace")


def _fail(db: Database, number: int = 1, recipient: str = "alice@example.com") -> None:
    """Have mails that the relay refused."""
    for _ in range(number):
        with db.transaction():
            outbox.add(db, Actor(), outbox.Kind.NO_ACCOUNT, recipient)
        mail = outbox.lease(db, "test")
        assert mail is not None
        outbox.give_up(db, mail, "550 5.1.1 No such user")


def _wait(db: Database, number: int) -> None:
    for count in range(number):
        with db.transaction():
            outbox.add(db, Actor(), outbox.Kind.NO_ACCOUNT, f"user{count}@example.com")


def test_a_mail_that_was_given_up_needs_a_look(admin: Browser, db: Database) -> None:
    assert "Nothing needs you." in admin.visit("/admin").text()
    _fail(db, 2)
    admin.visit("/admin")
    (look,) = [link for link in admin.page.select(".looks a") if "2 mails were given up" in link.text]
    admin.visit(str(look["href"]))
    assert admin.path == "/admin/mail?state=failed"
    assert "550 5.1.1 No such user" in admin.text() and "There is no account" in admin.text()


def test_mails_that_wait_for_long_need_a_look(admin: Browser, db: Database, clock: Clock) -> None:
    _wait(db, 2)
    clock.advance(minutes=5)
    assert "Nothing needs you." in admin.visit("/admin").text()
    clock.advance(seconds=1)
    assert "2 mails wait for a relay" in admin.visit("/admin").text()


def test_it_is_sent_again_or_thrown_away(admin: Browser, mailbox: Mailbox, db: Database) -> None:
    _fail(db, 2)
    admin.visit("/admin/mail")
    first, second = (str(form["id"]) for form in admin.page.select("form[id^=mail-]"))
    admin.submit(first, act="retry")
    assert (admin.path, admin.flashes()) == ("/admin/mail?state=failed", ["The mail is on its way again."])
    assert mailbox.one().to == "alice@example.com"
    admin.visit("/admin/mail").submit(second, act="discard")
    assert admin.flashes() == ["The mail is discarded."]
    assert db.one("SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL") == (0,)
    assert outbox.numbers(db) == (0, None, 0)


def test_one_that_is_gone_meanwhile_is_told(admin: Browser, db: Database) -> None:
    _fail(db)
    admin.visit("/admin/mail")
    form = str(admin.page.select_one("form[id^=mail-]")["id"])  # type: ignore[index]
    db.run("DELETE FROM outbox")
    admin.submit(form, act="retry")
    assert admin.flashes() == ["That mail was sent or discarded already."]


def test_what_waits_is_listed_in_pages_with_why(admin: Browser, db: Database, clock: Clock) -> None:
    _wait(db, 30)
    mail = outbox.lease(db, "test")
    assert mail is not None
    outbox.put_off(db, mail, "451 Later")
    admin.visit("/admin/mail?state=waiting")
    assert "30 wait" in admin.text() and len(admin.page.select("li.row")) == 25
    admin.refresh("admin-mail-next")
    assert len(admin.page.select("li.row")) == 5 and "451 Later" in admin.text() and "tried 1 time" in admin.text()
    admin.refresh("admin-mail-first")
    assert len(admin.page.select("li.row")) == 25


def test_neither_a_text_nor_a_link_is_shown(admin: Browser, mailing: Flask, db: Database, mailbox: Mailbox) -> None:
    Browser(mailing).visit("/reset").submit("reset-form", email="alice@example.com")
    page = admin.visit("/admin/mail?state=waiting")
    seed = str(db.one("SELECT seed FROM outbox ORDER BY id DESC LIMIT 1")[0])  # type: ignore[index]
    letter = mailbox.one()
    assert "alice@example.com" in page.text() and "Link to choose a new password" in page.text()
    assert letter.link not in page.answer.text and seed not in page.answer.text


@pytest.mark.parametrize("asked", ["?state=odd", "?before=x", "?before=99999999999999999999", "?state="])
def test_an_odd_address_shows_the_list(admin: Browser, asked: str) -> None:
    assert admin.visit(f"/admin/mail{asked}").answer.status_code == 200


def test_others_see_none_of_it(mailing: Flask, mailbox: Mailbox) -> None:
    assert joined(Browser(mailing), mailbox, "bob").visit("/admin/mail").answer.status_code == 403


def test_an_admin_mails_a_reset(admin: Browser, mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    alice = person(db, "alice")
    admin.visit(f"/admin/users/{alice.id}")
    assert [link.text for link in admin.page.select("a.button")].count("Mail a link to reset the password") == 1
    admin.visit(f"/admin/users/{alice.id}/reset").submit("act-form", reason="")
    assert admin.answer.status_code == 422 and set(admin.errors()) == {"reason"}
    admin.submit("act-form", reason="Called us, lost the phone")
    assert admin.flashes() == ["A link is on its way to alice."]
    letter = mailbox.one()
    assert (letter.to, letter.subject) == ("alice@example.com", "Choose a new password at 127.0.0.1")
    assert "The reason: Called us, lost the phone" in letter.plain
    browser = Browser(mailing).visit(letter.link).submit("new_password-form", password="another horse battery")
    assert browser.submit("login-form", password="another horse battery").path == "/dashboard"
    assert "Called us, lost the phone" in browser.visit("/account/activity").text()


def test_without_mail_there_are_no_such_pages(app: Flask) -> None:
    for path in ("/signup/sent", "/verify/x", "/reset", "/login/link", "/login/code", "/undo/x", "/admin/mail"):
        assert app.test_client().get(path).status_code == 404


def test_without_mail_there_is_no_such_act(app: Flask) -> None:
    db = app.extensions["database"]
    for name in ("grace", "alice"):
        signup.sign_up(db, COMMAND_LINE, name, f"{name}@example.com", PASSWORD)
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    admin = log_in(Browser(app), "grace")
    assert admin.visit("/admin/users/2/reset").answer.status_code == 404
    assert "Mail a link" not in admin.visit("/admin/users/2").text()


def test_commands_list_send_retry_and_test(admin: Browser, mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    run = mailing.test_cli_runner().invoke
    _fail(db, recipient="gone@example.com")
    _wait(db, 2)
    listed = run(args=["mail", "list"]).stdout.splitlines()
    assert len(listed) == 2 and "user1@example.com" in listed[0]
    failed = json.loads(run(args=["mail", "list", "--failed", "--json"]).stdout)
    assert failed["error"] == "550 5.1.1 No such user" and "seed" not in failed and "facts" not in failed
    assert run(args=["mail", "send"]).stdout == "2 sent, 0 wait.\n"
    assert run(args=["mail", "retry", str(failed["id"])]).stdout == "1 sent, 0 wait.\n"
    assert {letter.to for letter in mailbox.new()} >= {"user1@example.com", failed["recipient"]}
    _fail(db, 2)
    assert run(args=["mail", "retry", "--all"]).stdout == "2 sent, 0 wait.\n"
    assert run(args=["mail", "retry"]).exit_code == run(args=["mail", "retry", "1", "--all"]).exit_code == 1
    mailbox.new()
    again = run(args=["mail", "retry", "999"])
    assert again.exit_code == 1 and "No mail 999 waits or was given up." in again.output
    tested = run(args=["mail", "test", "me@example.com"])
    assert tested.exit_code == 0 and "It was sent: written to" in tested.output
    assert mailbox.one().subject == "A test from 127.0.0.1"
    odd = run(args=["mail", "test", "a..b@example.com"])
    assert odd.exit_code == 1 and "It was not sent: no mail can be written to this address" in odd.output


def test_without_mail_the_commands_say_how_to_set_it_up(app: Flask) -> None:
    for command in (["send"], ["test", "me@example.com"], ["retry", "1"]):
        run = app.test_cli_runner().invoke(args=["mail", *command])
        assert run.exit_code == 1 and "LATCHKEY_MAIL_URL" in run.output


def test_numbers_tell_what_waits_and_what_became_of_the_rest(
    mailing: Flask, mailbox: Mailbox, db: Database, clock: Clock
) -> None:
    _fail(db, recipient="gone@example.com")
    _wait(db, 1)
    clock.advance(seconds=90)
    text = mailing.test_client().get("/metrics").text
    assert "latchkey_mails_waiting 1.0" in text and "latchkey_mails_given_up 1.0" in text
    assert "latchkey_mails_waiting_seconds 90.0" in text
    mailbox.new()
    text = mailing.test_client().get("/metrics").text
    assert 'latchkey_mails_total{outcome="sent"} 1.0' in text and "latchkey_mails_waiting 0.0" in text


def test_an_old_mail_is_swept(mailing: Flask, mailbox: Mailbox, db: Database, clock: Clock) -> None:
    _fail(db)
    _wait(db, 2)
    mailbox.new()
    for days, left in ((7, 1), (23, 0)):
        clock.advance(days=days, minutes=1)
        Browser(mailing).visit("/")
        assert db.one("SELECT count(*) FROM outbox") == (left,)


def test_the_owners_export_has_mails_and_tokens(mailing: Flask, mailbox: Mailbox) -> None:
    alice = joined(Browser(mailing), mailbox, "alice")
    alice.visit("/account").submit("email-form", email="new@example.com")
    alice.visit("/account/data").submit("export-form")
    held = json.loads(alice.answer.text)
    assert {token["purpose"] for token in held["tokens"]} == {"new_email", "undo"}
    assert {mail["kind"] for mail in held["mails"]} == {"new_email", "exported"}
    assert held["account"]["verified_at"]


@pytest.fixture
def own_door(mail_settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Flask]:
    """A site with a page of a team's own that is for proved addresses."""
    app = create_app(mail_settings, clock)
    app.get("/team")(login_required(verified(lambda: "Team")))
    yield app
    app.extensions["database"].close()


def test_a_page_may_be_for_proved_addresses(own_door: Flask) -> None:
    db = own_door.extensions["database"]
    signup.sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    browser = Browser(own_door)
    assert browser.client.get("/team").status_code == 303, "a stranger logs in first"
    log_in(browser, "alice")
    answer = browser.client.get("/team")
    assert answer.status_code == 403 and "Ask for a link to yours in your profile, at /account." in answer.text
    db.run("UPDATE users SET verified_at = created_at")
    assert browser.client.get("/team").status_code == 200
