"""The dashboard and its panel."""

import pytest
from flask import Flask

from db import Database, dashboard, events, users
from tests.browser import Browser
from tests.fixtures import Clock, log_in, logged_in


def test_it_greets_by_name_and_tells_the_role(alice: Browser) -> None:
    alice.visit("/dashboard")
    assert alice.heading() == "Welcome back, alice!"
    assert "Role: user" in " ".join(alice.page.text.split())


def test_the_panel_is_refreshed_in_place_or_by_a_page(app: Flask, alice: Browser, clock: Clock) -> None:
    assert "As of 15:09 UTC" in alice.visit("/dashboard").page.select("#dashboard-panel small")[-1].text
    log_in(Browser(app), "alice")
    clock.advance(minutes=3)
    alice.refresh("refresh")
    assert alice.heading() == "Welcome back, alice!"
    panel = alice.page.select_one("#dashboard-panel")
    assert panel is not None and "2 browsers" in " ".join(panel.text.split())
    assert "15:12 UTC" in panel.select("small")[-1].text


def test_the_panel_tells_where_one_is_logged_in(alice: Browser, app: Flask) -> None:
    log_in(Browser(app), "alice")
    sessions = alice.visit("/dashboard").page.select("#dashboard-panel .halves li a[href^='/account/sessions/']")
    assert len(sessions) == 2 and alice.visit(str(sessions[0]["href"])).heading() == "Session"


