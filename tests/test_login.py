"""Logging in."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from db import Database, users
from tests.browser import Browser, values
from tests.fixtures import PASSWORD, log_in, person, sign_up
from webapp.accounts import passwords, standing
from webapp.accounts.actor import COMMAND_LINE


def test_somebody_logs_in_and_sees_the_dashboard(browser: Browser) -> None:
    log_in(sign_up(browser, "alice"), "alice")
    assert browser.path == "/dashboard"
    assert browser.heading() == "Welcome back, alice!"


def test_the_address_may_be_typed_in_capitals_and_with_spaces(browser: Browser) -> None:
    log_in(sign_up(browser, "alice"), "alice", email="  ALICE@Example.COM ")
    assert browser.path == "/dashboard"


def test_a_password_counts_as_the_same_however_a_keyboard_spells_it(app: Flask) -> None:
    browser = Browser(app).visit("/signup")
    browser.submit("signup-form", username="zoe", email="zoe@example.com", password="pässwörd füller")
    browser.submit("login-form", email="zoe@example.com", password="pa\u0308sswo\u0308rd fu\u0308ller")
    assert browser.path == "/dashboard"


@pytest.mark.parametrize(("email", "password"), [("alice@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_sound_the_same(browser: Browser, email: str, password: str) -> None:
    sign_up(browser, "alice").visit("/login").submit("login-form", email=email, password=password)
    assert browser.answer.status_code == 422
    assert browser.errors() == {"password": "Invalid credentials."}
    assert (browser.value("email"), browser.value("password")) == (email, "")
    assert browser.cookie("session") is None


@pytest.mark.parametrize("typed", ["alice", "nobody", "ALICE ", "x" * 5000])
def test_a_user_name_is_tried_and_then_told_from_an_address_by_its_shape_alone(browser: Browser, typed: str) -> None:
    sign_up(browser, "alice").visit("/login").submit("login-form", email=typed, password=PASSWORD)
    assert browser.answer.status_code == 422 and browser.value("email") == typed
    hint = "Log in with your email address, not with your user name."
    assert browser.errors() == {"password": f"Invalid credentials. {hint}"}


def test_a_tutorials_address_without_an_at_logs_in(browser: Browser, db: Database) -> None:
    sign_up(browser, "alice")
    db.run("UPDATE users SET email = 'alice'")
    log_in(browser, "alice", email="alice")
    assert browser.path == "/dashboard"


def test_an_unknown_address_costs_the_work_of_a_known_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = sign_up(Browser(app), "alice")
    worked: list[int] = []
    real = passwords.hashlib.pbkdf2_hmac
    monkeypatch.setattr(passwords.hashlib, "pbkdf2_hmac", lambda *a: worked.append(a[3]) or real(*a))
    for email in ("alice@example.com", "nobody@example.com"):
        browser.visit("/login").submit("login-form", email=email, password="wrong")
    assert worked == [passwords.ITERATIONS] * 2


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("typed", ["", None])
def test_an_empty_or_missing_field_is_asked_for(browser: Browser, field: str, typed: str | None) -> None:
    fields: dict[str, str | None] = {"email": "alice@example.com", "password": PASSWORD}
    browser.visit("/login").submit("login-form", **fields | {field: typed})
    assert browser.answer.status_code == 422
    assert list(browser.errors()) == [field]


@pytest.mark.parametrize(
    "typed",
    ["   ", "x", "a" * 5000, "al\0ice", "al\r\nice", "ａlice", "al\u200bice", "\u202ealice", "<b>", "al\ufffeice"],
)
def test_bad_input_brings_the_form_back(browser: Browser, typed: str) -> None:
    for fields in ({"email": typed, "password": PASSWORD}, {"email": "alice@example.com", "password": typed}):
        browser.visit("/login").submit("login-form", **fields)
        assert browser.answer.status_code == 422
        assert len(browser.errors()) == 1


@pytest.mark.parametrize("raw", ["%ff%ff", "%ed%a0%80", "%c3%28", "%c0%80"])
@pytest.mark.parametrize("field", ["email", "password"])
def test_bytes_that_are_no_utf_8_are_refused_beside_the_field(app: Flask, field: str, raw: str) -> None:
    browser = Browser(app).visit("/login")
    fields = {"csrf_token": browser.value("csrf_token"), "email": "alice@example.com", "password": "x"} | {field: raw}
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    answer = browser.client.post("/login", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422 and "This holds bytes that are not text." in answer.text


def test_unknown_and_repeated_fields_change_nothing(app: Flask) -> None:
    browser = sign_up(Browser(app), "alice")
    sign_up(browser, "bob")
    sent = [("csrf_token", browser.value("csrf_token")), ("email", "alice@example.com"), ("password", PASSWORD)]
    more = [("email", "bob@example.com"), ("role", "admin"), ("user_id", "2"), ("remember", "\0" * 5000)]
    assert browser.client.post("/login", data=MultiDict(sent + more)).status_code == 303
    assert browser.visit("/dashboard").heading() == "Welcome back, alice!"
    assert browser.client.get("/admin").status_code == 403


def test_over_htmx_the_way_on_is_spelled_in_ascii(app: Flask) -> None:
    browser = sign_up(Browser(app, htmx=True), "alice").visit("/login?next=/%D0%B6")
    form = browser.page.select_one("#login-form")
    assert form is not None
    fields = values(form) | {"email": "alice@example.com", "password": PASSWORD}
    answer = browser.client.post(str(form["action"]), data=fields, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/%D0%B6")


def test_what_was_ticked_comes_back(browser: Browser) -> None:
    browser.visit("/login").submit("login-form", email="alice@example.com", password="wrong", remember="yes")
    assert browser.page.select_one("#remember[checked]")


def test_every_log_in_has_a_token_of_its_own_and_ends_the_one_that_came_with_it(app: Flask) -> None:
    browser = log_in(sign_up(Browser(app), "alice"), "alice")
    first = browser.cookie("session")
    browser.client.get("/dashboard")
    other = log_in(Browser(app), "alice")
    fields = {"csrf_token": _token(browser), "email": "alice@example.com", "password": PASSWORD}
    assert browser.client.post("/login", data=fields).status_code == 303
    assert browser.cookie("session") not in {None, first, other.cookie("session")}
    assert _visit_with(app, first) == 303
    assert _visit_with(app, other.cookie("session")) == 200


def test_a_token_chosen_by_somebody_else_is_not_taken_over(app: Flask) -> None:
    browser = sign_up(Browser(app), "alice")
    browser.client.set_cookie("session", "chosen-by-mallory")
    log_in(browser, "alice")
    assert browser.path == "/dashboard"
    assert _visit_with(app, "chosen-by-mallory") == 303


def test_the_cookie_is_for_this_browser_session_unless_one_asks_to_stay(browser: Browser) -> None:
    sign_up(browser, "alice")
    log_in(browser, "alice")
    cookie = browser.client.get_cookie("session")
    assert cookie is not None and cookie.max_age is None and cookie.expires is None
    browser.client.delete_cookie("session")
    log_in(browser, "alice", remember="yes")
    cookie = browser.client.get_cookie("session")
    assert cookie is not None and cookie.max_age == 30 * 24 * 3600


def test_the_cookie_tells_nothing_and_is_out_of_reach(app: Flask, db: Database) -> None:
    browser = log_in(sign_up(Browser(app), "alice"), "alice")
    cookie = browser.client.get_cookie("session")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax" and cookie.path == "/"
    kept = db.all("SELECT token_hash FROM sessions")
    assert len(kept) == 1 and cookie.value not in kept[0][0]
    assert len(cookie.value) == 43


@pytest.mark.parametrize(
    ("wish", "there"),
    [
        ("/dashboard/panel", "/dashboard/panel"),
        ("/?a=b", "/?a=b"),
        ("/admin%3Fbefore=3", "/admin?before=3"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("/%09/evil.example", "/dashboard"),
        ("http:evil.example", "/dashboard"),
        ("https://evil.example/", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/%0d%0aSet-Cookie:x=y", "/dashboard"),
        ("", "/dashboard"),
        ("dashboard", "/dashboard"),
    ],
)
def test_next_is_a_path_of_this_site(browser: Browser, wish: str, there: str) -> None:
    sign_up(browser, "alice").visit(f"/login?next={wish}")
    browser.htmx = False
    fields = {"csrf_token": _token(browser), "email": "alice@example.com", "password": PASSWORD}
    form = browser.page.select_one("#login-form")
    assert form is not None
    answer = browser.client.post(str(form["action"]), data=fields)
    assert answer.location == there


def test_a_wrong_password_first_does_not_lose_where_one_was_going(browser: Browser) -> None:
    sign_up(browser, "alice").visit("/dashboard/panel")
    assert browser.path == "/login?next=/dashboard/panel"
    browser.submit("login-form", email="alice@example.com", password="wrong")
    browser.submit("login-form", email="alice@example.com", password=PASSWORD)
    assert browser.path == "/dashboard/panel"


def test_somebody_logged_in_is_led_on(alice: Browser) -> None:
    assert alice.visit("/login").path == "/dashboard"
    assert alice.visit("/login?next=/logout").path == "/logout"


def test_a_hash_made_before_today_is_made_anew(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = sign_up(Browser(app), "alice")
    monkeypatch.setattr(passwords, "ITERATIONS", 2000)
    log_in(browser, "alice")
    alice = users.by_email(db, "alice@example.com")
    assert alice is not None and alice.password.startswith("pbkdf2:sha256:2000$")


def _token(browser: Browser) -> str:
    if browser.cookie("session"):
        browser.visit("/logout")
    return browser.value("csrf_token")


def _visit_with(app: Flask, token: str | None) -> int:
    client = app.test_client()
    client.set_cookie("session", token or "")
    return client.get("/dashboard").status_code


@pytest.mark.parametrize("meanwhile", ["password changed", "disabled"])
def test_a_log_in_under_way_does_not_outlive_what_shuts_it_out(
    app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Whoever knows the old password could keep log-ins under way, and one of them would slip through."""
    browser = sign_up(Browser(app), "alice").visit("/login")
    real = passwords.matches

    def matches(stored: str | None, password: str, *rest: Any) -> bool:
        monkeypatch.setattr(passwords, "matches", real)
        if meanwhile == "disabled":
            standing.disable(db, COMMAND_LINE, person(db, "alice"))
        else:
            db.run("UPDATE users SET password = :password", password=passwords.hashed("blue kettle"))
        return real(stored, password, *rest)

    monkeypatch.setattr(passwords, "matches", matches)
    browser.submit("login-form", email="alice@example.com", password=PASSWORD)
    assert browser.errors() == {"password": "Invalid credentials."}
    assert db.all("SELECT id FROM sessions") == []
