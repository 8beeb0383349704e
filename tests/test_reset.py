"""Resetting a password by a mailed link."""

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.factors import add_app, code, half_in
from tests.fixtures import BREACHED, PASSWORD, Clock, coming_from, guess, log_in, person
from tests.mailbox import Mailbox, joined
from webapp.accounts import reset, signup, standing, tokens
from webapp.accounts.actor import COMMAND_LINE, Actor

NEW = "another horse battery"


@pytest.fixture
def app(mailing: Flask) -> Flask:
    return mailing


@pytest.fixture
def alice(mailing: Flask, mailbox: Mailbox, htmx: bool) -> Browser:
    return joined(Browser(mailing, htmx), mailbox, "alice")


def _ask(browser: Browser, name: str) -> Browser:
    return browser.visit("/reset").submit("reset-form", email=f"{name}@example.com")


def test_a_forgotten_password_is_chosen_anew(
    alice: Browser, browser: Browser, mailbox: Mailbox, db: Database, clock: Clock
) -> None:
    browser.visit("/login")
    assert [link["href"] for link in browser.page.select(".aside a")][:2] == ["/reset", "/login/link"]
    _ask(browser, "alice")
    assert (browser.path, browser.heading()) == ("/reset/sent", "Check your mail")
    letter = mailbox.one()
    assert (letter.to, letter.subject) == ("alice@example.com", "Choose a new password at 127.0.0.1")
    browser.visit(letter.link).submit("new_password-form", password=BREACHED)
    assert browser.answer.status_code == 422 and "in a data breach" in browser.errors()["password"]
    browser.submit("new_password-form", password=NEW)
    assert (browser.path, browser.flashes()) == ("/login", ["Your password is changed. Please log in."])
    assert browser.value("email") == "alice@example.com"
    browser.submit("login-form", password=NEW)
    assert browser.heading() == "Welcome back, alice!"
    assert alice.visit("/dashboard").path.startswith("/login"), "all sessions end"
    notice = mailbox.one()
    assert notice.subject == "Your password at 127.0.0.1 was reset" and notice.link.startswith("/undo/")
    assert browser.visit(letter.link).answer.status_code == 404
    assert "Password reset by a mailed link" in browser.visit("/account/activity").text()


def test_an_address_that_nobody_has_gets_the_same_page_and_a_word(
    alice: Browser, browser: Browser, mailbox: Mailbox
) -> None:
    known = _ask(browser, "alice").text()
    assert _ask(browser, "nobody").text().replace("nobody@", "alice@") == known
    letters = mailbox.new()
    assert [letter.subject for letter in letters][1] == "No account at 127.0.0.1"
    assert letters[1].to == "nobody@example.com" and not letters[1].has_link and "/signup" in letters[1].plain


@pytest.mark.parametrize("mode", ["invited", "closed"])
def test_a_site_that_takes_no_sign_ups_mails_no_stranger(db: Database, mailbox: Mailbox, mode: str) -> None:
    reset.ask(db, Actor("203.0.113.7"), "nobody@example.com", is_open=mode == "open")
    assert db.one("SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL") == (1,) and not mailbox.new()


@pytest.mark.parametrize("typed", ["", "x", "a\0@example.com", "\udcff@x"])
def test_what_is_no_address_is_refused_beside_its_field(browser: Browser, typed: str) -> None:
    browser.visit("/reset").submit("reset-form", email=typed.encode("utf-8", "surrogateescape"))
    assert browser.answer.status_code == 422 and browser.errors()["email"]


def test_the_link_lives_for_an_hour(alice: Browser, browser: Browser, mailbox: Mailbox, clock: Clock) -> None:
    link = (_ask(browser, "alice"), mailbox.one().link)[1]
    clock.advance(minutes=59)
    assert browser.visit(link).answer.status_code == 200
    clock.advance(minutes=1)
    assert browser.visit(link).answer.status_code == 404
    assert browser.heading() == "This link no longer works."
    browser.submit("reset-form", email="alice@example.com")
    assert browser.path == "/reset/sent" and mailbox.one().has_link


def test_asking_again_leaves_the_earlier_link_alive_and_using_one_ends_all(
    alice: Browser, browser: Browser, mailbox: Mailbox
) -> None:
    for _ in range(2):
        _ask(browser, "alice")
    first, second = (letter.link for letter in mailbox.new())
    browser.visit(first).submit("new_password-form", password=NEW)
    assert browser.visit(second).answer.status_code == 404


def test_a_changed_password_ends_the_link(alice: Browser, browser: Browser, mailbox: Mailbox) -> None:
    link = (_ask(browser, "alice"), mailbox.one().link)[1]
    alice.visit("/account/password")
    alice.submit("password-change-form", current_password=PASSWORD, new_password=NEW)
    assert browser.visit(link).answer.status_code == 404


