"""The admin's dashboard."""

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import Clock, log_in, logged_in, person
from webapp.accounts import admin, roles, sweep
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.events import Kind
from webapp.hypermedia import cards
from webapp.hypermedia.cards import Card


def _cards(browser: Browser) -> dict[str, str]:
    found = browser.page.select("#admin-cards .card")
    return {card.select("dt")[0].text: " ".join(card.select("dd")[0].text.split()) for card in found}


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
        "People": "3 1 new this week, 2 the week before",
        "Active today": "2 2 of them logged in, 0 yesterday",
        "Failed log-ins today": "3 usually 0.0 a day",
        "Live sessions": "3 3 begun today, 0 yesterday",
    }
    clock.advance(days=1)
    shown = _cards(log_in(Browser(app), "grace").visit("/admin"))
    assert shown["Failed log-ins today"] == "0 usually 0.1 a day"
    assert shown["Active today"] == "1 1 of them logged in, 2 yesterday"


def test_each_card_has_its_week_and_leads_to_a_list(grace: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(days=1)
    grace = log_in(Browser(app), "grace").visit("/admin")
    weeks = [str(picture["aria-label"]) for picture in grace.page.select("#admin-cards .spark")]
    assert weeks == [
        "Day by day: 0, 0, 0, 0, 0, 1, 0",
        "Day by day: 0, 0, 0, 0, 0, 1, 1",
        "Day by day: 0, 0, 0, 0, 0, 0, 0",
        "Day by day: 0, 0, 0, 0, 0, 1, 1",
    ]
    links = [str(link["href"]) for link in grace.page.select("#admin-cards .card a")]
    assert links == [
        "/admin/users",
        "/admin/events?kind=logged_in&since=2026-03-15&until=2026-03-15",
        "/admin/events?kind=login_failed&since=2026-03-15&until=2026-03-15",
        "/admin/events?kind=logged_in&since=2026-03-09&until=2026-03-15",
    ]
    assert {grace.client.get(link).status_code for link in links} == {200}


def test_the_charts_show_each_day_and_have_their_numbers_in_tables(grace: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(days=2)
    logged_in(Browser(app), "alice")
    log_in(Browser(app), "nobody")
    browser = log_in(Browser(app), "grace").visit("/admin")
    signups, logins = _numbers(browser, "signups-chart"), _numbers(browser, "logins-chart")
    assert len(signups) == len(logins) == 30
    assert [signups[f"{day} Mar 2026"] for day in (14, 15, 16)] == [["1"], ["0"], ["1"]]
    assert (logins["14 Mar 2026"], logins["16 Mar 2026"]) == (["1", "0"], ["2", "1"])
    assert len(browser.page.select("#logins-chart rect.logins")) == 2
    assert len(_numbers(browser.visit("/admin?days=91"), "signups-chart")) == 30


def test_ninety_days_are_thirteen_whole_weeks(grace: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(days=90)
    logged_in(Browser(app), "alice")
    browser = log_in(Browser(app), "grace").visit("/admin?days=90")
    assert "Sign-ups in the last 13 weeks" in browser.text()
    assert len(_numbers(browser, "signups-chart")) == 91
    assert len(browser.page.select("#signups-chart .hits [role=listitem]")) == 13
    assert [str(link["aria-label"]) for link in browser.page.select("#signups-chart .hits a")] == [
        "14–20 Mar: 1 sign-up",
        "6–12 Jun: 1 sign-up",
    ]


def test_a_bar_leads_an_admin_to_the_events_behind_it(grace: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(days=1)
    for _ in range(2):
        log_in(Browser(app), "nobody")
    grace = log_in(Browser(app), "grace").visit("/admin")
    bar = grace.page.select("#signups-chart .hits a")[-1]
    assert bar["aria-label"] == "14 March: 1 sign-up"
    assert len(grace.visit(str(bar["href"])).page.select(".event")) == 1
    cell = grace.visit("/admin").page.select("#logins-chart tbody tr:first-child td:last-child a")[0]
    assert cell.text == "2" and len(grace.visit(str(cell["href"])).page.select(".event")) == 2


def test_an_empty_database_has_an_overview_too(app: Flask, db: Database, clock: Clock) -> None:
    clock.advance(days=500)
    numbers = admin.cards(db, 91)
    assert (numbers.people, numbers.live_sessions, numbers.usually_failed, numbers.loudest) == (0, 0, 0, None)
    assert len(numbers.days) == 91 and not numbers.is_above_usual
    assert (numbers.signups_told, numbers.failures_told) == ("No sign-up today.", "No failed log-in today.")


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
        assert [day.logins for day in admin.cards(db).days[-6:]] == [2, 0, 0, 0, 0, 1]


def test_a_clock_that_was_ahead_for_once_loses_no_day(app: Flask, db: Database, clock: Clock) -> None:
    clock.advance(days=31)
    logged_in(Browser(app), "early")
    sweep.sweep(db, 400)
    clock.advance(days=-31)
    logged_in(Browser(app), "alice")
    for _ in range(4):
        clock.advance(days=1)
        sweep.sweep(db, 400)
    assert [day.logins for day in admin.cards(db).days[-5:]] == [1, 0, 0, 0, 0]


def test_yesterday_is_right_from_midnight_on(app: Flask, db: Database, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(hours=8, minutes=51)
    assert [day.logins for day in admin.cards(db).days[-2:]] == [1, 0]


def test_the_newest_events_and_people_are_on_it(grace: Browser, alice: Browser) -> None:
    grace.visit("/admin")
    events = [" ".join(row.text.split()) for row in grace.page.select(".event")]
    assert len(events) == 5 and events[0].startswith("Logged in alice just now")
    assert [link.text for link in grace.page.select("#newest-people a")] == ["alice", "grace"]
    assert {str(link["href"]) for link in grace.page.select("#admin-overview .aside a")} == {
        "/admin/users",
        "/admin/events",
    }


def test_the_cards_are_refreshed_in_place_or_by_a_page(grace: Browser, app: Flask) -> None:
    grace.visit("/admin")
    logged_in(Browser(app), "alice")
    if grace.htmx:
        part = grace.client.get("/admin/cards", headers={"HX-Request": "true"})
        assert "<title>" not in part.text and 'id="admin-cards"' in part.text and "flashes" not in part.text
        check = grace.page.select_one("#cards-check")
        assert check is not None and check["data-hx-trigger"] == "every 30s" and check.has_attr("hidden")
    assert _cards(grace.visit("/admin/cards"))["People"] == "2 2 new this week, 0 the week before"


def test_a_page_that_is_left_open_keeps_no_session_alive(grace: Browser, clock: Clock) -> None:
    for _ in range(5):
        clock.advance(minutes=7)
        answer = grace.client.get("/admin/cards", headers={"HX-Request": "true"})
    assert answer.status_code == 401 and answer.headers["HX-Redirect"].startswith("/login")


@pytest.mark.parametrize("query", ["days=x", "days=", "days=-1", "days=%00", "days=" + "9" * 40])
def test_an_edited_address_is_no_error(grace: Browser, query: str) -> None:
    assert grace.client.get(f"/admin?{query}").status_code == 200


def test_a_team_has_cards_of_its_own_on_the_overview(grace: Browser, app: Flask) -> None:
    app.extensions["cards"] = [
        Card("field_error.html", lambda: {"sentence": "3 posts wait"}, 10, page="admin"),
        Card("field_error.html", lambda: {"sentence": "A board"}, 20, is_wide=True, page="admin"),
        Card("field_error.html", lambda: {"sentence": "For each user"}, 30, is_quick=True),
    ]
    overview = grace.visit("/admin").text()
    assert "3 posts wait" in overview and "A board" in overview and "For each user" not in overview
    assert "3 posts wait" in grace.client.get("/admin/cards").text
    dashboard = grace.visit("/dashboard").text()
    assert "3 posts wait" not in dashboard and "For each user" in dashboard
    assert cards.are_quick(app)


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
