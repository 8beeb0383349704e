"""The admin's numbers, which stay fresh."""

import re
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from db import events, stored
from tests.pages.steps import ADMIN_OF, ANSWERED, failed, failed_card
from tests.screens import (
    PHONE,
    Screens,
    admin_at,
    become,
    fail_to_get_in,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    marked,
    path,
    press,
    promote,
    somebody,
)

# The cards are asked for so often, in milliseconds.
CARDS_EVERY = 30_000
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HIDDEN = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => %s })"


def test_the_numbers_are_refreshed_by_a_button(screens: Screens, javascript: bool) -> None:
    page = admin_at(screens, "/admin", javascript=javascript)
    before = failed(page)
    fail_to_get_in(screens.open(), somebody())
    page.get_by_role("link", name="Refresh").click()
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))
    expect(heading(page)).to_have_text("Admin" if javascript else "In numbers")
    assert path(page) == ("/admin" if javascript else "/admin/cards")


def test_refreshing_in_place_keeps_the_page_and_the_focus(screens: Screens) -> None:
    page = marked(admin_at(screens, "/admin"))
    before = failed(page)
    fail_to_get_in(screens.open(), somebody())
    page.get_by_role("link", name="Refresh").focus()
    page.keyboard.press("Enter")
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))
    expect(page.get_by_role("link", name="Refresh")).to_be_focused()
    assert page.evaluate("window.marker")


def test_the_numbers_are_refreshed_by_themselves_and_leave_the_focus(screens: Screens) -> None:
    page = with_clock(screens)
    link = page.locator(".event a").first
    link.focus()
    before = failed(page)
    for more in (1, 2):
        fail_to_get_in(screens.open(), somebody())
        page.clock.run_for(CARDS_EVERY)
        expect(failed_card(page)).to_have_text(re.compile(f"^{before + more} usually"))
        expect(link).to_be_focused()
    assert page.evaluate("window.marker")
    assert path(page) == "/admin"


@pytest.mark.parametrize("name", ["Refresh", "People"])
def test_whatever_has_the_focus_within_the_numbers_keeps_it(screens: Screens, name: str) -> None:
    page = with_clock(screens)
    link = page.locator("#admin-cards").get_by_role("link", name=name)
    link.focus()
    before = failed(page)
    fail_to_get_in(screens.open(), somebody())
    page.clock.run_for(CARDS_EVERY)
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))
    expect(link).to_be_focused()


def test_a_hidden_page_asks_nothing_until_it_is_seen_again(screens: Screens) -> None:
    page, asked = with_clock(screens), []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(HIDDEN % "true")
    for _ in range(3):
        page.clock.run_for(CARDS_EVERY)
    page.wait_for_timeout(ANSWERED)
    assert asked == []
    page.evaluate(HIDDEN % "false")
    with page.expect_response("**/admin/cards"):
        page.clock.run_for(CARDS_EVERY)


def test_numbers_that_do_not_come_are_asked_for_again(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_|htmx:error")
    page = with_clock(screens)
    before = failed(page)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.clock.run_for(CARDS_EVERY)
    page.wait_for_timeout(ANSWERED)
    expect(flashes(page)).to_have_text("")
    page.context.set_offline(False)
    fail_to_get_in(screens.open(), somebody())
    page.clock.run_for(CARDS_EVERY)
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))


def test_numbers_asked_for_after_the_end_of_the_session_lead_to_the_log_in_page_and_back(screens: Screens) -> None:
    screens.expect_trouble("status of 401")
    page = with_clock(screens)
    let_pass(screens.server, ADMIN_OF[page], unseen=timedelta(hours=2))
    page.clock.run_for(CARDS_EVERY)
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, ADMIN_OF[page])
    press(page, "Log in")
    expect(heading(page)).to_have_text("Admin")


def test_the_pictures_tell_of_more_days(screens: Screens, javascript: bool) -> None:
    page = admin_at(screens, "/admin", javascript=javascript)
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("img", name="Sign-ups in the last 13 weeks")).to_be_visible()
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    page.get_by_text("The same in numbers").first.click()
    expect(page.locator("#signups-chart").get_by_role("rowheader")).to_have_count(91)


