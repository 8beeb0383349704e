"""Browsers that are known: nobody's guessing keeps the owner out of the account."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, coming_from, database_url, guess, log_in, logged_in, person, sign_up
from webapp import create_app
from webapp.accounts import passwords


def test_the_owners_own_browser_is_not_locked_out(alice: Browser, app: Flask) -> None:
    alice.visit("/logout").submit("logout-form")
    assert guess(Browser(app), "alice", 6)[-1] == 429
    assert log_in(alice, "alice").path == "/dashboard"


def test_nor_by_guesses_at_many_accounts_from_the_same_address(alice: Browser, app: Flask) -> None:
    alice.visit("/logout").submit("logout-form")
    stranger = Browser(app)
    assert [guess(stranger, f"user{number}", 1)[0] for number in range(11)] == [422] * 10 + [429]
    assert log_in(alice, "alice").path == "/dashboard"


def test_a_known_browser_has_a_bucket_of_its_own(alice: Browser, app: Flask, clock: Clock) -> None:
    alice.visit("/logout").submit("logout-form")
    assert guess(alice, "alice", 6) == [422] * 5 + [429]
    assert alice.flashes() == ["The password was wrong too often. Try again in 5 minutes."]
    assert log_in(coming_from(app, "203.0.113.9"), "alice").path == "/dashboard"
    clock.advance(minutes=5, seconds=1)
    assert log_in(alice, "alice").path == "/dashboard"


def test_a_browser_that_guesses_on_is_no_longer_known(alice: Browser, app: Flask, clock: Clock) -> None:
    alice.visit("/logout").submit("logout-form")
    for _ in range(10):
        assert 429 not in guess(alice, "alice", 5)
        clock.advance(minutes=6)
    assert guess(coming_from(app, "203.0.113.9"), "alice", 6)[-1] == 429
    assert guess(alice, "alice", 1) == [429]


@pytest.mark.parametrize("cookie", ["", "nonsense", "WyJ4IiwxXQ.abc", "\x80", "a" * 4000])
def test_a_made_up_device_cookie_makes_nobody_known(blocked: Browser, cookie: str) -> None:
    blocked.client.set_cookie("device", cookie)
    assert log_in(blocked, "alice").answer.status_code == 429


def test_somebody_elses_browser_is_a_strangers(bob: Browser, blocked: Browser) -> None:
    device = bob.cookie("device")
    assert device
    blocked.client.set_cookie("device", device)
    assert log_in(blocked, "alice").answer.status_code == 429


def test_a_browser_knows_several_people_and_keeps_its_cookie_at_log_out(app: Flask) -> None:
    browser = Browser(app)
    for name in ("alice", "bob"):
        logged_in(browser, name).visit("/logout").submit("logout-form")
    for name in ("alice", "bob"):
        assert guess(coming_from(app, "203.0.113.9"), name, 6)[-1] == 429
        assert log_in(browser, name).path == "/dashboard"
        browser.visit("/logout").submit("logout-form")


def test_the_device_cookie_is_out_of_reach_of_scripts(alice: Browser) -> None:
    cookie = alice.client.get_cookie("device")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax" and not cookie.secure
    assert cookie.max_age == 400 * 86_400


def test_a_changed_password_ends_what_other_browsers_are_known_by(alice: Browser, app: Flask) -> None:
    elsewhere = log_in(Browser(app), "alice").visit("/logout").submit("logout-form")
    alice.visit("/account/password").submit(
        "password-change-form", current_password=PASSWORD, new_password="staple horse battery"
    )
    assert "Your password is changed." in alice.flashes()[0]
    alice.visit("/logout").submit("logout-form")
    assert guess(coming_from(app, "203.0.113.7"), "alice", 6)[-1] == 429
    assert log_in(elsewhere, "alice", password="staple horse battery").answer.status_code == 429
    assert log_in(alice, "alice", password="staple horse battery").path == "/dashboard"


def test_a_hash_that_is_renewed_does_not(alice: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = log_in(Browser(app), "alice").visit("/logout").submit("logout-form")
    monkeypatch.setattr(passwords, "ITERATIONS", 1001)
    log_in(alice.visit("/logout").submit("logout-form"), "alice")
    assert guess(coming_from(app, "203.0.113.7"), "alice", 6)[-1] == 429
    assert log_in(elsewhere, "alice").path == "/dashboard"


def test_nor_is_a_browser_known_to_whoever_has_the_same_id_in_another_database(
    alice: Browser, app: Flask, settings: dict[str, Any], tmp_path: Path, clock: Clock
) -> None:
    device, folder = alice.cookie("device"), tmp_path / "restored"
    folder.mkdir()
    with database_url(folder) as url:
        restored = create_app(settings | {"DATABASE_URL": url}, clock)
        sign_up(Browser(restored), "mallory")
        assert person(restored.extensions["database"], "mallory").id == person(app.extensions["database"], "alice").id
        assert guess(coming_from(restored, "203.0.113.7"), "mallory", 6)[-1] == 429
        browser = Browser(restored)
        browser.client.set_cookie("device", device or "")
        assert log_in(browser, "mallory").answer.status_code == 429
        restored.extensions["database"].close()


def test_a_browser_is_known_for_400_days_by_what_is_signed(alice: Browser, app: Flask, clock: Clock) -> None:
    alice.visit("/logout").submit("logout-form")
    device = alice.cookie("device") or ""
    clock.advance(days=399)
    assert guess(coming_from(app, "203.0.113.7"), "alice", 6)[-1] == 429
    alice.client.set_cookie("device", device)
    clock.advance(minutes=4)
    assert log_in(alice, "alice").path == "/dashboard"
    clock.advance(days=2)
    assert guess(coming_from(app, "203.0.113.7"), "alice", 6)[-1] == 429
    alice.client.set_cookie("device", device)
    assert log_in(alice, "alice").answer.status_code == 429


def test_the_browser_that_signed_up_is_known(app: Flask) -> None:
    alice = sign_up(Browser(app), "alice")
    assert guess(coming_from(app, "203.0.113.9"), "alice", 6)[-1] == 429
    assert log_in(alice, "alice").path == "/dashboard"


def test_an_id_that_an_older_server_has_not_given_is_given_at_log_in(app: Flask, db: Database) -> None:
    alice = sign_up(Browser(app), "alice")
    db.run("UPDATE users SET password_id = ''")
    log_in(alice, "alice").visit("/logout").submit("logout-form")
    assert db.one("SELECT length(password_id) FROM users") == (16,)
    assert guess(coming_from(app, "203.0.113.9"), "alice", 6)[-1] == 429
    assert log_in(alice, "alice").path == "/dashboard"
