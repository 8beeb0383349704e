"""Logging out."""

from flask import Flask

from db import Database
from tests.browser import Browser


def test_somebody_logs_out_by_a_button(alice: Browser, db: Database) -> None:
    alice.visit("/logout").submit("logout-form")
    assert alice.path == "/login"
    assert alice.flashes() == ["You are logged out."]
    assert alice.cookie("session") is None
    assert db.all("SELECT * FROM sessions") == []


def test_opening_the_page_alone_logs_nobody_out(alice: Browser) -> None:
    alice.visit("/logout")
    alice.client.get("/logout", headers={"Sec-Purpose": "prefetch;prerender"})
    assert alice.visit("/dashboard").path == "/dashboard"


def test_the_old_cookie_opens_nothing_afterwards(app: Flask, alice: Browser) -> None:
    old = alice.cookie("session") or ""
    alice.visit("/logout").submit("logout-form")
    thief = app.test_client()
    thief.set_cookie("session", old)
    assert thief.get("/dashboard").location == "/login?next=/dashboard"


def test_logging_out_here_leaves_others_logged_in(alice: Browser, bob: Browser) -> None:
    alice.visit("/logout").submit("logout-form")
    assert bob.visit("/dashboard").heading() == "Welcome back, bob!"


def test_a_stranger_is_led_to_the_log_in_page(browser: Browser) -> None:
    assert browser.visit("/logout").path == "/login"


def test_logging_out_twice_is_no_error(alice: Browser) -> None:
    other_tab = alice.visit("/logout").page.select_one("#logout-form")
    token = alice.value("csrf_token")
    alice.submit("logout-form").visit("/login")
    alice.send("/logout", {"csrf_token": token}, other_tab)
    assert (alice.path, alice.flashes()) == ("/login", [])


def test_an_old_form_after_log_out_is_no_error(alice: Browser) -> None:
    alice.visit("/logout")
    form = alice.page.select_one("#logout-form")
    token = alice.value("csrf_token")
    alice.submit("logout-form")
    alice.send("/logout", {"csrf_token": token}, form)
    assert alice.path == "/login"