def test_more_days_come_in_place_with_an_address_of_their_own(screens: Screens) -> None:
    page = marked(admin_at(screens, "/admin"))
    more = page.get_by_role("link", name="90 days")
    more.focus()
    place = more.bounding_box()
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="Log-ins in the last 13 weeks")).to_be_visible()
    expect(more).to_be_focused()
    assert more.bounding_box() == place
    assert page.evaluate("window.marker") and page.url.endswith("/admin?days=90")
    page.go_back()
    expect(page.get_by_role("img", name="Log-ins in the last 30 days")).to_be_visible()
    assert path(page) == "/admin"


def test_a_bar_says_what_it_is_when_it_is_pointed_at_or_focused(screens: Screens) -> None:
    page = admin_at(screens, "/admin", viewport=PHONE)
    bar = page.locator("#logins-chart .hits a").last
    assert words_of(bar) == "none"
    bar.hover()
    assert "log-in" in words_of(bar)
    page.mouse.move(0, 0)
    bar.focus()
    page.keyboard.press("ArrowRight")
    expect(bar).to_be_focused()
    assert "log-in" in words_of(bar)
    assert page.evaluate(OVERFLOW) <= 0
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Events")


def test_escape_takes_a_bars_words_away_until_another_is_looked_at(screens: Screens) -> None:
    page = admin_at(screens, "/admin")
    bar = page.locator("#logins-chart .hits a").last
    bar.hover()
    assert "log-in" in words_of(bar)
    page.keyboard.press("Escape")
    assert words_of(bar) == "none"
    bar.focus()
    assert "log-in" in words_of(bar)
    page.keyboard.press("Escape")
    assert words_of(bar) == "none"
    page.mouse.move(0, 0)
    bar.hover()
    assert "log-in" in words_of(bar)


def test_the_arrows_lead_from_bar_to_bar(screens: Screens) -> None:
    page = admin_at(screens, "/admin")
    with closing(screens.server.database()) as db:
        events.add(db, None, "login_failed", None, "", "-", "", "", stored(db.clock() - timedelta(days=1)))
    page.reload()
    bars = page.locator("#logins-chart .hits a")
    bars.last.focus()
    page.keyboard.press("ArrowLeft")
    expect(bars.nth(-2)).to_be_focused()
    expect(bars.nth(-2)).to_have_attribute("tabindex", "0")
    expect(bars.last).to_have_attribute("tabindex", "-1")
    page.keyboard.press("ArrowRight")
    expect(bars.last).to_be_focused()
    page.keyboard.press("Home")
    expect(bars.first).to_be_focused()
    page.keyboard.press("End")
    expect(bars.last).to_be_focused()


@pytest.mark.parametrize("days", [30, 90])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_labels_of_an_axis_lie_apart(screens: Screens, days: int, width: int) -> None:
    page = screens.open(
        f"/admin?days={days}", storage_state=screens.key("admin"), viewport={"width": width, "height": 800}, locale="de"
    )
    for chart in page.locator(".chart .axis").all():
        boxes = [label.bounding_box() for label in chart.locator("text").all() if label.is_visible()]
        edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
        assert len(edges) >= 3
        assert all(before[1] + 4 <= after[0] for before, after in pairwise(edges))
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("path", ["/admin", "/dashboard"])
@pytest.mark.parametrize("width", [320, 768])
def test_the_numbers_of_a_chart_fit(screens: Screens, path: str, width: int) -> None:
    key = screens.key("admin" if path == "/admin" else "busy")
    page = screens.open(path, storage_state=key, viewport={"width": width, "height": 800}, locale="de")
    page.locator(".chart summary").evaluate_all("all => all.forEach((one) => one.click())")
    numbers = page.locator(".numbers")
    expect(numbers.first).to_be_visible()
    assert max(numbers.evaluate_all("all => all.map((one) => one.scrollWidth - one.clientWidth)")) <= 0


def words_of(bar: Locator) -> str:
    """What the style sheet shows beside a bar."""
    return str(bar.evaluate("bar => getComputedStyle(bar, '::after').content"))


def with_clock(screens: Screens) -> Page:
    """An admin at the overview, with a clock that a test can move."""
    page = become(screens.open(), person := somebody())
    promote(screens.server, person)
    page.clock.install()
    page.goto("/admin")
    ADMIN_OF[page] = person
    return marked(page)
