"""Recovery codes: shown once, kept, spent one by one."""

import re

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.factors import add_app, half_in, offered, recovery_codes
from tests.fixtures import PASSWORD, Clock, coming_from, logged_in, person

WRONG = {"code": "That is not one of your recovery codes."}
USED = {"code": "This recovery code was used already."}


@pytest.fixture
def codes(alice: Browser, clock: Clock) -> list[str]:
    """Alice's, who is logged in and has an app."""
    add_app(alice, clock)
    return recovery_codes(alice)


def _use(browser: Browser, code: str) -> Browser:
    return half_in(browser).visit("/login/recovery?next=/account").submit("recovery-form", code=code)


def test_ten_come_with_the_first_factor(codes: list[str]) -> None:
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}", one) for one in codes)


def test_a_reload_shows_them_until_they_are_kept(alice: Browser, codes: list[str]) -> None:
    assert recovery_codes(alice) == codes
    alice.submit("kept-form")
    assert alice.path == "/account/security" and recovery_codes(alice) == []
    assert "10 codes are left" in alice.text()


def test_they_are_downloaded_as_text(alice: Browser, codes: list[str]) -> None:
    answer = alice.client.get("/account/recovery-codes/download")
    assert answer.content_type.startswith("text/plain") and "attachment" in answer.headers["Content-Disposition"]
    assert answer.text.splitlines()[2:] == codes and answer.headers["Cache-Control"] == "no-store"
    alice.visit("/account/recovery-codes").submit("kept-form")
    answer = alice.client.get("/account/recovery-codes/download")
    assert (answer.status_code, answer.location) == (303, "/account/recovery-codes")


def test_after_an_hour_and_in_another_session_they_are_not_shown(
    alice: Browser, codes: list[str], app: Flask, clock: Clock
) -> None:
    other, cookie = logged_in(Browser(app), "bob"), alice.client.get_cookie("visitor")
    assert cookie is not None
    other.client.set_cookie("visitor", cookie.value)
    assert recovery_codes(other) == []
    for _ in range(4):
        alice.visit("/dashboard")
        clock.advance(minutes=16)
    assert recovery_codes(alice) == []


def test_the_tables_hold_hashes_alone(codes: list[str], db: Database) -> None:
    held = str(db.all("SELECT * FROM recovery_codes"))
    assert not [one for one in codes if one in held or one.replace("-", "") in held]


def test_each_logs_in_once_and_takes_nothing_away(alice: Browser, codes: list[str], app: Flask, db: Database) -> None:
    other = _use(Browser(app, alice.htmx), codes[0])
    assert other.path == "/account"
    assert other.flashes() == ["9 recovery codes are left. Make new ones at Account, Security."]
    again = _use(Browser(app, alice.htmx), codes[0])
    assert again.answer.status_code == 422 and again.errors() == USED
    assert person(db, "alice").has_factor
    activity = other.visit("/account/activity").text()
    assert "Recovery code used (9 left)" in activity and "by password and recovery code" in activity


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.upper(),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code.replace('-', '')}\t",
        lambda code: code.replace("0", "o").replace("1", "l"),
        lambda code: code.replace("0", "O").replace("1", "I"),
    ],
)
def test_blanks_case_and_letters_alike_do_not_matter(codes: list[str], app: Flask, typed: object) -> None:
    assert _use(Browser(app), typed(codes[3])).path == "/account"  # type: ignore[operator]


@pytest.mark.parametrize("typed", ["0000-0000-0000-0000-0000-0000", "x", "\0", "a" * 5000, "123456", "ö" * 24])
def test_a_text_that_is_no_code_is_refused(
    alice: Browser, codes: list[str], app: Flask, db: Database, typed: str
) -> None:
    other = _use(Browser(app, alice.htmx), typed)
    assert other.answer.status_code == 422 and other.errors() == WRONG
    assert db.one("SELECT count(*) FROM events WHERE kind = 'second_step_failed'") == (1,)


def test_anothers_code_opens_nothing(codes: list[str], app: Flask, clock: Clock) -> None:
    add_app(logged_in(Browser(app), "bob"), clock)
    other = half_in(Browser(app), "bob").visit("/login/recovery").submit("recovery-form", code=codes[0])
    assert other.errors() == WRONG


def test_of_two_at_once_with_one_code_one_gets_in(codes: list[str], app: Flask) -> None:
    first, second = (half_in(Browser(app)).visit("/login/recovery") for _ in range(2))
    assert first.submit("recovery-form", code=codes[0]).path == "/dashboard"
    assert second.submit("recovery-form", code=codes[0]).errors() == USED


def test_new_ones_kill_the_old(alice: Browser, codes: list[str], app: Flask, clock: Clock) -> None:
    clock.advance(minutes=20)
    alice.visit("/account/recovery-codes").submit("recovery_codes-form")
    assert "The old ones stop working." in alice.text()
    alice.submit("confirm-form", password=PASSWORD)
    assert alice.path == "/account/recovery-codes"
    new = recovery_codes(alice)
    assert len(new) == 10 and not set(new) & set(codes)
    assert _use(Browser(app), codes[0]).errors() == WRONG
    assert _use(Browser(app), new[0]).path == "/account"


def test_codes_that_another_session_has_replaced_are_shown_no_more(
    alice: Browser, codes: list[str], app: Flask
) -> None:
    other = _use(Browser(app), codes[0])
    other.visit("/account/recovery-codes").submit("recovery_codes-form")
    assert recovery_codes(alice) == []


def test_without_a_factor_there_are_none(alice: Browser) -> None:
    alice.visit("/account/recovery-codes")
    assert alice.page.select_one("#recovery_codes-form") is None
    answer = alice.client.post(
        "/account/recovery-codes", data={"csrf_token": alice.visit("/account").value("csrf_token")}
    )
    assert answer.status_code == 303
    assert "You have no second factor yet. Add one first." in alice.visit("/account/recovery-codes").flashes()


def test_few_left_are_said_on_the_dashboard(alice: Browser, codes: list[str], app: Flask, clock: Clock) -> None:
    for one in codes[:8]:
        clock.advance(minutes=7)
        assert _use(Browser(app), one).path == "/account"
    page = half_in(Browser(app, alice.htmx))
    page.visit("/login/recovery").submit("recovery-form", code=codes[8])
    links = {str(link["href"]): link.text for link in page.visit("/dashboard").page.select(".checklist .open a")}
    assert links["/account/recovery-codes"] == "Make new recovery codes: 1 is left"


def test_a_flood_of_guesses_is_bounded_by_its_network_and_shuts_nobody_out(codes: list[str], app: Flask) -> None:
    flood = half_in(coming_from(app, "203.0.113.9")).visit("/login/recovery")
    statuses = [flood.submit("recovery-form", code="x").answer.status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    owner = half_in(coming_from(app, "203.0.113.10"))
    assert owner.visit("/login/recovery").submit("recovery-form", code=codes[0]).path == "/dashboard"


def test_where_they_lead_on_to_is_carried(alice: Browser, clock: Clock) -> None:
    """Who was led here to add a factor gets to the page that they asked for."""
    alice.visit("/account/security?next=/account/data")
    links = [str(link["href"]) for link in alice.page.select("#security-panel a[href*=totp]")]
    secret = offered(alice, links[0])
    from tests.factors import code

    alice.submit("totp-form", code=code(secret, clock()))
    assert alice.path == "/account/recovery-codes?next=/account/data"
    alice.submit("kept-form")
    assert alice.path == "/account/data"
