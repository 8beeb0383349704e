"""Logging in by mail: by a link, or by a code in the browser that asked."""

from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.factors import add_app, code
from tests.fixtures import PASSWORD, Clock, coming_from, log_in, person
from tests.mailbox import Mailbox, joined
from webapp import create_app
from webapp.accounts import signup, tokens
from webapp.accounts.actor import COMMAND_LINE

WRONG_CODE = "That code is not right, or its time is over."


@pytest.fixture
def app(mailing: Flask) -> Flask:
    return mailing


@pytest.fixture(autouse=True)
def _alice_is_there(mailing: Flask) -> None:
    signup.sign_up(mailing.extensions["database"], COMMAND_LINE, "alice", "alice@example.com", PASSWORD)


def _ask(browser: Browser, name: str = "alice", path: str = "/login/link", **typed: str) -> Browser:
    return browser.visit(path).submit("login_link-form", email=f"{name}@example.com", **typed)


def test_a_code_logs_in_the_browser_that_asked(browser: Browser, mailbox: Mailbox, db: Database) -> None:
    _ask(browser)
    assert (browser.path, browser.heading()) == ("/login/code", "Check your mail")
    letter = mailbox.one()
    assert letter.subject == "Log in at 127.0.0.1"
    assert len(letter.code) == 9 and set(letter.code) <= set("BCDFGHJKLMNPQRSTVWXZ-")
    browser.submit("login_code-form", code=f" {letter.code.lower().replace('-', ' ')} ")
    assert browser.path == "/dashboard"
    assert "by mail" in browser.visit("/account/activity").text()
    assert browser.visit(letter.link).answer.status_code == 404, "the link is used with it"


