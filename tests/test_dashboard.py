"""The dashboard and its panel."""

from flask import Flask

from tests.browser import Browser
from tests.conftest import Clock, log_in


def test_it_greets_by_name_and_tells_the_role(alice: Browser) -> None:
    alice.visit("/dashboard")
    assert alice.heading() == "Welcome back, alice!"
    assert "Role: user" in " ".join(alice.page.text.split())


def test_the_panel_is_refreshed_in_place_or_by_a_page(app: Flask, alice: Browser, clock: Clock) -> None:
    assert "14 March 2026, 15:09 UTC" in alice.visit("/dashboard").page.select("#dashboard-panel small")[-1].text
    log_in(Browser(app), "alice")
    clock.advance(minutes=3)
    alice.refresh("refresh")
    assert alice.heading() == "Welcome back, alice!"
    panel = alice.page.select_one("#dashboard-panel")
    assert panel is not None and "2 browsers" in " ".join(panel.text.split())
    assert "15:12 UTC" in panel.select("small")[-1].text


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
