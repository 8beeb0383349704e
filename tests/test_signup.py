"""Signing up."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from db import Database, users
from tests.browser import Browser
from tests.fixtures import BREACHED, PASSWORD, Clock, sign_up

BAD_NAMES = {
    "empty": "",
    "blank": "   ",
    "one letter": "a",
    "33 letters": "a" * 33,
    "5,000 letters": "a" * 5000,
    "NUL": "al\0ice",
    "CR LF": "al\r\nice",
    "full-width": "ａｌｉｃｅ",
    "Cyrillic": "аlice",
    "zero-width": "al\u200bice",
    "right-to-left": "\u202eecila",
    "markup": "<b>alice</b>",
    "an address": "bob@example.com",
    "a space inside": "al ice",
    "non-characters": "al\ufffeice",
}
RESERVED_NAMES = [
    "admin", "Administrator", "ROOT", "support", "security", "postmaster", "abuse", "LatchKey",
    "ad.min", "_admin_", "admin-", "no-reply", "mailer-daemon", "command-line",
]  # fmt: skip
BAD_EMAILS = {
    "empty": "",
    "blank": "   ",
    "no at": "x",
    "two ats": "a@b@c",
    "nothing before": "@example.com",
    "CR LF": "alice@example.com\r\nBcc: bob@example.com",
    "NUL": "alice\0@example.com",
    "full-width": "ａlice@example.com",
    "zero-width": "alice\u200b@example.com",
    "right-to-left": "\u202ealice@example.com",
    "markup": "<script>@example.com",
    "a line break after it": "alice@example.com\r\n",
    "a Kelvin sign": "\u212aelvin@example.com",
    "a dot in front": ".a@x",
    "a dot behind": "a.@x",
    "two dots": "a..b@x",
    "another's address, encoded": "=?utf-8?q?bob?=@example.com",
    "255 characters": "a" * 243 + "@example.com",
    "5,000 characters": "a" * 5000 + "@example.com",
}
BAD_PASSWORDS = {
    "empty": "",
    "seven characters": "1234567",
    "257 characters": "ab3$" * 64 + "x",
    "the commonest": "password",
    "digits in a row": "12345678",
    "eight spaces": " " * 8,
    "one letter": "a" * 100,
    "the own name": "alice_the_great",
    "the own address": "alice@example.com",
    "this site": "latchkey",
}
# Bytes that are no UTF-8, a lone surrogate spelled in bytes among them.
BAD_BYTES = ["%ff%ff%ff%ff%ff%ff%ff%ff", "%ed%a0%80%ed%a0%80%ed%a0%80", "abc%c3%28defgh", "%c0%80%c0%80%c0%80%c0%80"]


def test_somebody_signs_up_and_is_led_to_the_log_in_page(browser: Browser, db: Database, clock: Clock) -> None:
    sign_up(browser, "alice")
    assert browser.path == "/login"
    assert browser.flashes() == ["Account created! Please log in."]
    alice = users.by_email(db, "alice@example.com")
    assert alice is not None
    assert (alice.username, alice.role, alice.created_at) == ("alice", "user", "2026-03-14 15:09:26")
    assert alice.password.startswith("pbkdf2:sha256:") and PASSWORD not in alice.password


def test_the_form_answers_303(browser: Browser) -> None:
    browser.visit("/signup")
    fields = {"csrf_token": browser.value("csrf_token"), "username": "alice", "email": "a@example.com"}
    answer = browser.client.post("/signup", data=fields | {"password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login")


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_bad_user_name_is_refused_beside_the_field(browser: Browser, db: Database, name: str) -> None:
    _refused(browser, db, "username", username=name)


@pytest.mark.parametrize("name", RESERVED_NAMES)
def test_a_name_of_the_sites_own_is_refused_beside_the_field(browser: Browser, db: Database, name: str) -> None:
    _refused(browser, db, "username", username=name)
    assert browser.errors() == {"username": "That user name is reserved. Choose another."}
    answer = browser.client.post("/signup/username", data={"username": name})
    assert "That user name is reserved. Choose another." in answer.text


@pytest.mark.parametrize("name", ["administer", "admin2", "roots", "helpful", "system32", "infowars"])
def test_one_that_is_merely_like_it_is_not(app: Flask, db: Database, name: str) -> None:
    assert sign_up(Browser(app), name).path == "/login"


@pytest.mark.parametrize("email", BAD_EMAILS.values(), ids=BAD_EMAILS)
def test_a_bad_address_is_refused_beside_the_field(browser: Browser, db: Database, email: str) -> None:
    _refused(browser, db, "email", email=email)


@pytest.mark.parametrize("password", BAD_PASSWORDS.values(), ids=BAD_PASSWORDS)
def test_a_bad_password_is_refused_beside_the_field(browser: Browser, db: Database, password: str) -> None:
    _refused(browser, db, "password", username="alice_the_great", password=password)


def test_a_password_from_a_data_breach_is_refused_and_another_one_is_taken(browser: Browser, db: Database) -> None:
    _refused(browser, db, "password", password=BREACHED)
    assert browser.errors() == {"password": "This password has been in a data breach. Choose another one."}
    browser.submit("signup-form", password=PASSWORD)
    assert (browser.path, users.count(db)) == ("/login", 1)


@pytest.mark.parametrize("missing", ["username", "email", "password"])
def test_a_missing_field_is_asked_for_and_the_others_are_kept(browser: Browser, db: Database, missing: str) -> None:
    _refused(browser, db, missing, **{missing: None})


@pytest.mark.parametrize("raw", BAD_BYTES)
@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_bytes_that_are_no_utf_8_are_refused_beside_the_field(app: Flask, db: Database, field: str, raw: str) -> None:
    browser = Browser(app)
    token = browser.visit("/signup").value("csrf_token")
    fields = {"csrf_token": token, "username": "alice", "email": "alice@example.com", "password": "correct+horse"}
    body = "&".join(f"{name}={value}" for name, value in (fields | {field: raw}).items())
    answer = browser.client.post("/signup", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "This holds bytes that are not text." in answer.text
    assert users.count(db) == 0


def test_a_multipart_form_is_an_empty_one(app: Flask, db: Database) -> None:
    """Its bytes would be read as text by replacing what is none, and one password would be as good as another."""
    browser = Browser(app).visit("/signup")
    fields = {"csrf_token": browser.value("csrf_token"), "username": "alice", "email": "alice@example.com"}
    sent = fields | {"password": (io.BytesIO(b"\xff\xfe horse battery"), None)}
    answer = browser.client.post("/signup", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422 and users.count(db) == 0


def test_the_messages_are_the_tutorials(browser: Browser) -> None:
    sign_up(browser, "alice")
    browser.visit("/signup").submit("signup-form", username="bob", email="ALICE@example.com", password=PASSWORD)
    assert browser.errors() == {"email": "Email already registered."}
    browser.submit("signup-form", email="bob@example.com", password="short")
    assert browser.errors() == {"password": "Password must be at least 8 characters."}


def test_every_error_is_told_at_once_in_the_summary_and_beside_its_field(browser: Browser) -> None:
    browser.visit("/signup").submit("signup-form", username="!", email="x", password="password")
    links = {str(link["href"])[1:]: link.text for link in browser.page.select(".summary a")}
    assert set(links) == {"username", "email", "password"}
    assert links == browser.errors()
    assert browser.page.select_one(".summary[autofocus][tabindex='-1']")


def test_one_error_takes_the_focus_to_its_field(browser: Browser) -> None:
    browser.visit("/signup").submit("signup-form", username="alice", email="x", password=PASSWORD)
    focused = browser.page.select("[autofocus]")
    assert [field["id"] for field in focused] == ["email"]
    assert focused[0]["aria-invalid"] == "true" and "email-error" in str(focused[0]["aria-describedby"])
    assert browser.page.title is not None and browser.page.title.text.startswith("Error: Sign up")


def test_a_name_or_address_that_is_taken_is_refused_whatever_its_case(browser: Browser, db: Database) -> None:
    sign_up(browser, "alice")
    browser.visit("/signup").submit("signup-form", username="ALICE", email=" Alice@Example.com ", password=PASSWORD)
    assert browser.answer.status_code == 422
    assert set(browser.errors()) == {"username", "email"}
    browser.submit("signup-form", username="AliCe", email="other@example.com", password=PASSWORD)
    assert set(browser.errors()) == {"username"}
    assert users.count(db) == 1


def test_unknown_and_repeated_fields_change_nothing(app: Flask, db: Database) -> None:
    browser = Browser(app)
    token = browser.visit("/signup").value("csrf_token")
    sent = [("csrf_token", token), ("username", "alice"), ("email", "alice@example.com"), ("password", PASSWORD)]
    more = [("role", "admin"), ("id", "7"), ("email", "mallory@example.com"), ("username", "mallory")]
    browser.client.post("/signup", data=MultiDict(sent + more))
    people = users.newest(db, 9)
    assert [(user.username, user.email, user.role) for user in people] == [("alice", "alice@example.com", "user")]


def test_of_two_who_send_one_address_at_once_one_gets_it(app: Flask, db: Database) -> None:
    statuses: list[int] = []
    for pair in range(10):
        with ThreadPoolExecutor(2) as threads:
            statuses += threads.map(lambda who, pair=pair: _sign_up_at_once(app, pair, who), range(2))
    assert sorted(statuses) == [303] * 10 + [422] * 10
    assert users.count(db) == 10


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "a", "User name must be 2 to 32 letters"),
        ("username", "ALICE", "That user name is taken. Choose another."),
        ("email", "x", "Enter an email address, like name@example.com."),
        ("email", "a..b@x", "No mail can be written to this address. Look for a typing mistake."),
        ("password", "password", "Choose a password that is harder to guess. This is a top-10 common password."),
        ("password", "short", "Password must be at least 8 characters."),
    ],
)
def test_one_field_is_checked_alone(app: Flask, field: str, value: str, sentence: str) -> None:
    browser = sign_up(Browser(app), "alice")
    answer = browser.client.post(f"/signup/{field}", data={field: value}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert f'<span class="visually-hidden">Error:</span> {sentence}' in answer.text.replace("&#39;", "'")
    assert "<title>" not in answer.text and "<form" not in answer.text


@pytest.mark.parametrize(
    ("field", "value"), [("username", "bob"), ("email", "alice@example.com"), ("password", PASSWORD)]
)
def test_the_check_of_a_good_field_is_empty(app: Flask, field: str, value: str) -> None:
    """Also for an address that is taken: whether somebody has an account is told to nobody who is only typing."""
    browser = sign_up(Browser(app), "alice")
    answer = browser.client.post(f"/signup/{field}", data={field: value})
    assert (answer.status_code, answer.text.strip()) == (200, "")


def test_a_field_that_does_not_exist_is_not_checked(app: Flask) -> None:
    assert app.test_client().post("/signup/role", data={"role": "admin"}).status_code == 404


def test_somebody_logged_in_is_led_on(alice: Browser) -> None:
    assert alice.visit("/signup").path == "/dashboard"


def test_where_one_was_going_survives_signing_up(browser: Browser) -> None:
    browser.visit("/dashboard/panel")
    link = browser.page.select_one("main a[href^='/signup']")
    assert link is not None
    browser.visit(str(link["href"])).submit("signup-form", username="al", email="al@example.com", password=PASSWORD)
    browser.submit("login-form", email="al@example.com", password=PASSWORD)
    assert browser.path == "/dashboard/panel"


def _refused(browser: Browser, db: Database, field: str, **typed: str | None) -> None:
    """422 with a sentence beside this field alone; nothing written, nothing lost but the password."""
    fields = {"username": "alice", "email": "alice@example.com", "password": PASSWORD} | typed
    browser.visit("/signup").submit("signup-form", **fields)
    assert browser.answer.status_code == 422
    assert list(browser.errors()) == [field]
    assert users.count(db) == 0
    assert browser.value("password") == "" and PASSWORD not in browser.answer.text
    for kept in {"username", "email"} - {field}:
        assert browser.value(kept) == fields[kept]


def _sign_up_at_once(app: Flask, pair: int, who: int) -> int:
    browser = Browser(app)
    token = browser.visit("/signup").value("csrf_token")
    fields = {"username": f"user{pair}-{who}", "email": f"pair{pair}@example.com", "password": PASSWORD}
    return browser.client.post("/signup", data=fields | {"csrf_token": token}).status_code


def test_nobody_takes_an_account_over_by_sending_its_form_again(app: Flask) -> None:
    sign_up(Browser(app), "alice")
    for password in ("staple horse battery", "correct horse battery"):
        browser = Browser(app).visit("/signup")
        fields = {"username": "alice", "email": "alice@example.com", "password": password, "again": "yes"}
        token = browser.value("csrf_token")
        answer = browser.client.post("/signup", data=fields | {"csrf_token": token})
        assert answer.status_code == (303 if password == "correct horse battery" else 422)
