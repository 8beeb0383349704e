"""Pressing a button: once, late, while an answer is under way."""

import pytest
from playwright.sync_api import expect

from tests.pages.steps import LONG_ENOUGH
from tests.screens import (
    Screens,
    fill_in_signup,
    flashes,
    heading,
    hold,
    press,
    somebody,
    type_over,
    watch_posts,
)


@pytest.mark.parametrize("held_for", [0, 400])
def test_a_click_from_a_field_that_was_just_changed_is_not_lost(screens: Screens, held_for: int) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    fill_in_signup(page, somebody())
    type_over(page.get_by_label("Email address"), "nobody")
    page.get_by_role("button", name="Sign up").click(delay=held_for)
    expect(page.get_by_label("Email address")).to_be_focused()
    page.wait_for_timeout(LONG_ENOUGH)
    assert posts.count("/signup") == 1


def test_an_answer_while_the_button_is_held_down_does_not_lose_the_click(screens: Screens) -> None:
    # So narrow that the sentence takes several lines, so high that no scrolling makes up for them.
    page = screens.open("/signup", viewport={"width": 320, "height": 1600})
    posts = watch_posts(page)
    held = hold(page, "**/signup/username")
    with page.expect_request("**/signup/username"):
        fill_in_signup(page, somebody()._replace(name="a b"))
    page.get_by_role("button", name="Sign up").hover()
    page.mouse.down()
    with page.expect_response("**/signup/username"):
        held[0].continue_()
    page.wait_for_timeout(LONG_ENOUGH)
    page.mouse.up()
    expect(page.get_by_role("alert")).to_be_visible()
    assert posts.count("/signup") == 1


def test_three_quick_clicks_send_one_form(screens: Screens) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    fill_in_signup(page, somebody())
    page.get_by_role("button", name="Sign up").click(click_count=3)
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert posts.count("/signup") == 1


def test_enter_in_a_field_sends_the_form(screens: Screens) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    fill_in_signup(page, somebody())
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert posts.count("/signup") == 1


def test_the_button_tells_that_the_form_is_under_way_and_keeps_the_focus(screens: Screens) -> None:
    page = screens.open("/signup")
    held = hold(page, "**/signup")
    fill_in_signup(page, somebody())
    with page.expect_request("**/signup"):
        press(page, "Sign up")
    expect(page.locator("#signup-form")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Sign up")).to_be_focused()
    held[0].continue_()
    expect(heading(page)).to_have_text("Log in")