def test_what_shut_the_account_is_lifted(alice: Browser, mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    stranger = coming_from(mailing, "203.0.113.7")
    assert guess(stranger, "alice", 6)[-1] == 429
    assert "/reset" in stranger.flashes()[0]
    _ask(stranger, "alice")
    stranger.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    assert log_in(coming_from(mailing, "203.0.113.8"), "alice", password=NEW).path == "/dashboard"
    assert db.one("SELECT count(*) FROM throttles WHERE kind IN ('account', 'row') AND number > 0") == (0,)


def test_the_address_is_proved_by_it_and_the_browser_known(mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    signup.sign_up(db, COMMAND_LINE, "old", "old@example.com", PASSWORD)
    browser = Browser(mailing)
    _ask(browser, "old")
    assert person(db, "old").verified_at is None
    browser.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    assert person(db, "old").verified_at == db.now() and browser.cookie("device")


def test_a_disabled_account_gets_no_link_and_an_old_one_is_refused(
    alice: Browser, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    link = (_ask(browser, "alice"), mailbox.one().link)[1]
    user = person(db, "alice")
    db.run("UPDATE users SET disabled_at = :now WHERE id = :id", now=db.now(), id=user.id)
    assert browser.visit(link).answer.status_code == 422
    assert "This account is disabled. An admin can enable it again." in browser.text()
    _ask(browser, "alice")
    letter = mailbox.one()
    assert letter.subject == "Your account at 127.0.0.1 is disabled" and not letter.has_link
    standing.enable(db, COMMAND_LINE, user)
    standing.disable(db, COMMAND_LINE, user)
    standing.enable(db, COMMAND_LINE, user)
    assert browser.visit(link).answer.status_code == 404, "disabling ends it"


def test_of_two_at_once_one_chooses(alice: Browser, browser: Browser, mailbox: Mailbox, db: Database) -> None:
    text = (_ask(browser, "alice"), mailbox.one().link)[1].rpartition("/")[2]
    token = tokens.find(db, text, tokens.Purpose.RESET)
    reset.choose(db, Actor("203.0.113.7"), text, NEW)
    with pytest.raises(tokens.NoSuchToken), db.transaction():
        tokens.spend(db, token)


def test_who_leaves_may_come_back_by_it(alice: Browser, browser: Browser, mailbox: Mailbox, db: Database) -> None:
    alice.visit("/account/delete").submit("deletion-form", password=PASSWORD)
    mailbox.new()
    _ask(browser, "alice")
    browser.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    browser.submit("login-form", password=NEW)
    assert browser.path == "/account/delete"


def test_an_account_that_is_gone_is_none(alice: Browser, browser: Browser, mailbox: Mailbox, clock: Clock) -> None:
    link = (_ask(browser, "alice"), mailbox.one().link)[1]
    alice.visit("/account/delete").submit("deletion-form", password=PASSWORD)
    mailbox.new()
    clock.advance(days=7)
    assert browser.visit(link).answer.status_code == 404
    _ask(browser, "alice")
    assert mailbox.one().subject == "No account at 127.0.0.1"


def test_nobody_is_logged_in_by_it(alice: Browser, browser: Browser, mailbox: Mailbox) -> None:
    _ask(browser, "alice")
    browser.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    assert browser.visit("/dashboard").path.startswith("/login")


def test_a_stale_form_comes_back_filled_in(alice: Browser, browser: Browser, mailbox: Mailbox) -> None:
    browser.visit("/reset").submit("reset-form", email="alice@example.com", csrf_token="0" * 128)
    assert browser.answer.status_code == 422 and browser.value("email") == "alice@example.com"
    assert not mailbox.new()


def test_a_reset_does_not_go_round_a_second_factor(
    alice: Browser, browser: Browser, mailbox: Mailbox, clock: Clock, db: Database
) -> None:
    secret = add_app(alice, clock)
    mailbox.new()
    _ask(browser, "alice")
    browser.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    browser.submit("login-form", password=NEW)
    assert browser.path == "/login/second?next=/dashboard" and browser.cookie("session") is None
    browser.submit("second_step-form", code=code(secret, clock()))
    assert browser.path == "/dashboard" and person(db, "alice").has_factor


def test_a_reset_neither_lets_guess_anew_nor_makes_a_browser_known(
    alice: Browser, browser: Browser, mailbox: Mailbox, clock: Clock, db: Database
) -> None:
    """Or a reader of the mailbox would guess at the second factor for as long as mails come."""
    secret = add_app(alice, clock)
    half_in(browser)
    for _ in range(5):
        browser.submit("second_step-form", code="000000")
    mailbox.new()
    _ask(browser, "alice")
    browser.visit(mailbox.one().link).submit("new_password-form", password=NEW)
    assert browser.cookie("device") is None
    browser.submit("login-form", password=NEW).submit("second_step-form", code=code(secret, clock()))
    assert browser.answer.status_code == 429
