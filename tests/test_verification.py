"""Signing up on a site that sends mail: no account before its address is proved; then confirming and changing it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, WRONG, Clock, coming_from, person
from tests.mailbox import Mailbox, ask_to_sign_up, joined
from webapp import create_app
from webapp.accounts import limits, signup, verification
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.roles import NotAllowed

TAKEN = "That user name is taken. Choose another."


@pytest.fixture
def app(mailing: Flask) -> Flask:
    return mailing


def _rows(db: Database) -> tuple[int, int, int]:
    """How many users, tokens and mails there are."""
    return tuple(db.one(f"SELECT count(*) FROM {table}")[0] for table in ("users", "tokens", "outbox"))  # type: ignore


def test_an_account_is_made_by_the_link_and_not_before(browser: Browser, mailbox: Mailbox, db: Database) -> None:
    ask_to_sign_up(browser, "alice")
    assert (browser.path, browser.heading()) == ("/signup/sent", "Check your mail")
    assert "alice@example.com" in browser.text() and "5 such mails an hour" in browser.text()
    assert _rows(db) == (0, 1, 1)
    letter = mailbox.one()
    assert (letter.to, letter.subject) == ("alice@example.com", "Confirm your email address at 127.0.0.1")
    browser.visit(letter.link)
    assert not browser.page.select("#password, #username") and _rows(db)[0] == 0
    browser.submit("verify-form")
    assert (browser.path, browser.flashes()) == ("/login", ["Account created! Please log in."])
    assert browser.value("email") == "alice@example.com"
    browser.submit("login-form", password=PASSWORD)
    assert browser.heading() == "Welcome back, alice!"
    assert person(db, "alice").verified_at == db.now()


def test_a_scanner_that_opens_the_link_first_changes_nothing(
    browser: Browser, mailbox: Mailbox, mailing: Flask, db: Database
) -> None:
    ask_to_sign_up(browser, "alice")
    link, scanner = mailbox.one().link, mailing.test_client()
    for method in ("GET", "HEAD") * 5:
        answer = scanner.open(link, method=method)
        assert answer.status_code == 200
        assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
        assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert _rows(db)[0] == 0
    assert browser.visit(link).submit("verify-form").path == "/login"


def test_another_browser_is_asked_for_the_password(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    ask_to_sign_up(Browser(mailing), "alice")
    browser.visit(link := mailbox.one().link).submit("verify-form", password="")
    assert browser.errors() == {"password": "Enter your password."}
    browser.submit("verify-form", password=WRONG)
    assert browser.answer.status_code == 422
    assert browser.errors() == {"password": "That is not the password that was chosen at the sign-up."}
    browser.visit(link).submit("verify-form", password=PASSWORD)
    assert browser.path == "/login"


def test_a_guesser_at_a_foreign_link_is_stopped(mailing: Flask, mailbox: Mailbox) -> None:
    ask_to_sign_up(Browser(mailing), "alice")
    link, guesser = mailbox.one().link, coming_from(mailing, "203.0.113.7")
    tries = [guesser.visit(link).submit("verify-form", password=WRONG).answer.status_code for _ in range(6)]
    assert tries == [422] * 5 + [429]


def test_who_comes_second_chooses_another_name(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    ask_to_sign_up(browser, "alice")
    link = mailbox.one().link
    other = Browser(mailing)
    ask_to_sign_up(other, "alice", "first@example.com")
    other.visit(mailbox.one().link).submit("verify-form")
    browser.visit(link)
    assert browser.value("username") == "alice"
    browser.submit("verify-form", username="alice")
    assert browser.answer.status_code == 422 and browser.errors() == {"username": TAKEN}
    browser.submit("verify-form", username="a b")
    assert "2 to 32 letters" in browser.errors()["username"]
    browser.submit("verify-form", username="alice2")
    assert browser.path == "/login"


def test_a_name_that_is_taken_is_refused_at_once(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    joined(Browser(mailing), mailbox, "alice")
    ask_to_sign_up(browser, "alice", "other@example.com")
    assert browser.answer.status_code == 422 and browser.errors() == {"username": TAKEN}
    assert browser.value("email") == "other@example.com" and not mailbox.new()


def test_a_taken_address_is_told_to_its_owner_alone(
    mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    joined(Browser(mailing), mailbox, "alice")
    before = _rows(db)
    ask_to_sign_up(browser, "mallory", "alice@example.com")
    assert (browser.path, browser.answer.status_code) == ("/signup/sent", 200)
    letter = mailbox.one()
    assert (letter.to, letter.subject) == ("alice@example.com", "You have an account at 127.0.0.1 already")
    assert not letter.has_link and "/reset" in letter.plain and "/login" in letter.plain
    known, text = [now - then for now, then in zip(_rows(db), before, strict=True)], browser.text()
    before = _rows(db)
    ask_to_sign_up(browser, "mallory", "nobody@example.com")
    assert [now - then for now, then in zip(_rows(db), before, strict=True)] == known == [0, 1, 1]
    assert browser.text() == text.replace("alice@", "nobody@")


def test_both_addresses_cost_one_hash(mailing: Flask, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    joined(Browser(mailing), mailbox, "alice")
    hashes: list[str] = []
    monkeypatch.setattr("webapp.accounts.passwords._hashed", lambda password: hashes.append(password) or "hash")
    for email in ("alice@example.com", "nobody@example.com"):
        ask_to_sign_up(Browser(mailing), "mallory", email)
    assert hashes == [PASSWORD] * 2


def test_the_first_link_of_two_that_is_opened_counts(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    for name in ("alice", "alice2"):
        ask_to_sign_up(browser, name, "alice@example.com")
    first, second = (letter.link for letter in mailbox.new())
    browser.visit(first).submit("verify-form", password=PASSWORD)
    assert browser.path == "/login"
    assert browser.visit(second).answer.status_code == 404


def test_a_link_lives_for_a_day(browser: Browser, mailbox: Mailbox, clock: Clock) -> None:
    ask_to_sign_up(browser, "alice")
    link = mailbox.one().link
    clock.advance(hours=23, minutes=59)
    assert browser.visit(link).answer.status_code == 200
    clock.advance(minutes=1)
    assert browser.visit(link).answer.status_code == 404
    assert browser.heading() == "This link no longer works." and browser.page.select_one("form#reset-form #email")


def test_what_a_team_asks_for_waits_with_the_rest(browser: Browser, mailbox: Mailbox, db: Database) -> None:
    ask_to_sign_up(browser, "alice")
    assert PASSWORD not in str(db.one("SELECT facts FROM tokens")), "only its hash waits"


def test_a_rule_makes_no_account_for_a_visitor_where_mail_is_sent(db: Database) -> None:
    with pytest.raises(NotAllowed):
        signup.sign_up(db, Actor("203.0.113.7"), "alice", "alice@example.com", PASSWORD)
    assert signup.sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD) == person(db, "alice").id


def test_mails_to_one_mailbox_are_bounded_in_silence(mailing: Flask, mailbox: Mailbox) -> None:
    for number in range(8):
        browser = coming_from(mailing, f"203.0.113.{number}")
        ask_to_sign_up(browser, f"alice{number}", f"alice+{number}@example.com")
        assert browser.path == "/signup/sent"
    assert len(mailbox.new()) == limits.MAILBOX.most == 5


def test_mails_from_one_network_are_bounded_and_that_is_said(mailing: Flask, mailbox: Mailbox) -> None:
    browser = coming_from(mailing, "203.0.113.7")
    for number in range(limits.MAILS.most):
        browser.visit("/reset").submit("reset-form", email=f"user{number}@example.com")
    browser.visit("/login/link").submit("login_link-form", email="one@example.com")
    assert browser.answer.status_code == 429 and "Retry-After" in browser.answer.headers
    assert browser.flashes()[0].startswith("Too many mails were asked for from your network.")
    assert browser.value("email") == "one@example.com"
    assert len(mailbox.new()) == limits.MAILS.most == 20


def test_an_address_is_confirmed_from_the_profile(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    alice = _adopted(mailing, browser)
    assert "Your email address is not confirmed yet." in alice.text()
    assert any("Confirm your email address" in text for text in [alice.visit("/dashboard").text()])
    alice.visit("/account").submit("email_verify-form")
    assert (alice.path, alice.flashes()) == ("/account", ["We have sent a link to alice@example.com."])
    letter = mailbox.one()
    assert letter.subject == "Confirm your email address at 127.0.0.1"
    alice.visit(letter.link).submit("verify-form")
    assert (alice.path, alice.flashes()) == ("/account", ["Your email address is confirmed."])
    assert "not confirmed" not in alice.text()
    assert "Your email address is confirmed" in alice.visit("/dashboard").text()
    alice.visit("/account/email/verify")
    assert alice.path == "/account"


def test_who_asks_from_an_old_page_is_mailed_nothing(
    mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    alice = _adopted(mailing, browser).visit("/account")
    verification.verify(db, COMMAND_LINE, person(db, "alice"))
    alice.submit("email_verify-form")
    assert (alice.path, alice.flashes()) == ("/account", ["Your email address is confirmed already."])
    assert mailbox.new() == []


def test_a_new_address_proves_itself_and_the_old_one_is_told(
    mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    alice = joined(browser, mailbox, "alice")
    alice.visit("/account").submit("email-form", email="new@example.com")
    sent = "We have sent a link to new@example.com. Your address changes when you open it."
    assert (alice.path, alice.flashes()) == ("/account", [sent])
    assert alice.text().count(sent) == 2, "the profile says what waits"
    letter = mailbox.one()
    assert (letter.to, letter.subject) == ("new@example.com", "Confirm your new email address at 127.0.0.1")
    assert "alice" not in letter.plain, "the new one hears nothing of the old"
    assert person(db, "alice").email == "alice@example.com"
    alice.visit(letter.link).submit("verify-form")
    assert (alice.path, alice.flashes()) == ("/account", ["Your email address is confirmed."])
    notice = mailbox.one()
    assert notice.to == "alice@example.com" and notice.link.startswith("/undo/")
    assert users.by_email(db, "new@example.com").verified_at == db.now()  # type: ignore[union-attr]


def test_a_new_address_that_somebody_has_is_told_to_them_alone(
    mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    joined(Browser(mailing), mailbox, "bob")
    alice = joined(browser, mailbox, "alice")
    alice.visit("/account").submit("email-form", email="bob@example.com")
    assert alice.flashes() == ["We have sent a link to bob@example.com. Your address changes when you open it."]
    letter = mailbox.one()
    assert (letter.to, letter.has_link) == ("bob@example.com", False)
    assert letter.subject == "You have an account at 127.0.0.1 already"


def test_a_new_address_that_is_taken_meanwhile_is_refused(
    mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    alice = joined(browser, mailbox, "alice")
    alice.visit("/account").submit("email-form", email="new@example.com")
    link = mailbox.one().link
    signup.sign_up(db, COMMAND_LINE, "fast", "new@example.com", PASSWORD)
    alice.visit(link).submit("verify-form")
    assert alice.answer.status_code == 404
    assert person(db, "alice").email == "alice@example.com"


def test_nobody_confirms_an_address_for_an_account_that_is_not_theirs(
    mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database
) -> None:
    """Mallory types Vic's address as her own new one, for Vic to confirm."""
    mallory = joined(Browser(mailing), mailbox, "mallory")
    mallory.visit("/account").submit("email-form", email="vic@example.com")
    browser.visit(mailbox.one().link)
    assert "the account mallory" in browser.text()
    browser.submit("verify-form", password=WRONG)
    assert browser.answer.status_code == 422
    assert browser.errors() == {"password": "That is not the password of this account."}
    assert person(db, "mallory").email == "mallory@example.com"
    browser.submit("verify-form", password=PASSWORD)
    assert browser.flashes() == ["Your email address is confirmed."], "who knows the password is mallory"