def test_failed_log_ins_since_the_last_visit_are_counted(app: Flask, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice")
    alice.visit("/logout").submit("logout-form")
    assert _failed(log_in(alice, "alice")) == "0"
    alice.visit("/logout").submit("logout-form")
    for _ in range(3):
        clock.advance(minutes=1)
        log_in(Browser(app), "alice", password="wrong")
    clock.advance(minutes=1)
    assert _failed(log_in(alice, "alice")) == "3"
    assert "was it you?" in alice.text()
    alice.visit("/logout").submit("logout-form")
    clock.advance(minutes=1)
    assert _failed(log_in(alice, "alice")) == "0"


def test_the_chart_has_a_bar_a_day_and_its_numbers_in_a_table(app: Flask, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(days=1)
    log_in(Browser(app), "alice")
    clock.advance(days=2)
    log_in(Browser(app), "alice", password="wrong")
    alice = log_in(Browser(app), "alice")
    assert _numbers(alice) == {"17 Mar 2026": ["1", "1"], "15 Mar 2026": ["1", "0"], "14 Mar 2026": ["1", "0"]}
    assert len(alice.page.select("#logins-chart tbody tr")) == 30
    assert len(alice.page.select("rect.logins")) == 3 and len(alice.page.select("rect.failed")) == 1
    assert "3 log-ins and 1 failed log-in;" in alice.page.select("svg desc")[0].text
    clock.advance(days=27)
    assert list(_numbers(log_in(Browser(app), "alice"))) == ["13 Apr 2026", "17 Mar 2026", "15 Mar 2026"]


def test_until_three_days_have_numbers_the_last_five_events_stand_there(
    alice: Browser, app: Flask, clock: Clock
) -> None:
    assert _newest(alice.visit("/dashboard")) == ["Logged in", "Signed up"]
    for _ in range(5):
        log_in(Browser(app), "alice", password="wrong")
    assert _newest(alice.visit("/dashboard")) == ["Failed log-in"] * 5
    clock.advance(days=1)
    assert _newest(log_in(alice, "alice").visit("/dashboard"))[0] == "Logged in"
    assert not alice.page.select("#logins-chart")
    assert alice.page.select("#dashboard-panel a[href='/account/activity']")[-1].text == "All activity"
    clock.advance(days=1)
    assert not _newest(log_in(alice, "alice").visit("/dashboard"))
    assert alice.page.select("#logins-chart")


def test_without_any_event_the_place_says_what_will_stand_there(alice: Browser, db: Database) -> None:
    db.run("DELETE FROM events")
    db.run("DELETE FROM user_days")
    empty = alice.visit("/dashboard").page.select_one("#dashboard-panel .empty")
    assert empty and empty.text == "Nothing yet. Log-ins and changes will be listed here."


def test_one_sentence_says_first_whether_all_is_well(alice: Browser, app: Flask, clock: Clock) -> None:
    assert _gist(alice) == "You are logged in here only; nothing unusual since 15:09 UTC."
    log_in(Browser(app), "alice")
    assert _gist(alice) == "You are logged in with 2 browsers; nothing unusual since 15:09 UTC."
    log_in(Browser(app), "alice", password="wrong")
    told = "You are logged in with 2 browsers. 1 log-in failed since 15:09 UTC: was it you?"
    assert _gist(alice) == told
    log_in(Browser(app), "alice", password="wrong")
    assert _gist(alice) == told.replace("1 log-in failed", "2 log-ins failed")
    (link,) = alice.page.select("#panel-gist a")
    assert link["href"] == "/account/activity?kind=login_failed&since=2026-03-14"
    assert len(alice.visit(str(link["href"])).page.select("#activity-list .event.warning")) == 2


def test_the_first_sentence_is_german_in_german(alice: Browser, app: Flask) -> None:
    alice.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert _gist(alice) == "Sie sind nur hier angemeldet; nichts Ungewöhnliches seit 15:09 UTC."
    for _ in range(2):
        log_in(Browser(app), "alice", password="wrong")
    told = "Sie sind nur hier angemeldet. 2 fehlgeschlagene Anmeldungen seit 15:09 UTC: Waren Sie das?"
    assert _gist(alice) == told


def test_a_user_whose_sign_up_has_no_date_is_told_without_one(alice: Browser, app: Flask, db: Database) -> None:
    db.run("UPDATE users SET created_at = ''")
    db.run("UPDATE sessions SET last_visit_at = NULL")
    assert _gist(alice) == "You are logged in here only; nothing unusual."
    log_in(Browser(app), "alice", password="wrong")
    assert _gist(alice) == "You are logged in here only. 1 log-in failed: was it you?"


def test_a_bar_leads_to_the_own_events_of_its_day(app: Flask, clock: Clock) -> None:
    logged_in(Browser(app), "alice")
    clock.advance(days=1)
    log_in(Browser(app), "alice", password="wrong")
    log_in(Browser(app), "alice")
    clock.advance(days=1)
    alice = log_in(Browser(app), "alice")
    links = {str(link["aria-label"]): str(link["href"]) for link in alice.page.select(".hits a")}
    assert links == {
        "14 March: 1 log-in": "/account/activity?kind=logged_in&since=2026-03-14&until=2026-03-14",
        "16 March: 1 log-in": "/account/activity?kind=logged_in&since=2026-03-16&until=2026-03-16",
        "15 March: 1 log-in and 1 failed log-in": "/account/activity?since=2026-03-15&until=2026-03-15",
    }
    assert {alice.client.get(address).status_code for address in links.values()} == {200}


def test_days_are_summed_whoever_writes_the_event(app: Flask, db: Database, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice")
    for at in ("2026-03-10 23:59:59", "2026-03-11 00:00:00", "2026-03-11 12:00:00"):
        events.add(db, 1, "login_failed", None, "", "-", "", "", at)
    events.add(db, None, "login_failed", None, "", "-", "", "", "2026-03-11 12:00:00")
    events.add(db, 1, "confirmed", None, "", "-", "", "", "2026-03-11 12:00:00")
    found = _numbers(alice.visit("/dashboard"))
    assert found == {"14 Mar 2026": ["1", "0"], "11 Mar 2026": ["0", "2"], "10 Mar 2026": ["0", "1"]}


@pytest.mark.parametrize("since", ["2026-03-10 12:00:00", "2026-03-09 23:59:59", "", "2026-03-11 12:00:01", "nonsense"])
def test_failed_log_ins_are_counted_from_the_very_second(app: Flask, db: Database, since: str) -> None:
    logged_in(Browser(app), "alice")
    times = ["2026-03-10 11:59:59", "2026-03-10 12:00:00", "2026-03-10 23:59:59", "2026-03-11 00:00:00"]
    for at in times:
        events.add(db, 1, "login_failed", None, "", "-", "", "", at)
    user = users.by_id(db, 1)
    assert user and dashboard.read(db, user, "2026-03-01", since).failed == sum(at >= since for at in times)


def test_the_check_list_tells_what_would_be_safer(app: Flask, clock: Clock) -> None:
    alice = log_in(logged_in(Browser(app), "alice").visit("/logout").submit("logout-form"), "alice", remember="yes")
    assert len(alice.page.select(".checklist .done")) == 3
    clock.advance(days=8)
    alice = log_in(Browser(app), "alice")
    todo = {str(link["href"]): link.text for link in alice.page.select(".checklist .open a")}
    assert todo == {
        "/account/sessions": "End the sessions that nobody used for a week",
        "/account/security": "Ask for more than the password",
    }
    clock.advance(days=366)
    alice = log_in(Browser(app), "alice")
    todo = {str(link["href"]): link.text for link in alice.page.select(".checklist .open a")}
    del todo["/account/security"]
    assert todo == {"/account/password": "Choose a new password: yours is over a year old"}


@pytest.mark.parametrize(("days", "queries"), [(1, 3), (3, 2)], ids=["newcomer", "settled"])
def test_the_dashboard_takes_a_few_queries(
    app: Flask, db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch, days: int, queries: int
) -> None:
    alice = logged_in(Browser(app), "alice")
    for _ in range(1, days):
        clock.advance(days=1)
        log_in(alice, "alice")
    asked: list[str] = []
    for verb in ("one", "all", "run"):
        real = getattr(db, verb)
        monkeypatch.setattr(
            db, verb, lambda sql, *read, real=real, **values: asked.append(sql) or real(sql, *read, **values)
        )
    alice.client.get("/dashboard")
    assert len([sql for sql in asked if "token_hash = :token_hash" in sql]) == 1
    assert len(asked) == queries


def test_the_panel_answers_both_worlds_under_one_address(alice: Browser) -> None:
    assert "<html" in alice.client.get("/dashboard/panel").text
    part = alice.client.get("/dashboard/panel", headers={"HX-Request": "true"})
    assert "<html" not in part.text and 'id="dashboard-panel"' in part.text
    assert "HX-Request" in part.headers["Vary"] and part.headers["Cache-Control"] == "no-store"


def test_a_stranger_is_sent_to_log_in_and_back(browser: Browser, htmx: bool) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    answer = browser.client.get("/dashboard/panel", headers=headers)
    address = answer.headers["HX-Redirect" if htmx else "Location"]
    assert (answer.status_code, address) == (401 if htmx else 303, "/login?next=/dashboard/panel")


def test_the_way_back_from_a_part_leads_to_its_page(app: Flask) -> None:
    client = app.test_client()
    for page, way in (
        ("http://localhost/dashboard?from=here", "/dashboard?from%3Dhere"),
        ("https://evil.example/dashboard", "/dashboard"),
        ("javascript:alert(1)", "alert(1)"),
        ("", "/dashboard/panel"),
        ("http://[", "/dashboard/panel"),
    ):
        headers = {"HX-Request": "true", "HX-Current-URL": page}
        answer = client.get("/dashboard/panel", headers=headers)
        assert answer.headers["HX-Redirect"] == f"/login?next={way}"


def test_a_session_that_ended_meanwhile_leads_to_the_log_in_page(alice: Browser, clock: Clock) -> None:
    alice.visit("/dashboard")
    clock.advance(hours=2)
    alice.refresh("refresh")
    assert alice.path == "/login?next=/dashboard/panel"


def test_no_page_of_it_is_kept_by_a_browser(alice: Browser) -> None:
    for path in ("/dashboard", "/logout", "/dashboard/panel"):
        assert alice.client.get(path).headers["Cache-Control"] == "no-store"


def test_the_welcome_page_leads_on_who_is_logged_in(alice: Browser, app: Flask) -> None:
    assert alice.visit("/").path == "/dashboard"
    stranger = Browser(app).visit("/")
    links = {str(link["href"]) for link in stranger.page.select("main a")}
    assert links == {"/signup", "/login"}


def _failed(browser: Browser) -> str:
    """What the panel's second card says."""
    number = browser.visit("/dashboard").page.select("#dashboard-panel .card dd")[1]
    return str(number.contents[0]).strip()


def _gist(browser: Browser) -> str:
    """The panel's first sentence, or two."""
    gist = browser.visit("/dashboard").page.select_one("#dashboard-panel #panel-gist")
    assert gist
    return " ".join(gist.text.split())


def _newest(browser: Browser) -> list[str]:
    return [event.text for event in browser.page.select("#dashboard-panel .event strong")]


def _numbers(browser: Browser) -> dict[str, list[str]]:
    """The days on which anything happened, from the chart's table."""
    rows = {row.th.text: [cell.text for cell in row.select("td")] for row in browser.page.select("tbody tr") if row.th}
    return {day: numbers for day, numbers in rows.items() if numbers != ["0", "0"]}
