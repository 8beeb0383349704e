"""A database that the tutorial's code wrote becomes ours, with everybody in it."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person
from webapp import create_app
from webapp.accounts import passwords

DATA = Path(__file__).parent / "data" / "tutorial.db"
PEOPLE = {
    "grace": ("grace@example.com", "correct horse battery"),
    "linus": ("linus@example.com", "penguins swim fast"),
    "Linus": ("linus2@example.com", "another penguin here"),
    "blank@example.com": ("blank@example.com", "eight spaces"),
    "zoë": ("zoe@example.com", "pässwörd füller"),
    "oddrole": ("oddrole@example.com", "plain sailing now"),
}


@pytest.fixture
def app(tmp_path: Path, clock: Clock, cheap_hashes: None, capfd: pytest.CaptureFixture[str]) -> Iterator[Flask]:
    shutil.copy(DATA, tmp_path / "latchkey.db")
    app = create_app({"INSTANCE": str(tmp_path)}, clock)
    yield app
    app.extensions["database"].close()


@pytest.mark.parametrize(("name", "email", "password"), [(name, *login) for name, login in PEOPLE.items()])
def test_everybody_logs_in_with_the_old_password_and_gets_a_new_hash(
    app: Flask, db: Database, htmx: bool, name: str, email: str, password: str
) -> None:
    browser = Browser(app, htmx).visit("/login").submit("login-form", email=email, password=password)
    assert browser.heading() == f"Welcome back, {name}!"
    user = users.by_email(db, email)
    assert user is not None and not passwords.is_outdated(user.password)
    browser = Browser(app, htmx).visit("/login").submit("login-form", email=email, password=password)
    assert browser.path == "/dashboard"


@pytest.mark.parametrize("name", ["broken", "halfhex"])
def test_a_malformed_hash_fits_no_password(app: Flask, htmx: bool, name: str) -> None:
    browser = Browser(app, htmx).visit("/login").submit("login-form", email=f"{name}@example.com", password="x")
    assert browser.errors() == {"password": "Invalid credentials."}


def test_admins_stay_admins_and_an_odd_role_is_a_users(app: Flask) -> None:
    for email, role, status in (("grace@example.com", "admin", 200), ("oddrole@example.com", "user", 403)):
        browser = Browser(app).visit("/login")
        password = next(password for address, password in PEOPLE.values() if address == email)
        browser.submit("login-form", email=email, password=password)
        assert f"Role: {role}" in " ".join(browser.page.text.split())
        assert browser.client.get("/admin").status_code == status


def test_new_names_are_held_against_the_old_ones(app: Flask) -> None:
    browser = Browser(app)
    browser.visit("/signup").submit("signup-form", username="LINUS", email="new@example.com", password=PASSWORD)
    assert list(browser.errors()) == ["username"]


def test_nobody_new_becomes_a_namesake_of_one_whose_elder_renamed(app: Flask, db: Database) -> None:
    linus = Browser(app).visit("/login").submit("login-form", email="linus@example.com", password="penguins swim fast")
    linus.visit("/account").submit("username-form", username="torvalds")
    assert linus.flashes() == ["Your user name is torvalds now."]
    fields = {"username": "linuS", "email": "new@example.com", "password": PASSWORD}
    stranger = Browser(app).visit("/signup").submit("signup-form", **fields)
    assert stranger.errors() == {"username": "That user name is taken. Choose another."}
    assert logged_in(Browser(app), "bob").visit("/account").submit("username-form", username="LINUS").errors() == {
        "username": "That user name is taken. Choose another."
    }
    assert person(db, "bob").username == "bob"


def test_the_admins_page_shows_them_all(app: Flask) -> None:
    browser = Browser(app).visit("/login?next=/admin/users")
    browser.submit("login-form", email="grace@example.com", password=PASSWORD)
    assert len(browser.page.select("#users-table tbody tr")) == 8
    assert len(browser.visit("/admin").page.select("#newest-people li")) == 5


def test_what_todays_rules_would_refuse_is_named_in_the_log_once(
    app: Flask, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = capfd.readouterr().err
    told = [
        "kept user 3, although an older account has the same user name but for case",
        "kept user 4, although the user name is ''",
        "kept user 5, although the user name is 'zoë'",
        "kept user 6, although the stored hash is malformed, so no password fits",
        "kept user 7, although the stored hash is malformed, so no password fits",
        "kept user 8 as a plain user, although the role is 'superuser'",
    ]
    assert [sentence for sentence in told if sentence not in log] == []
    assert log.count("kept user") == len(told)
    create_app({"INSTANCE": str(tmp_path)}).extensions["database"].close()
    assert "kept user" not in capfd.readouterr().err


def test_odd_rows_never_stop_the_start(tmp_path: Path, cheap_hashes: None) -> None:
    shutil.copy(DATA, tmp_path / "latchkey.db")
    with sqlite3.connect(tmp_path / "latchkey.db") as raw:
        raw.execute("UPDATE users SET id = 0 WHERE username = 'linus'")
        raw.execute("UPDATE users SET username = x'ff00', password = x'00' WHERE username = 'broken'")
    raw.close()
    app = create_app({"INSTANCE": str(tmp_path)})
    browser = Browser(app).visit("/login")
    browser.submit("login-form", email="linus@example.com", password="penguins swim fast")
    assert browser.heading() == "Welcome back, linus!"
    browser = Browser(app).visit("/login").submit("login-form", email="broken@example.com", password="x")
    assert browser.errors() == {"password": "Invalid credentials."}
    app.extensions["database"].close()


def test_whose_name_is_reserved_today_is_named_in_the_log_and_keeps_it(
    tmp_path: Path, cheap_hashes: None, htmx: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DATA, tmp_path / "latchkey.db")
    with sqlite3.connect(tmp_path / "latchkey.db") as raw:
        raw.execute("UPDATE users SET username = 'Admin' WHERE username = 'grace'")
    raw.close()
    app = create_app({"INSTANCE": str(tmp_path)})
    assert "although the user name is 'Admin'" in capfd.readouterr().err
    browser = log_in(Browser(app, htmx), "grace").visit("/account").submit("username-form")
    assert browser.flashes() == ["Nothing has changed."]
    app.extensions["database"].close()


def test_an_address_that_no_mail_can_be_written_to_still_logs_in(
    tmp_path: Path, cheap_hashes: None, htmx: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DATA, tmp_path / "latchkey.db")
    with sqlite3.connect(tmp_path / "latchkey.db") as raw:
        raw.execute("UPDATE users SET email = '.grace..@x' WHERE username = 'grace'")
    raw.close()
    app = create_app({"INSTANCE": str(tmp_path)})
    assert "although the address is '.grace..@x'" in capfd.readouterr().err
    browser = Browser(app, htmx).visit("/login").submit("login-form", email=".grace..@x", password=PASSWORD)
    assert browser.heading() == "Welcome back, grace!"
    app.extensions["database"].close()


def test_times_that_are_none_are_shown_as_they_are(tmp_path: Path, cheap_hashes: None) -> None:
    shutil.copy(DATA, tmp_path / "latchkey.db")
    with sqlite3.connect(tmp_path / "latchkey.db") as raw:
        raw.execute("UPDATE users SET created_at = NULL WHERE username = 'linus'")
        raw.execute("UPDATE users SET created_at = '<long ago>' WHERE username = 'grace'")
    raw.close()
    app = create_app({"INSTANCE": str(tmp_path)})
    browser = Browser(app).visit("/login?next=/admin/users")
    browser.submit("login-form", email="grace@example.com", password=PASSWORD)
    assert "<long ago>" in browser.page.text
    assert browser.visit("/admin").answer.status_code == 200
    assert browser.visit("/dashboard").answer.status_code == 200
    app.extensions["database"].close()