def test_no_other_browser_gets_in_by_the_code(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    _ask(Browser(mailing))
    code = mailbox.one().code
    browser.visit("/login/code").submit("login_code-form", code=code)
    assert browser.answer.status_code == 422 and browser.errors() == {"code": WRONG_CODE}
    _ask(browser, "nobody").submit("login_code-form", code=code)
    assert browser.errors() == {"code": WRONG_CODE}


def test_a_link_logs_in_any_browser(mailing: Flask, browser: Browser, mailbox: Mailbox, clock: Clock) -> None:
    asked_with = Browser(mailing)
    asked_with.client.environ_base["HTTP_USER_AGENT"] = "Lynx/2.9.0"
    _ask(asked_with)
    letter = mailbox.one()
    browser.visit(letter.link)
    assert "logged in as alice" in browser.text() and "Lynx" in browser.text()
    assert browser.cookie("session") is None, "a GET logs nobody in"
    browser.submit("login_link_open-form")
    assert browser.path == "/dashboard"
    asked_with.visit("/login/code").submit("login_code-form", code=letter.code)
    assert asked_with.errors() == {"code": WRONG_CODE}, "the code is used with it"


def test_it_leads_on_and_counts_as_confirmed(browser: Browser, mailbox: Mailbox) -> None:
    _ask(browser, path="/login/link?next=/account/data")
    assert browser.path == "/login/code?next=%2Faccount%2Fdata" or browser.path == "/login/code?next=/account/data"
    browser.visit(mailbox.one().link).submit("login_link_open-form")
    assert browser.path == "/account/data"
    browser.submit("export-form") if browser.page.select_one("#export-form") else None
    assert browser.path != "/confirm"


def test_next_leads_to_this_site_alone(browser: Browser, mailbox: Mailbox) -> None:
    _ask(browser, path="/login/link?next=//evil.example")
    browser.visit(mailbox.one().link).submit("login_link_open-form")
    assert browser.path == "/dashboard"


def test_a_strangers_wishes_count_in_no_other_browser(mailing: Flask, browser: Browser, mailbox: Mailbox) -> None:
    """Mallory asks for Alice, to be remembered, and to go on to a link of her own."""
    _ask(Browser(mailing), path=f"/login/link?next=/login/link/{'x' * 43}", remember="yes")
    browser.visit(mailbox.one().link).submit("login_link_open-form")
    assert browser.path == "/dashboard"
    (cookie,) = [one for one in browser.client._cookies.values() if one.key == "session"]
    assert cookie.max_age is None


def test_a_flood_keeps_no_owner_out_whose_browser_is_known(mailing: Flask, mailbox: Mailbox) -> None:
    owner = log_in(Browser(mailing), "alice")
    owner.visit("/logout").submit("logout-form")
    for number in range(6):
        _ask(coming_from(mailing, f"203.0.113.{number}"))
    assert len(mailbox.new()) == 5
    _ask(owner)
    assert mailbox.one().code


def test_of_many_codes_at_once_no_more_than_five_are_compared(mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    browser = Browser(mailing)
    code = (_ask(browser), mailbox.one())[1].code
    token = db.one("SELECT hash FROM tokens")
    assert token is not None
    found = tokens.of_browser(db, token[0], tokens.Purpose.LOGIN)
    assert [tokens.try_code(db, found, code) for _ in range(7)] == [True] * 5 + [False] * 2


def test_a_code_outlives_a_change_of_the_key(
    mailing: Flask, mailbox: Mailbox, mail_settings: dict[str, Any], clock: Clock
) -> None:
    browser = Browser(mailing)
    code = (_ask(browser), mailbox.one())[1].code
    rotated = create_app(mail_settings | {"SECRET_KEY": f"{'k' * 32},{mail_settings['SECRET_KEY']}"}, clock)
    other = Browser(rotated)
    other.client._cookies = browser.client._cookies
    assert other.visit("/login/code").submit("login_code-form", code=code).path == "/dashboard"
    rotated.extensions["database"].close()


@pytest.mark.parametrize(("typed", "lives"), [({"remember": "yes"}, True), ({}, False)])
def test_a_session_lives_as_it_was_asked(
    mailing: Flask, mailbox: Mailbox, typed: dict[str, str], lives: bool, clock: Clock
) -> None:
    browser = Browser(mailing)
    _ask(browser, **typed).submit("login_code-form", code=mailbox.one().code)
    clock.advance(days=2)
    assert (browser.visit("/dashboard").path == "/dashboard") is lives


def test_five_wrong_codes_end_it(mailing: Flask, mailbox: Mailbox, clock: Clock) -> None:
    browser = Browser(mailing)
    letter = (_ask(browser), mailbox.one())[1]
    for _ in range(5):
        assert browser.submit("login_code-form", code="BBBBBBBB").errors() == {"code": WRONG_CODE}
    assert browser.submit("login_code-form", code=letter.code).errors() == {"code": WRONG_CODE}
    assert browser.visit(letter.link).answer.status_code == 404


def test_guessing_on_is_throttled_by_network(mailing: Flask, mailbox: Mailbox, clock: Clock) -> None:
    browser = coming_from(mailing, "203.0.113.7")
    _ask(browser)
    statuses = [browser.visit("/login/code").submit("login_code-form", code="B").answer.status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_known_and_unknown_addresses_look_the_same(mailing: Flask, mailbox: Mailbox, db: Database) -> None:
    def told(name: str) -> tuple[str, str, object, object]:
        browser = Browser(mailing)
        page = _ask(browser, name).text()
        wrong = browser.submit("login_code-form", code="BBBBBBBB")
        rows = db.one("SELECT count(*), sum(tries) FROM tokens"), db.one("SELECT count(*) FROM events")
        return page.replace(name, "X"), wrong.text().replace(name, "X"), *rows

    start = told("nobody")
    known, unknown = told("alice"), told("nobody")
    assert known[:2] == unknown[:2] == start[:2]
    assert known[2] == (2, 2) and unknown[2] == (3, 3)
    assert known[3][0] + 1 == unknown[3][0]
    assert [letter.subject for letter in mailbox.new()] == [
        "No account at 127.0.0.1", "Log in at 127.0.0.1", "No account at 127.0.0.1",
    ]  # fmt: skip


def test_link_and_code_live_for_ten_minutes(browser: Browser, mailbox: Mailbox, clock: Clock) -> None:
    letter = (_ask(browser), mailbox.one())[1]
    clock.advance(minutes=10)
    browser.submit("login_code-form", code=letter.code)
    assert browser.errors() == {"code": WRONG_CODE}
    assert browser.visit(letter.link).answer.status_code == 404
    assert browser.page.select_one("form#login_link-form"), "another one is asked for there"


def test_a_mail_that_comes_too_late_is_not_sent(browser: Browser, mailbox: Mailbox, clock: Clock, db: Database) -> None:
    _ask(browser)
    clock.advance(minutes=10)
    assert not mailbox.new()
    assert db.one("SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL") == (1,)


def test_the_session_before_ends(mailing: Flask, browser: Browser, mailbox: Mailbox, db: Database) -> None:
    bob = joined(browser, mailbox, "bob")
    other = Browser(mailing)
    _ask(other)
    bob.visit(mailbox.one().link).submit("login_link_open-form")
    assert bob.heading() == "Welcome back, alice!"
    assert db.one("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == (1,)


def test_who_leaves_is_asked_first(browser: Browser, mailbox: Mailbox, db: Database) -> None:
    later = db.clock().replace(year=2027).strftime("%Y-%m-%d %H:%M:%S")
    db.run("UPDATE users SET deletion_at = :at WHERE id = :id", at=later, id=person(db, "alice").id)
    _ask(browser).submit("login_code-form", code=mailbox.one().code)
    assert browser.path == "/account/delete"


def test_a_disabled_account_is_told_by_mail(browser: Browser, mailbox: Mailbox, db: Database) -> None:
    letter = (_ask(browser), mailbox.one())[1]
    db.run("UPDATE users SET disabled_at = :now", now=db.now())
    browser.submit("login_code-form", code=letter.code)
    assert browser.answer.status_code == 422
    assert browser.visit(letter.link).answer.status_code == 422
    _ask(browser)
    assert mailbox.one().subject == "Your account at 127.0.0.1 is disabled"


def test_a_mailed_log_in_does_not_go_round_a_second_factor(
    browser: Browser, mailing: Flask, mailbox: Mailbox, clock: Clock
) -> None:
    secret = add_app(log_in(Browser(mailing), "alice"), clock)
    mailbox.new()
    for way in ("code", "link"):
        clock.advance(seconds=60)
        _ask(browser, path="/login/link?next=/account/data", remember="yes")
        letter = mailbox.one()
        if way == "code":
            browser.submit("login_code-form", code=letter.code)
        else:
            browser.visit(letter.link).submit("login_link_open-form")
        assert browser.path == "/login/second?next=/account/data" and browser.cookie("session") is None
        browser.submit("second_step-form", code=code(secret, clock()))
        assert browser.path == "/account/data"
        cookie = browser.client.get_cookie("session")
        assert cookie and cookie.max_age == 30 * 24 * 3600
        assert "by mail and authenticator app" in browser.visit("/account/activity").text()
        browser.visit("/logout").submit("logout-form")


def test_a_wrong_code_after_a_mailed_log_in_says_nothing_of_the_password(
    browser: Browser, mailing: Flask, mailbox: Mailbox, clock: Clock
) -> None:
    alice = log_in(Browser(mailing), "alice")
    add_app(alice, clock)
    mailbox.new()
    _ask(browser)
    browser.submit("login_code-form", code=mailbox.one().code).submit("second_step-form", code="000000")
    assert (
        "The first step of a log-in was right, the second factor was not (by mail)"
        in alice.visit("/account/activity").text()
    )
    assert "knew your password" not in alice.visit("/dashboard").text()
