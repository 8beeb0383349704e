"""The list of sessions."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.pages.steps import AGENTS, assert_is_in, assert_is_out, log_in_with
from tests.screens import (
    OVER,
    Person,
    Screens,
    become,
    flashes,
    heading,
    let_pass,
    marked,
    path,
    press,
    somebody,
)


def test_a_session_ended_from_the_list_is_over_at_its_next_request(screens: Screens, javascript: bool) -> None:
    page, person = at_sessions(screens, "Firefox on Windows", javascript=javascript)
    other = log_in_with(screens, person, "Edge on Windows")
    page.reload()
    press(page, "Log out Edge on Windows")
    expect(flashes(page)).to_have_text("Edge on Windows is logged out.")
    expect(end_buttons(page)).to_have_text(["Log out Firefox on Windows"])
    assert_is_out(other)
    assert_is_in(page)


def test_ending_a_session_changes_the_list_in_place(screens: Screens) -> None:
    page, _ = at_sessions(screens, "Firefox on Windows")
    title = heading(marked(page)).element_handle()
    press(page, "Log out Firefox on Windows")
    expect(end_buttons(page)).to_have_count(0)
    assert page.evaluate("window.marker")
    assert title.evaluate("node => node.isConnected")
    assert path(page) == "/account/sessions"
    expect(page).to_have_title(re.compile("^Sessions"))


def test_the_focus_goes_to_the_neighbour_of_the_session_that_was_ended(screens: Screens) -> None:
    page, _ = at_sessions(screens, *AGENTS)
    first, second, third = end_buttons(page).all_inner_texts()
    for ended, focused in ((second, third), (third, first)):
        press(page, ended)
        expect(page.get_by_role("button", name=ended)).to_have_count(0)
        expect(page.get_by_role("button", name=focused)).to_be_focused()
    press(page, first)
    expect(page.get_by_text("You are logged in nowhere else.")).to_be_focused()


def test_all_other_sessions_are_ended_at_once(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    others = [log_in_with(screens, person, device) for device in AGENTS]
    page.goto("/account/sessions")
    press(page, "Log out all other sessions")
    expect(flashes(page)).to_have_text("3 other sessions ended.")
    expect(page.get_by_text("You are logged in nowhere else.")).to_be_visible()
    for other in others:
        assert_is_out(other)
    assert_is_in(page)


def test_ending_all_others_happens_in_place_and_the_focus_goes_to_the_sentence(screens: Screens) -> None:
    page, _ = at_sessions(screens, *AGENTS)
    press(marked(page), "Log out all other sessions")
    expect(page.get_by_text("You are logged in nowhere else.")).to_be_focused()
    assert page.evaluate("window.marker")


def test_two_tabs_end_one_session(screens: Screens, javascript: bool) -> None:
    page, _ = at_sessions(screens, "Firefox on Windows", javascript=javascript)
    tab = page.context.new_page()
    tab.goto("/account/sessions")
    press(page, "Log out Firefox on Windows")
    expect(flashes(page)).to_have_text("Firefox on Windows is logged out.")
    press(tab, "Log out Firefox on Windows")
    expect(flashes(tab)).to_have_text("That session had ended already.")
    expect(end_buttons(tab)).to_have_count(0)


def test_a_session_is_ended_from_its_own_page(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    other = log_in_with(screens, person, "Firefox on Windows")
    page.goto("/account/sessions")
    page.get_by_role("link", name="Firefox on Windows").click()
    expect(page.get_by_text("Logged in", exact=True)).to_be_visible()
    press(page, "Log out this session")
    expect(flashes(page)).to_have_text("Firefox on Windows is logged out.")
    assert_is_out(other)


def test_ending_a_session_in_a_session_that_is_over_leads_to_the_log_in_page(
    screens: Screens, javascript: bool
) -> None:
    screens.expect_trouble("status of 401")
    page, person = at_sessions(screens, "Firefox on Windows", javascript=javascript)
    let_pass(screens.server, person, unseen=OVER)
    press(page, "Log out Firefox on Windows")
    expect(heading(page)).to_have_text("Log in")
    expect(page.locator("#session-list")).to_have_count(0)


def at_sessions(screens: Screens, *devices: str, javascript: bool = True) -> tuple[Page, Person]:
    """The list of the sessions of somebody who is logged in with these too."""
    page = become(screens.open(javascript=javascript), person := somebody())
    for device in devices:
        log_in_with(screens, person, device)
    page.goto("/account/sessions")
    return page, person


def end_buttons(page: Page) -> Locator:
    return page.get_by_role("listitem").get_by_role("button", name=re.compile("^Log out"))
