"""The profile: user name and address, each saved alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in
from tests.test_signup import BAD_BYTES, BAD_EMAILS, BAD_NAMES, RESERVED_NAMES


def _kept(db: Database) -> tuple[str, str]:
    user = users.newest(db, 1)[0]
    return user.username, user.email


def test_a_user_name_is_changed_alone(alice: Browser, db: Database) -> None:
    alice.visit("/account").submit("username-form", username="alicia")
    assert (alice.path, alice.flashes()) == ("/account", ["Your user name is alicia now."])
    assert _kept(db) == ("alicia", "alice@example.com")
    assert alice.visit("/dashboard").heading() == "Welcome back, alicia!"


def test_an_address_is_changed_alone_and_one_logs_in_with_it(alice: Browser, app: Flask, db: Database) -> None:
    alice.visit("/account").submit("email-form", email=" Alicia@Example.COM ")
    assert alice.path == "/account" and "alicia@example.com" in alice.flashes()[0]
    assert _kept(db) == ("alice", "alicia@example.com")
    other = Browser(app).visit("/login").submit("login-form", email="alicia@example.com", password=PASSWORD)
    assert other.path == "/dashboard"


def test_what_is_kept_stands_in_the_fields(alice: Browser) -> None:
    alice.visit("/account")
    assert (alice.value("username"), alice.value("email")) == ("alice", "alice@example.com")


def test_ones_own_name_and_address_may_be_saved_again_in_another_case(alice: Browser, db: Database) -> None:
    alice.visit("/account").submit("username-form", username="Alice")
    alice.submit("email-form", email="ALICE@example.com")
    assert _kept(db) == ("Alice", "alice@example.com")


def test_what_is_somebody_elses_is_refused_beside_the_field(alice: Browser, bob: Browser, db: Database) -> None:
    bob.visit("/account").submit("username-form", username="ALICE")
    assert (bob.answer.status_code, bob.value("username")) == (422, "ALICE")
    assert bob.errors() == {"username": "That user name is taken. Choose another."}
    bob.submit("email-form", email="alice@example.com")
    assert bob.answer.status_code == 422 and bob.errors()["email"] == "Email already registered."
    assert _kept(db) == ("bob", "bob@example.com")


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_bad_user_name_is_refused_and_nothing_is_written(alice: Browser, db: Database, name: str) -> None:
    alice.visit("/account").submit("username-form", username=name)
    assert alice.answer.status_code == 422 and list(alice.errors()) == ["username"]
    assert alice.page.title is not None and alice.page.title.text.startswith("Error: Profile")
    assert _kept(db) == ("alice", "alice@example.com")


@pytest.mark.parametrize("name", RESERVED_NAMES)
def test_a_name_of_the_sites_own_is_refused_and_nothing_is_written(alice: Browser, db: Database, name: str) -> None:
    alice.visit("/account").submit("username-form", username=name)
    assert alice.answer.status_code == 422
    assert alice.errors() == {"username": "That user name is reserved. Choose another."}
    assert _kept(db) == ("alice", "alice@example.com")
    answer = alice.client.post("/account/username/check", data={"username": name})
    assert "That user name is reserved. Choose another." in answer.text


def test_one_that_the_command_line_gave_is_kept(browser: Browser, app: Flask, db: Database) -> None:
    made = app.test_cli_runner().invoke(args=["user", "create", "admin@example.com"], input=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    admin = log_in(browser, "admin").visit("/account").submit("username-form")
    assert admin.flashes() == ["Nothing has changed."]
    assert admin.client.post("/account/username/check", data={"username": "admin"}).text.strip() == ""
    admin.submit("username-form", username="Admin")
    assert _kept(db) == ("Admin", "admin@example.com")
    admin.submit("username-form", username="root")
    assert admin.answer.status_code == 422 and _kept(db) == ("Admin", "admin@example.com")


@pytest.mark.parametrize("email", BAD_EMAILS.values(), ids=BAD_EMAILS)
def test_a_bad_address_is_refused_and_nothing_is_written(alice: Browser, db: Database, email: str) -> None:
    alice.visit("/account").submit("email-form", email=email)
    assert alice.answer.status_code == 422 and list(alice.errors()) == ["email"]
    assert _kept(db) == ("alice", "alice@example.com")


@pytest.mark.parametrize("field", ["username", "email"])
def test_a_missing_field_is_asked_for(alice: Browser, field: str) -> None:
    alice.visit("/account").submit(f"{field}-form", **{field: None})
    assert alice.answer.status_code == 422 and list(alice.errors()) == [field]


@pytest.mark.parametrize("raw", BAD_BYTES)
@pytest.mark.parametrize("field", ["username", "email"])
def test_bytes_that_are_no_utf_8_are_refused(app: Flask, field: str, raw: str) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    body = f"csrf_token={alice.value('csrf_token')}&{field}={raw}"
    kind = "application/x-www-form-urlencoded"
    for path, status in ((f"/account/{field}", 422), (f"/account/{field}/check", 200)):
        answer = alice.client.post(path, data=body, content_type=kind)
        assert answer.status_code == status and "This holds bytes that are not text." in answer.text


def test_unknown_and_repeated_fields_change_nothing(app: Flask, db: Database) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    token = alice.value("csrf_token")
    fields = {"csrf_token": token, "username": ["al", "mallory"], "role": "admin", "id": "7", "email": "m@example.com"}
    assert alice.client.post("/account/username", data=fields).status_code == 303
    user = users.newest(db, 1)[0]
    assert (user.username, user.email, user.role) == ("al", "alice@example.com", "user")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "a", "User name must be 2 to 32 letters"),
        ("username", "BOB", "That user name is taken. Choose another."),
        ("username", "ALICE", ""),
        ("email", "x", "Enter an email address, like name@example.com."),
        ("email", "bob@example.com", ""),
    ],
)
def test_one_field_is_checked_alone(app: Flask, field: str, value: str, sentence: str) -> None:
    logged_in(Browser(app), "bob")
    alice = logged_in(Browser(app), "alice")
    answer = alice.client.post(f"/account/{field}/check", data={field: value}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and sentence in answer.text
    assert bool(answer.text.strip()) == bool(sentence)


def test_a_stale_token_brings_the_form_back_filled_in(alice: Browser, db: Database) -> None:
    alice.visit("/account").submit("email-form", csrf_token="stale", email="new@example.com")
    assert alice.answer.status_code == 422 and "open for too long" in alice.flashes()[0]
    assert alice.value("email") == "new@example.com"
    assert _kept(db) == ("alice", "alice@example.com")
    alice.submit("email-form")
    assert _kept(db) == ("alice", "new@example.com")


def test_two_who_want_one_name_at_once_get_one_between_them(app: Flask, db: Database, clock: Clock) -> None:
    people = [logged_in(Browser(app), name).visit("/account") for name in ("alice", "bob")]

    def rename(browser: Browser) -> int:
        fields = {"csrf_token": browser.value("csrf_token"), "username": "carol"}
        return browser.client.post("/account/username", data=fields).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(rename, people)) == [303, 422]


@pytest.mark.parametrize("field", ["username", "email", "language"])
def test_saving_what_is_there_already_says_so_and_notes_nothing(alice: Browser, db: Database, field: str) -> None:
    typed = {"language": "browser"} if field == "language" else {}
    alice.visit("/account").submit(f"{field}-form", **typed)
    assert (alice.path, alice.flashes()) == ("/account", ["Nothing has changed."])
    assert alice.page.select_one("#flashes .flash.message")
    assert not db.all("SELECT 1 FROM events WHERE kind LIKE '%changed'")
