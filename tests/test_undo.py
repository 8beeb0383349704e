"""Notices of what was done in an account, and “This was not me”, which undoes it."""

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, coming_from, log_in, person
from tests.mailbox import Letter, Mailbox, joined
from webapp.accounts import roles, signup, standing
from webapp.accounts.actor import COMMAND_LINE, Actor

NEW = "another horse battery"


@pytest.fixture
def db(mailing: Flask) -> Database:
    return mailing.extensions["database"]


@pytest.fixture
def alice(mailing: Flask, mailbox: Mailbox, htmx: bool) -> Browser:
    """Or the thief who sits at her computer."""
    return joined(Browser(mailing, htmx), mailbox, "alice")


@pytest.fixture
def owner(mailing: Flask, htmx: bool) -> Browser:
    """The owner, logged out, with her mails."""
    return Browser(mailing, htmx)


def _change_password(thief: Browser) -> None:
    thief.visit("/account/password").submit("password-change-form", current_password=PASSWORD, new_password=NEW)


def _move(thief: Browser, mailbox: Mailbox, email: str) -> Letter:
    """Change the address and follow the link to the new one; give the notice to the old one."""
    thief.visit("/account").submit("email-form", email=email)
    thief.visit(mailbox.one().link).submit("verify-form")
    return mailbox.one()


ACTS = {
    "Your password at 127.0.0.1 was changed": _change_password,
    "Your user name at 127.0.0.1 was changed": lambda thief: thief.visit("/account").submit(
        "username-form", username="mallory"
    ),
    "Your data at 127.0.0.1 was downloaded": lambda thief: thief.visit("/account/data").submit("export-form"),
    "Your account at 127.0.0.1 will be deleted": lambda thief: thief.visit("/account/delete").submit(
        "deletion-form", password=PASSWORD
    ),
}


@pytest.mark.parametrize("subject", ACTS)
def test_the_owner_is_told_and_undoes_it(
    alice: Browser, owner: Browser, mailbox: Mailbox, db: Database, subject: str, clock: Clock
) -> None:
    ACTS[subject](alice)
    notice = mailbox.one()
    assert (notice.to, notice.subject) == ("alice@example.com", subject)
    clock.advance(days=2)
    owner.visit(notice.link)
    assert owner.heading() == "Was this not you?" and "127.0.0.1" in owner.text()
    owner.submit("undo-form")
    assert (owner.path, owner.heading()) == ("/undo/done", "Check your mail")
    user = person(db, "alice")
    assert (user.username, user.deletion_at, user.password) == ("alice", None, "")
    assert alice.visit("/dashboard").path.startswith("/login")
    for password in (PASSWORD, NEW):
        assert log_in(owner, "alice", password=password).answer.status_code == 422
    letter = mailbox.one()
    assert letter.subject == "Your account at 127.0.0.1 is locked: choose a new password"
    owner.visit(letter.link).submit("new_password-form", password="a third horse battery")
    owner.submit("login-form", password="a third horse battery")
    assert owner.heading() == "Welcome back, alice!"
    assert "Locked by “This was not me”" in owner.visit("/account/activity").text()
    assert owner.visit(notice.link).answer.status_code == 404, "it works once"


def test_an_older_link_wins_over_a_younger_one(alice: Browser, owner: Browser, mailbox: Mailbox, db: Database) -> None:
    first, second = _move(alice, mailbox, "thief@example.com"), _move(alice, mailbox, "thief2@example.com")
    assert (first.to, second.to) == ("alice@example.com", "thief@example.com")
    owner.visit(first.link).submit("undo-form")
    assert mailbox.one().to == "alice@example.com"
    assert person(db, "alice").email == "alice@example.com"
    assert owner.visit(second.link).answer.status_code == 404


