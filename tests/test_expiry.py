"""The end of a session is told before it comes, and can be put off."""

import re

from flask import Flask

from tests.browser import TOKEN, Browser
from tests.fixtures import PASSWORD, Clock, log_in


def _delay(text: str) -> int:
    found = re.search(r"load delay:(\d+)s", text)
    assert found is not None
    return int(found[1])


def _ask(browser: Browser) -> str:
    """What a page asks by itself."""
    answer = browser.client.get("/expiry", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "<title>" not in answer.text and 'id="flashes"' not in answer.text
    return " ".join(answer.text.split())


def test_a_page_asks_two_minutes_before_the_end(alice: Browser, clock: Clock) -> None:
    assert _delay(alice.visit("/dashboard").answer.text) == 58 * 60
    assert alice.page.select_one("[role=status] #expiry-notice")
    clock.advance(seconds=30)
    assert _delay(alice.visit("/dashboard").answer.text) == 58 * 60 - 30
    clock.advance(minutes=5)
    assert _delay(alice.visit("/dashboard").answer.text) == 58 * 60


def test_asking_is_no_sign_that_somebody_is_there(alice: Browser, clock: Clock) -> None:
    clock.advance(minutes=50)
    assert "Stay logged in" not in _ask(alice)
    clock.advance(minutes=9)
    text = _ask(alice)
    assert "This session ends at 16:09 UTC (in about a minute), unless" in re.sub("<[^>]*>", "", text)
    assert "Stay logged in" in text
    assert _delay(text) == 61
    clock.advance(minutes=2)
    assert "You are logged out" in _ask(alice)
    assert alice.client.get("/dashboard").status_code == 303


def test_the_end_is_put_off(alice: Browser, clock: Clock, htmx: bool) -> None:
    alice.visit("/dashboard")
    clock.advance(minutes=59)
    text = _ask(alice)
    token = TOKEN.search(text)
    assert token is not None
    headers = {"HX-Request": "true"} if htmx else {}
    answer = alice.client.post("/expiry", data={"csrf_token": token[1]}, headers=headers)
    if htmx:
        assert answer.status_code == 200 and "You stay logged in." in answer.text and "autofocus" in answer.text
        assert _delay(answer.text) == 58 * 60
    else:
        assert (answer.status_code, answer.location) == (303, "/dashboard")
    clock.advance(minutes=50)
    assert alice.client.get("/dashboard").status_code == 200


def test_near_the_absolute_end_the_password_puts_it_off(alice: Browser, clock: Clock) -> None:
    for _ in range(28):
        clock.advance(minutes=50)
        alice.client.get("/dashboard")
    clock.advance(minutes=39)
    text = _ask(alice)
    assert "however busy you are" in text and "/confirm" in text and "expiry-form" not in text
    alice.visit("/confirm").submit("confirm-form", password=PASSWORD)
    clock.advance(minutes=50)
    assert alice.client.get("/dashboard").status_code == 200


def test_without_javascript_it_is_a_page(alice: Browser, browser: Browser) -> None:
    assert alice.visit("/expiry").heading() == "Stay logged in?"
    assert "This session ends at 16:09 UTC (in about 60 minutes)" in alice.text()
    alice.htmx = False
    assert alice.submit("expiry-form").path == "/dashboard"
    assert browser.visit("/expiry").heading() == "You are logged out"


def test_a_stranger_who_wants_to_stay_must_log_in(browser: Browser) -> None:
    browser.visit("/login")
    answer = browser.client.post("/expiry", data={"csrf_token": browser.value("csrf_token")})
    assert (answer.status_code, answer.location) == (303, "/login")


def test_a_strangers_page_asks_nothing(browser: Browser) -> None:
    assert not browser.visit("/login").page.select("#expiry-notice")


def test_it_promises_to_bring_back_only_what_it_can(alice: Browser, app: Flask, clock: Clock) -> None:
    alice.visit("/account")
    log_in(Browser(app), "alice").visit("/account/sessions").submit("end-others")
    assert "keep a copy of it" in _ask(alice)
    other = log_in(Browser(app), "alice")
    clock.advance(hours=2)
    assert "it comes back once you have logged in" in _ask(other)
