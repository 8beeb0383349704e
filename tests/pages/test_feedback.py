"""Feedback beside a field, as soon as it is left."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.pages.steps import ANSWERED, LONG_ENOUGH
from tests.screens import (
    Screens,
    at,
    become,
    fill_in_signup,
    hold,
    password_of,
    sign_up,
    slot,
    somebody,
    watch_posts,
    with_a_clock,
)

# What the longest sentence answers, in each field that is checked alone.
LONGEST_WORDS = {
    "username": "a b",
    "email": "a..b@example.com",
    "password": "abcabcabcabc",
    "new_password": "abcabcabcabc",
}
BAD_ADDRESS = "Enter an email address, like name@example.com."


def test_leaving_a_wrong_address_says_so_beside_the_field(screens: Screens) -> None:
    page = screens.open("/signup")
    leave_address(page, "nobody")
    expect(slot(page, "email")).to_have_text(f"Error: {BAD_ADDRESS}")
    expect(page.get_by_label("Email address")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("path", ["/signup", "/account", "/account/password"])
def test_no_word_beside_a_field_moves_anything(screens: Screens, path: str, language: str, width: int) -> None:
    page = screens.open(viewport={"width": width, "height": 1600}, locale=language)
    page = at(path, page) if path == "/signup" else become(page, somebody(), path)
    before = places(page)
    for field, wrong in LONGEST_WORDS.items():
        if page.locator(f"#{field}").count():
            page.locator(f"#{field}").fill(wrong)
            page.locator(f"#{field}").blur()
            expect(slot(page, field)).to_have_text(re.compile(r"\w"))
    assert places(page) == before
    for field in page.locator("[autocomplete=new-password]").all():
        field.fill("staple horse battery")
        field.blur()
        expect(page.locator(".strength")).to_have_text(re.compile(r"\w"))
        assert places(page) == before


def test_correcting_the_address_clears_the_slot(screens: Screens) -> None:
    page = screens.open("/signup")
    leave_address(page, "nobody")
    expect(slot(page, "email")).to_contain_text(BAD_ADDRESS)
    leave_address(page, "somebody@example.com")
    expect(slot(page, "email")).to_have_text("")
    expect(page.get_by_label("Email address")).not_to_have_attribute("aria-invalid", re.compile(".*"))


def test_a_check_sends_its_own_field_alone(screens: Screens) -> None:
    page = screens.open("/signup")
    fill_in_signup(page, somebody()._replace(email=""))
    with page.expect_request("**/signup/email") as sent:
        leave_address(page, "nobody")
    assert fields(sent.value) == {"email": ["nobody"]}


def test_a_taken_name_is_said_as_soon_as_the_field_is_left(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page.goto("/signup")
    page.get_by_label("User name").fill(person.name.upper())
    page.keyboard.press("Tab")
    expect(slot(page, "username")).to_have_text("Error: That user name is taken. Choose another.")


def test_visiting_empty_fields_says_nothing(screens: Screens) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    page.get_by_label("User name").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.wait_for_timeout(LONG_ENOUGH)
    assert posts == []
    expect(page.locator("p.error", has_text=re.compile("."))).to_have_count(0)


def test_the_slot_stays_in_the_page_and_only_its_inside_changes(screens: Screens) -> None:
    page = screens.open("/signup")
    node = slot(page, "email").element_handle()
    page.evaluate(
        """() => {
          window.changed = [];
          new MutationObserver((changes) => window.changed.push(...changes.map((change) => change.target.id)))
            .observe(document.body, { childList: true, subtree: true });
        }"""
    )
    leave_address(page, "nobody")
    expect(slot(page, "email")).to_contain_text(BAD_ADDRESS)
    assert node.get_attribute("aria-live") == "polite"
    assert node.evaluate("node => node === document.getElementById('email-error')")
    assert set(page.evaluate("window.changed")) == {"email-error"}


def test_typing_on_while_a_check_is_under_way_is_not_overwritten(screens: Screens) -> None:
    page = screens.open("/signup")
    held = hold(page, "**/signup/email")
    with page.expect_request("**/signup/email"):
        leave_address(page, "nobody")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    page.keyboard.type("@example.com")
    held[0].continue_()
    expect(slot(page, "email")).to_contain_text(BAD_ADDRESS)
    expect(page.get_by_label("Email address")).to_have_value("nobody@example.com")
    expect(page.get_by_label("Email address")).to_be_focused()


def test_a_check_does_not_take_back_what_the_submit_said_of_the_address(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page = with_a_clock(page, "/signup")
    fill_in_signup(page, somebody()._replace(email=""))
    type_and_press_enter(page, page.get_by_label("Email address"), person.email)
    expect(slot(page, "email")).to_have_text("Error: Email already registered.")
    page.clock.run_for(LONG_ENOUGH)
    page.wait_for_timeout(ANSWERED)
    expect(slot(page, "email")).to_have_text("Error: Email already registered.")


def test_a_check_does_not_take_back_what_the_submit_said_of_the_password(screens: Screens) -> None:
    page, person = with_a_clock(screens.open(), "/signup"), somebody()
    fill_in_signup(page, person._replace(password=""))
    type_and_press_enter(page, password_of(page), person.name)
    expect(slot(page, "password")).to_contain_text("made of your name")
    page.clock.run_for(LONG_ENOUGH)
    page.wait_for_timeout(ANSWERED)
    expect(slot(page, "password")).to_contain_text("made of your name")


def places(page: Page) -> list[object]:
    """Where each field and button is."""
    return [control.bounding_box() for control in page.locator("main form :is(input, button):visible").all()]


def leave_address(page: Page, text: str) -> None:
    """Type as people do, and go on to the next field."""
    page.get_by_label("Email address").fill("")
    page.get_by_label("Email address").press_sequentially(text)
    page.keyboard.press("Tab")


def type_and_press_enter(page: Page, field: Locator, text: str) -> None:
    """And stop the clock: the check that is due after a while is still to come when the form's answer is there."""
    field.press_sequentially(text)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
    page.keyboard.press("Enter")


def fields(request: Request) -> dict[str, list[str]]:
    """What was sent in the body."""
    return parse_qs(request.post_data or "", keep_blank_values=True)