def test_what_is_held_about_a_user_tells_of_nobody_elses_account(
    mailing: Flask, mailbox: Mailbox, db: Database
) -> None:
    joined(Browser(mailing), mailbox, "bob")
    alice = joined(Browser(mailing), mailbox, "alice")
    for email in ("bob@example.com", "nobody@example.com"):
        alice.visit("/account").submit("email-form", email=email)
    mailbox.new()
    alice.visit("/account/data").submit("export-form")
    held = json.loads(alice.answer.text)
    asked = [mail for mail in held["mails"] if mail["kind"] == "new_email"]
    assert len(asked) == 2 and asked[0].keys() == asked[1].keys() and "error" not in asked[0]


def test_what_waits_tells_not_that_the_address_signed_up(mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    alice = joined(Browser(mailing), mailbox, "alice")
    alice.visit("/account").submit("email-form", email="vic@example.com")
    mailbox.new()
    joined(Browser(mailing), mailbox, "vic")
    assert "We have sent a link to vic@example.com." in alice.visit("/account").text()


def test_a_site_that_closes_makes_no_account_any_more(
    mail_settings: dict[str, Any], browser: Browser, mailbox: Mailbox, clock: Clock
) -> None:
    ask_to_sign_up(browser, "alice")
    link = mailbox.one().link
    closed = create_app(mail_settings | {"SIGNUP": "closed"}, clock)
    assert Browser(closed).visit(link).submit("verify-form", password=PASSWORD).answer.status_code == 403
    closed.extensions["database"].close()


def test_who_was_told_of_the_limit_costs_no_hash(
    mailing: Flask, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, hashes = coming_from(mailing, "203.0.113.7"), list[str]()
    monkeypatch.setattr("webapp.accounts.passwords._hashed", lambda password: hashes.append(password) or "hash")
    for number in range(limits.MAILS.most + 5):
        ask_to_sign_up(browser, f"user{number}")
    assert browser.answer.status_code == 429 and len(hashes) == limits.MAILS.most


def test_people_who_signed_up_before_are_unproved_and_get_in(mailing: Flask, browser: Browser, db: Database) -> None:
    _adopted(mailing, browser)
    assert browser.heading() == "Profile" and person(db, "alice").verified_at is None


def test_the_address_that_was_typed_is_shown_to_its_browser_alone(mailing: Flask, browser: Browser) -> None:
    ask_to_sign_up(browser, "alice")
    assert "alice@example.com" in browser.visit("/signup/sent").text()
    assert "alice@example.com" not in Browser(mailing).visit("/signup/sent").text()


def test_another_key_makes_what_is_on_its_way_work_on(
    mail_settings: dict[str, Any], browser: Browser, mailbox: Mailbox, mailing: Flask, clock: Clock, tmp_path: Any
) -> None:
    ask_to_sign_up(browser, "alice")
    old = mail_settings["SECRET_KEY"]
    rotated = create_app(mail_settings | {"SECRET_KEY": f"{'k' * 32},{old}"}, clock)
    letter = Mailbox(rotated, tmp_path / "mail").one()
    assert Browser(rotated).visit(letter.link).submit("verify-form", password=PASSWORD).path == "/login"
    rotated.extensions["database"].close()


def test_the_clock_an_hour_back_keeps_no_mail(browser: Browser, mailbox: Mailbox, clock: Clock) -> None:
    ask_to_sign_up(browser, "alice")
    clock.time -= timedelta(hours=1)
    assert mailbox.one().to == "alice@example.com"


def _adopted(mailing: Flask, browser: Browser) -> Browser:
    """Alice as an earlier version had her: with an address that was never proved, logged in and at her profile."""
    signup.sign_up(mailing.extensions["database"], COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    browser.visit("/login").submit("login-form", email="alice@example.com", password=PASSWORD)
    return browser.visit("/account")
