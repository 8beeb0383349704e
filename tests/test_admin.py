"""The admin's dashboard."""

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import Clock, log_in, logged_in, person
from webapp.accounts import admin, roles, sweep
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.events import Kind


def _cards(browser: Browser) -> dict[str, str]:
    cards = browser.page.select("#admin-cards .card")
    return {card.select("dt")[0].text: " ".join(card.select("dd")[0].text.split()) for card in cards}


def _numbers(browser: Browser, chart: str) -> dict[str, list[str]]:
    rows = browser.page.select(f"#{chart} tbody tr")
    return {row.select("th")[0].text: [cell.text for cell in row.select("td")] for row in rows}


def test_the_cards_tell_how_it_goes(grace: Browser, app: Flask, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(days=8)
    logged_in(Browser(app), "bob")
    for _ in range(3):
        log_in(Browser(app), "bob", password="wrong")
    log_in(Browser(app), "grace").visit("/admin")
    assert _cards(log_in(Browser(app), "grace").visit("/admin")) == {
        "People": "3",
        "New this week": "1",
        "Active today": "2",
        "Failed log-ins today": "3 usually 0.0 a day",
        "Live sessions": "3",
    }
    clock.advance(days=1)
    failed = _cards(log_in(Browser(app), "grace").visit("/admin"))["Failed log-ins today"]
    assert failed == "0 usually 0.1 a day"


def test_the_charts_show_each_day_and_have_their_numbers_in_tables(grace: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(days=2)
    logged_in(Browser(app), "alice")
    log_in(Browser(app), "nobody")
    browser = log_in(Browser(app), "grace").visit("/admin")
    signups, logins = _numbers(browser, "signups-chart"), _numbers(browser, "logins-chart")
    assert len(signups) == len(logins) == 30
    assert (signups["2026-03-14"], signups["2026-03-15"], signups["2026-03-16"]) == (["1"], ["0"], ["1"])
    assert (logins["2026-03-14"], logins["2026-03-16"]) == (["1", "0"], ["2", "1"])
    assert len(browser.page.select("#logins-chart rect.logins")) == 2
    assert len(_numbers(browser.visit("/admin?days=90"), "signups-chart")) == 90
    assert len(_numbers(browser.visit("/admin?days=91"), "signups-chart")) == 30


def test_days_that_are_long_over_stay_as_they_were_when_people_go(
    app: Flask, db: Database, grace: Browser, clock: Clock
) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(days=5)
    sweep.sweep(db, 400)
    db.run("DELETE FROM users WHERE username = 'alice'")
    logged_in(Browser(app), "bob")
    for _ in range(2):
        sweep.sweep(db, 400)
        assert [day.logins for day in admin.days(db, 6)] == [2, 0, 0, 0, 0, 1]


def test_a_clock_that_was_ahead_for_once_loses_no_day(app: Flask, db: Database, clock: Clock) -> None:
    clock.advance(days=31)
    logged_in(Browser(app), "early")
    sweep.sweep(db, 400)
    clock.advance(days=-31)
    logged_in(Browser(app), "alice")
    for _ in range(4):
        clock.advance(days=1)
        sweep.sweep(db, 400)
    assert [day.logins for day in admin.days(db, 5)] == [1, 0, 0, 0, 0]


def test_yesterday_is_right_from_midnight_on(app: Flask, db: Database, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(hours=8, minutes=51)
    assert [day.logins for day in admin.days(db, 2)] == [1, 0]


def test_the_newest_events_and_people_are_on_it(grace: Browser, alice: Browser) -> None:
    grace.visit("/admin")
    events = [" ".join(row.text.split()) for row in grace.page.select(".event")]
    assert len(events) == 5 and events[0].startswith("Logged in alice just now")
    assert [row.th.text for row in grace.page.select("#users-table tbody tr") if row.th] == ["alice", "grace"]
    assert "2 people, newest first" in grace.text()


def test_the_cards_are_refreshed_in_place_or_by_a_page(grace: Browser, app: Flask) -> None:
    grace.visit("/admin")
    logged_in(Browser(app), "alice")
    if grace.htmx:
        part = grace.client.get("/admin/cards", headers={"HX-Request": "true"})
        assert "<title>" not in part.text and 'id="admin-cards"' in part.text and "flashes" not in part.text
        check = grace.page.select_one("#cards-check")
        assert check is not None and check["data-hx-trigger"] == "every 30s" and check.has_attr("hidden")
    assert _cards(grace.visit("/admin/cards"))["People"] == "2"


def test_a_page_that_is_left_open_keeps_no_session_alive(grace: Browser, clock: Clock) -> None:
    for _ in range(5):
        clock.advance(minutes=7)
        answer = grace.client.get("/admin/cards", headers={"HX-Request": "true"})
    assert answer.status_code == 401 and answer.headers["HX-Redirect"].startswith("/login")


@pytest.mark.parametrize("query", ["days=x", "days=", "days=-1", "days=%00", "days=" + "9" * 40])
def test_an_edited_address_is_no_error(grace: Browser, query: str) -> None:
    assert grace.client.get(f"/admin?{query}").status_code == 200


def test_a_plain_user_is_kept_out(alice: Browser) -> None:
    answer = alice.client.get("/admin")
    assert answer.status_code == 403 and "Not allowed" in answer.text


def test_a_stranger_is_asked_to_log_in_first(app: Flask) -> None:
    assert app.test_client().get("/admin").location == "/login?next=/admin"


def test_a_changed_role_bites_at_the_next_request(alice: Browser, db: Database) -> None:
    assert alice.client.get("/admin").status_code == 403
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    assert alice.client.get("/admin").status_code == 200
    users.set_role(db, person(db, "alice").id, "user")
    assert alice.client.get("/admin").status_code == 403


def test_the_link_is_shown_to_admins_alone(alice: Browser, grace: Browser) -> None:
    assert not alice.visit("/dashboard").page.select("nav a[href='/admin']")
    assert grace.visit("/dashboard").page.select("nav a[href='/admin']")


def test_what_happens_to_nobody_is_shown_too(grace: Browser, app: Flask) -> None:
    log_in(Browser(app), "nobody")
    assert "an address that nobody has" in grace.visit("/admin").text()
    assert Kind.LOGIN_FAILED == "login_failed"
