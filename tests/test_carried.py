"""The address typed at sign-up stands in the log-in form, once, for the visitor who typed it (WCAG 3.3.7)."""

from typing import Any

import pytest
from flask import Flask

from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, sign_up

ALICE = "alice@example.com"


def _focused(browser: Browser) -> list[Any]:
    return [element.get("id") for element in browser.page.select("[autofocus]")]


def _carried(browser: Browser) -> list[str]:
    """What stands in the visitor's cookie, which is signed and not secret."""
    serializer = browser.app.session_interface.get_signing_serializer(browser.app)  # type: ignore[attr-defined]
    return list(serializer.loads(browser.cookie("visitor")).get("email", []))


def test_after_sign_up_the_address_is_filled_in_and_the_password_has_the_focus(browser: Browser) -> None:
    sign_up(browser, "alice")
    assert (browser.path, browser.value("email"), _focused(browser)) == ("/login", ALICE, ["password"])
    browser.submit("login-form", password=PASSWORD)
    assert browser.heading() == "Welcome back, alice!"


def test_it_is_read_once(browser: Browser) -> None:
    sign_up(browser, "alice").visit("/login")
    assert (browser.value("email"), _focused(browser)) == ("", [])


def test_the_next_user_of_the_computer_does_not_find_it_after_five_minutes(app: Flask, clock: Clock) -> None:
    browser = Browser(app)
    assert browser.pass_by("/signup", username="alice", email=ALICE, password=PASSWORD) == 303
    clock.advance(minutes=5)
    assert browser.visit("/login").value("email") == ""


def test_no_address_log_or_cache_holds_it(app: Flask, htmx: bool, caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser(app, htmx)
    sign_up(browser, "alice")
    assert browser.path == "/login" and "alice" not in caplog.text
    assert browser.answer.headers["Cache-Control"] == "no-store"
    assert _carried(browser) == []


def test_a_registered_address_is_carried_to_the_log_in_by_the_link_beside_it(browser: Browser) -> None:
    sign_up(browser, "alice").visit("/signup?next=/account/data?a%3D1")
    browser.submit("signup-form", username="bob", email="ALICE@example.com", password=PASSWORD)
    assert browser.errors() == {"email": "Email already registered."}
    (link,) = browser.page.select("#email ~ .ways a")
    assert (link.text, link["href"]) == ("Log in", "/login?next=%2Faccount%2Fdata%3Fa%3D1")
    browser.visit(str(link["href"]))
    assert (browser.value("email"), _focused(browser)) == (ALICE, ["password"])


def test_no_link_stands_beside_another_mistake(browser: Browser) -> None:
    browser.visit("/signup").submit("signup-form", username="bob", email="bob", password=PASSWORD)
    assert not browser.page.select(".ways") and browser.visit("/login").value("email") == ""


def test_a_password_manager_saves_the_pair_that_logs_in(browser: Browser) -> None:
    for path, wanted in (("/signup", "username"), ("/login", "username webauthn")):
        field = browser.visit(path).page.select_one("#email")
        assert field is not None and (field["autocomplete"], field["type"]) == (wanted, "email")
    name = browser.visit("/signup").page.select_one("#username")
    assert name is not None and name["autocomplete"] == "nickname"


def test_whoever_logs_in_leaves_no_address_for_the_next(app: Flask) -> None:
    browser = Browser(app)
    assert browser.pass_by("/signup", username="alice", email=ALICE, password=PASSWORD) == 303
    assert browser.client.get("/").status_code == 200
    log_in(browser, "alice").visit("/logout").submit("logout-form")
    assert (browser.heading(), browser.value("email")) == ("Log in", "")
