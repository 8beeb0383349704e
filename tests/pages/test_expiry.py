"""A session that is about to end, and the page that says so."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.pages.steps import ANSWERED, confirm, log_in_with
from tests.screens import (
    ASKED,
    IN_THE_LAST_TWO_MINUTES,
    IT_IS_OVER,
    LAST_MINUTE_OF_THE_DAY,
    OVER,
    PHONE,
    Screens,
    become,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    path,
    press,
    somebody,
    told_too_late,
    warned,
    warning,
    with_half_a_name,
)

IN_AN_HOUR = re.compile(
    r"^This session ends (in (60|59|58):\d\d|at .* \(in about (60|59) minutes\)), unless you go on\.$"
)
IS_IN_SIGHT = """field => {
  const { left, top, right, bottom } = field.getBoundingClientRect();
  const corners = [[left + 9, top + 3], [left + 9, bottom - 3], [right - 9, bottom - 3]];
  return corners.every(([x, y]) => document.elementFromPoint(x, y) === field);
}"""


def test_two_minutes_before_the_end_the_page_warns_without_taking_the_focus(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    region = page.locator(".expiry").element_handle()
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_be_visible()
    expect(warning(page)).to_contain_text("unless you go on")
    assert region.evaluate("node => node.isConnected && node.getAttribute('role') === 'status'")
    assert_half_a_name(page)


def test_a_page_whose_session_was_seen_elsewhere_does_not_warn(screens: Screens) -> None:
    page, _ = with_half_a_name(screens)
    for _ in range(2):
        with page.expect_response("**/expiry"):
            page.clock.fast_forward(ASKED)
        page.wait_for_timeout(ANSWERED)
        expect(page.locator("#expiry-notice")).not_to_contain_text("This session ends")
    assert_half_a_name(page)


def test_staying_logged_in_puts_the_end_off_in_place(screens: Screens) -> None:
    page, person = warned(screens)
    stay(page)
    expect(page.get_by_text("You stay logged in.")).to_be_focused()
    expect(warning(page)).to_have_count(0)
    expect(page.get_by_label("User name")).to_have_value("half a na")
    assert page.evaluate("window.marker")
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_be_visible()
    expect(page.get_by_text("You stay logged in.")).to_have_count(0)


def test_staying_logged_in_gives_the_session_another_hour(screens: Screens) -> None:
    page, _ = warned(screens)
    stay(page)
    expect(page.get_by_text("You stay logged in.")).to_be_visible()
    assert_ends_in_an_hour(page)


def test_a_session_at_the_end_of_its_day_asks_for_the_password(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_contain_text("however busy you are")
    expect(page.get_by_role("button", name="Stay logged in")).to_have_count(0)
    assert_half_a_name(page)


def test_confirming_the_password_begins_another_day(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.goto("/expiry")
    page.get_by_role("link", name="Confirm your password to stay").click()
    confirm(page, person)
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    expect(warning(page)).to_have_count(0)
    assert_ends_in_an_hour(page)


def test_without_javascript_too_a_page_in_the_last_two_minutes_of_the_day_warns(screens: Screens) -> None:
    page = become(screens.open(javascript=False), person := somebody())
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.goto("/account")
    expect(warning(page)).to_contain_text("however busy you are")


def test_confirming_the_password_leaves_what_was_typed(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.clock.fast_forward(ASKED)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Confirm your password to stay").click()
    confirm(opened.value, person)
    expect(heading(opened.value)).to_have_text(f"Welcome back, {person.name}!")
    page.clock.fast_forward(62_000)
    expect(warning(page)).to_have_count(0)
    expect(page.get_by_label("User name")).to_have_value("half a na")
    page.get_by_label("User name").fill(name := somebody().name)
    press(page, "Save user name")
    expect(flashes(page)).to_have_text(f"Your user name is {name} now.")


def test_a_session_that_is_over_says_so_and_leaves_what_was_typed(screens: Screens) -> None:
    page, _ = told_too_late(screens)
    assert path(page) == "/account"
    assert_half_a_name(page)


def test_what_a_page_whose_session_is_over_promises_is_kept(screens: Screens) -> None:
    screens.expect_trouble("status of 401")
    page, person = told_too_late(screens)
    press(page, "Save user name")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(page.get_by_label("User name")).to_have_value("half a na")


@pytest.mark.parametrize("unseen", [IN_THE_LAST_TWO_MINUTES, OVER])
def test_what_the_page_tells_of_the_end_does_not_cover_the_field(screens: Screens, unseen: timedelta) -> None:
    page, person = with_half_a_name(screens, viewport=PHONE)
    field = page.get_by_label("User name")
    field.evaluate("field => scrollTo(0, scrollY + field.getBoundingClientRect().bottom + 5 - innerHeight)")
    let_pass(screens.server, person, unseen=unseen)
    page.clock.fast_forward(ASKED)
    expect(page.locator(".expiry .shown")).to_be_visible()
    assert field.evaluate(IS_IN_SIGHT)
    assert_half_a_name(page)


def test_a_page_that_gets_no_answer_keeps_quiet_and_asks_again(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_|htmx:error")
    page, person = with_half_a_name(screens)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(ASKED)
    page.wait_for_timeout(ANSWERED)
    expect(flashes(page)).to_have_text("")
    page.context.set_offline(False)
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(31_000)
    expect(warning(page)).to_be_visible()
    assert_half_a_name(page)


@pytest.mark.parametrize("headers", [{}, {"Vary": "HX-Request"}], ids=["a proxy", "the server itself"])
def test_a_page_that_hears_of_trouble_asks_again(screens: Screens, headers: dict[str, str]) -> None:
    screens.expect_trouble("status of 503")
    page, person = with_half_a_name(screens)
    trouble = {"content_type": "text/html", "body": "trouble", "headers": headers}
    page.route("**/expiry", lambda route: route.fulfill(status=503, **trouble))
    with page.expect_response("**/expiry"):
        page.clock.fast_forward(ASKED)
    page.wait_for_timeout(ANSWERED)
    expect(page.get_by_text("trouble")).to_have_count(0)
    expect(flashes(page)).to_have_text("")
    page.unroute("**/expiry")
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(31_000)
    expect(warning(page)).to_be_visible()


def test_a_session_that_somebody_ended_promises_nothing(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    other = log_in_with(screens, person, "Firefox on Windows")
    other.goto("/account/sessions")
    press(other, "Log out Chrome on Linux")
    expect(flashes(other)).to_have_text("Chrome on Linux is logged out.")
    page.clock.fast_forward(ASKED)
    expect(page.locator(".expiry")).to_contain_text("keep a copy of it before you log in again")
    assert_half_a_name(page)


def test_a_session_that_nobody_put_off_says_that_it_is_over(screens: Screens) -> None:
    page, person = warned(screens)
    let_pass(screens.server, person, unseen=OVER)
    page.clock.fast_forward(92_000)
    expect(page.locator(".expiry")).to_contain_text(IT_IS_OVER)
    assert_half_a_name(page)


def test_staying_logged_in_too_late_says_that_it_is_over(screens: Screens) -> None:
    page, person = warned(screens)
    let_pass(screens.server, person, unseen=OVER)
    stay(page)
    expect(page.locator(".expiry")).to_contain_text(IT_IS_OVER)
    expect(page.get_by_label("User name")).to_have_value("half a na")
    assert page.evaluate("window.marker")


def test_the_page_about_the_end_puts_it_off(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.goto("/expiry")
    expect(heading(page)).to_have_text("Stay logged in?")
    press(page, "Stay logged in")
    expect(page.get_by_text("You stay logged in.") if javascript else page.locator("#dashboard-panel")).to_be_visible()
    assert_ends_in_an_hour(page)


def assert_ends_in_an_hour(page: Page) -> None:
    """Asked for in a way that does not itself put the end off."""
    page.goto("/expiry")
    expect(page.locator("#expiry-notice p")).to_have_text(IN_AN_HOUR)


def assert_half_a_name(page: Page) -> None:
    """Nothing has disturbed whoever is typing it."""
    expect(page.get_by_label("User name")).to_have_value("half a na")
    expect(page.get_by_label("User name")).to_be_focused()
    assert page.evaluate("window.marker")


def stay(page: Page) -> None:
    page.get_by_role("button", name="Stay logged in").click()