def test_a_younger_link_that_was_used_first_leaves_the_older_one(
    alice: Browser, owner: Browser, mailbox: Mailbox, db: Database
) -> None:
    first, second = _move(alice, mailbox, "thief@example.com"), _move(alice, mailbox, "thief2@example.com")
    alice.visit(second.link).submit("undo-form")
    stolen = mailbox.one()
    assert stolen.to == "thief@example.com"
    owner.visit(first.link).submit("undo-form")
    assert person(db, "alice").email == "alice@example.com" and mailbox.one().to == "alice@example.com"
    assert owner.visit(stolen.link).answer.status_code == 404, "what was made after the older one dies with it"


def test_neither_a_changed_password_nor_a_reset_ends_it(alice: Browser, owner: Browser, mailbox: Mailbox) -> None:
    first = _move(alice, mailbox, "thief@example.com")
    _change_password(alice)
    alice.visit("/reset").submit("reset-form", email="thief@example.com")
    link = mailbox.new()[-1].link
    alice.visit(link).submit("new_password-form", password="a third horse battery")
    assert owner.visit(first.link).answer.status_code == 200


def test_it_lives_for_a_week(alice: Browser, owner: Browser, mailbox: Mailbox, clock: Clock) -> None:
    _change_password(alice)
    link = mailbox.one().link
    clock.advance(days=6, hours=23)
    assert owner.visit(link).answer.status_code == 200
    clock.advance(hours=1)
    assert owner.visit(link).answer.status_code == 404


def test_an_address_that_another_account_has_by_now_is_not_given_back(
    alice: Browser, owner: Browser, mailbox: Mailbox, db: Database
) -> None:
    notice = _move(alice, mailbox, "new@example.com")
    signup.sign_up(db, COMMAND_LINE, "other", "alice@example.com", PASSWORD)
    owner.visit(notice.link).submit("undo-form")
    assert owner.flashes()[0].startswith("The address cannot be given back: another account has it by now.")
    assert users.by_username(db, "alice").email == "locked 1", "nor does it keep the thief's"
    assert mailbox.one().to == "alice@example.com"
    owner.visit("/reset").submit("reset-form", email="new@example.com")
    assert not mailbox.one().has_link


def test_a_thief_who_comes_back_is_told_of(
    alice: Browser, owner: Browser, mailing: Flask, mailbox: Mailbox, clock: Clock
) -> None:
    """By a password that leaked again, in the browser and at the place that were undone."""
    thief = coming_from(mailing, "203.0.113.7")
    log_in(thief, "alice")
    clock.advance(minutes=1)
    owner.visit(mailbox.one().link).submit("undo-form")
    owner.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    mailbox.new()
    log_in(thief, "alice", password=NEW)
    assert mailbox.one().subject == "A new browser logged in at 127.0.0.1"


def test_an_admins_invitations_end_with_what_a_thief_did(
    alice: Browser, owner: Browser, mailing: Flask, mailbox: Mailbox, db: Database
) -> None:
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    alice.visit("/logout").submit("logout-form")
    log_in(alice, "alice").visit("/admin/invitations").submit("invite-form", email="evil@example.com", role="admin")
    _change_password(alice)
    letters = {letter.subject: letter for letter in mailbox.new()}
    owner.visit(letters["Your password at 127.0.0.1 was changed"].link).submit("undo-form")
    assert owner.visit(letters["You are invited to 127.0.0.1"].link).answer.status_code == 404


def test_the_last_admin_comes_back_by_the_reset(alice: Browser, owner: Browser, mailbox: Mailbox, db: Database) -> None:
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    alice.visit("/logout").submit("logout-form")
    _change_password(log_in(alice, "alice"))
    notices = {letter.subject: letter for letter in mailbox.new()}
    owner.visit(notices["Your password at 127.0.0.1 was changed"].link).submit("undo-form")
    owner.visit(mailbox.one().link).submit("new_password-form", password="a third horse battery")
    owner.submit("login-form", password="a third horse battery")
    assert owner.visit("/admin").heading() == "Admin"


