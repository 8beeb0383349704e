"""What other sites can make a browser send."""

from typing import Any

import pytest
from flask import Flask

from tests.browser import Browser, values
from tests.fixtures import PASSWORD, log_in, sign_up
from webapp import create_app
from webapp.auth import current_user, for_programs, public


def _fields(browser: Browser, form: str) -> dict[str, str]:
    element = browser.page.select_one(f"#{form}")
    assert element is not None
    return values(element)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_form_that_another_site_sent_does_nothing(app: Flask, headers: dict[str, str]) -> None:
    browser = log_in(sign_up(Browser(app), "alice"), "alice").visit("/logout")
    answer = browser.client.post("/logout", data=_fields(browser, "logout-form"), headers=headers)
    assert answer.status_code == 403 and "sent by another site" in answer.text
    assert browser.client.get("/dashboard").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}],
)
def test_our_own_form_is_taken_also_from_a_browser_that_sends_neither_header(app: Flask, headers: dict) -> None:
    browser = log_in(sign_up(Browser(app), "alice"), "alice").visit("/logout")
    answer = browser.client.post("/logout", data=_fields(browser, "logout-form"), headers=headers)
    assert answer.status_code == 303


STALE = ["", "x", "é", "00", "ab" * 64, "zz" * 64, "ab" * 10_000, "\0"]


@pytest.mark.parametrize("token", STALE)
def test_a_stale_token_brings_the_form_back_filled_in_and_it_can_be_sent_again(browser: Browser, token: str) -> None:
    browser.visit("/signup").submit(
        "signup-form", csrf_token=token, username="alice", email="a@example.com", password=PASSWORD
    )
    assert browser.answer.status_code == 422
    assert browser.flashes() == [
        "This page had been open for too long, so nothing was done. Look at it and send it again."
    ]
    assert (browser.value("username"), browser.value("email")) == ("alice", "a@example.com")
    browser.submit("signup-form", password=PASSWORD)
    assert browser.flashes() == ["Account created! Please log in."]


def test_somebody_elses_token_does_not_fit(browser: Browser, app: Flask) -> None:
    theirs = Browser(app).visit("/login").value("csrf_token")
    browser.visit("/login").submit("login-form", csrf_token=theirs, email="a@example.com", password=PASSWORD)
    assert browser.answer.status_code == 422 and "open for too long" in browser.flashes()[0]


def test_a_token_from_before_the_log_in_does_not_fit_afterwards(app: Flask) -> None:
    browser = sign_up(Browser(app), "alice")
    old = browser.value("csrf_token")
    log_in(browser, "alice")
    browser.visit("/logout").submit("logout-form", csrf_token=old)
    assert browser.answer.status_code == 422
    browser.submit("logout-form")
    assert browser.path == "/login"


def test_the_token_looks_different_in_every_answer(app: Flask) -> None:
    browser = Browser(app)
    tokens = {browser.visit("/login").value("csrf_token") for _ in range(5)}
    assert len(tokens) == 5


def test_the_check_of_a_field_needs_no_token_but_must_come_from_here(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/signup/email", data={"email": "x"}).status_code == 200
    answer = client.post("/signup/email", data={"email": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_reading_changes_nothing_wherever_it_comes_from(alice: Browser) -> None:
    for path in ("/logout", "/dashboard", "/login"):
        alice.client.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        alice.client.head(path)
    assert alice.client.get("/dashboard").status_code == 200


def test_the_cookies_are_not_sent_along_by_other_sites(alice: Browser, browser: Browser) -> None:
    browser.visit("/login")
    cookies = [alice.client.get_cookie("session"), browser.client.get_cookie("visitor")]
    assert [(cookie.same_site, cookie.http_only) for cookie in cookies if cookie] == [("Lax", True)] * 2


def test_a_stale_token_in_a_list_leads_to_the_page_of_what_was_pressed(app: Flask) -> None:
    """The list must not be replaced by that page's part."""
    alice = log_in(sign_up(Browser(app, htmx=True), "alice"), "alice")
    log_in(Browser(app), "alice")
    other = str(alice.visit("/account/sessions").page.select(".row")[1]["id"])[8:]
    headers = {"HX-Source": f"form#end-{other}", "HX-Target": "section#session-list"}
    alice.submit(f"end-{other}", headers=headers, csrf_token="stale")
    assert alice.path == f"/account/sessions/{other}"
    assert "open for too long" in alice.flashes()[0]
    alice.submit("end-session")
    assert alice.path == "/account/sessions"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_what_programs_send_needs_no_token_and_is_nobodys(
    settings: dict[str, Any], cheap_hashes: None, headers: dict[str, str]
) -> None:
    app = create_app(settings)

    @app.post("/token")
    @public
    @for_programs
    def answer() -> str:
        return str(current_user())

    browser = log_in(sign_up(Browser(app), "alice"), "alice")
    answered = browser.client.post("/token", headers=headers)
    assert (answered.status_code, answered.text) == (200, "None")
    assert browser.visit("/dashboard").heading() == "Welcome back, alice!"
    app.extensions["database"].close()