def test_a_new_browser_is_told_and_a_known_one_is_not(
    alice: Browser, mailing: Flask, mailbox: Mailbox, clock: Clock
) -> None:
    log_in(alice.visit("/logout").submit("logout-form"), "alice")
    assert not mailbox.new(), "its cookie names her"
    same = coming_from(mailing, "127.0.0.1")
    log_in(same, "alice")
    assert not mailbox.new(), "the same browser in words, from the same network"
    other = coming_from(mailing, "203.0.113.7")
    log_in(other, "alice")
    notice = mailbox.one()
    assert notice.subject == "A new browser logged in at 127.0.0.1" and "203.0.113.7" in notice.plain
    log_in(coming_from(mailing, "203.0.113.7"), "alice")
    assert not mailbox.new(), "that one is known by now"
    clock.advance(days=61)
    log_in(coming_from(mailing, "203.0.113.7"), "alice")
    assert mailbox.one().subject == notice.subject


def test_new_browsers_are_told_five_times_a_day(alice: Browser, mailing: Flask, mailbox: Mailbox) -> None:
    for number in range(7):
        log_in(coming_from(mailing, f"203.0.113.{number}"), "alice")
    assert len(mailbox.new()) == 5


def test_the_first_log_in_ever_is_no_news(mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    signup.sign_up(db, COMMAND_LINE, "bob", "bob@example.com", PASSWORD)
    assert log_in(coming_from(mailing, "203.0.113.7"), "bob").path == "/dashboard"
    assert not mailbox.new()


def test_an_admins_acts_are_told_with_their_reason_and_without_a_link(
    alice: Browser, mailbox: Mailbox, db: Database
) -> None:
    admin = Actor(user=_admin(db))
    user = person(db, "alice")
    roles.give(db, admin, user, "admin", "You earned it")
    roles.give(db, COMMAND_LINE, user, "user")
    standing.sign_out(db, admin, user, "Lost a phone")
    standing.disable(db, admin, user, "Sends spam")
    standing.enable(db, admin, user, "Promised to stop")
    letters = mailbox.new()
    assert [letter.subject for letter in letters] == [
        "Your role at 127.0.0.1 was changed", "Your role at 127.0.0.1 was changed",
        "You were logged out at 127.0.0.1", "Your account at 127.0.0.1 was disabled",
        "Your account at 127.0.0.1 was enabled again",
    ]  # fmt: skip
    assert not any(letter.has_link for letter in letters)
    for number, why in {0: "You earned it", 2: "Lost a phone", 3: "Sends spam", 4: "Promised to stop"}.items():
        assert f"The reason: {why}" in letters[number].plain
    assert "admin." in letters[0].plain


def test_a_notice_is_in_the_owners_language_and_never_in_the_admins(
    alice: Browser, mailbox: Mailbox, db: Database
) -> None:
    user, admin = person(db, "alice"), Actor(user=_admin(db), language="de")
    standing.disable(db, admin, user, "Sends spam")
    users.set_language(db, user.id, "de")
    standing.enable(db, admin, person(db, "alice"), "Promised to stop")
    assert [str(letter.message["Content-Language"]) for letter in mailbox.new()] == ["en", "de"]


def test_moments_are_in_the_owners_zone(alice: Browser, mailbox: Mailbox, db: Database) -> None:
    users.set_time_zone(db, person(db, "alice").id, "Europe/Berlin")
    _change_password(alice)
    assert "14 March 2026, 16:09 UTC+01:00" in " ".join(mailbox.one().plain.split())


def test_a_disabled_accounts_link_is_refused(alice: Browser, owner: Browser, mailbox: Mailbox, db: Database) -> None:
    _change_password(alice)
    link = mailbox.one().link
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    for _ in range(2):
        assert owner.visit(link).answer.status_code == 422
        assert "This account is disabled." in owner.text()


def _admin(db: Database):  # type: ignore[no-untyped-def]
    signup.sign_up(db, COMMAND_LINE, "grace", "grace@example.com", PASSWORD)
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    db.run("DELETE FROM outbox")
    return person(db, "grace")
