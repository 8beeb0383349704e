"""The profile."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.screens import (
    Screens,
    become,
    flashes,
    marked,
    press,
    sign_up,
    slot,
    somebody,
)


@pytest.mark.parametrize("field", ["User name", "Email address"])
def test_what_is_saved_alone_leaves_the_other_as_it_was(screens: Screens, javascript: bool, field: str) -> None:
    page = become(screens.open(javascript=javascript), person := somebody(), "/account")
    other = somebody()
    changed = person._replace(name=other.name) if field == "User name" else person._replace(email=other.email)
    page.get_by_label("User name").fill(other.name)
    page.get_by_label("Email address").fill(other.email)
    press(page, f"Save {field[0].lower()}{field[1:]}")
    expect(flashes(page)).to_contain_text(f"Your {field[0].lower()}{field[1:]} is")
    page.goto("/account")
    expect(page.get_by_label("User name")).to_have_value(changed.name)
    expect(page.get_by_label("Email address")).to_have_value(changed.email)


def test_an_error_takes_the_focus_to_its_field_and_leaves_the_other_form(screens: Screens) -> None:
    page = become(screens.open(), somebody(), "/account")
    page.get_by_label("Email address").fill("half an addre")
    page.get_by_label("User name").fill("a b")
    press(marked(page), "Save user name")
    expect(page).to_have_title(re.compile("^Error: Profile"))
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_label("Email address")).to_have_value("half an addre")
    assert page.evaluate("window.marker")


def test_a_taken_name_is_said_on_the_profile_as_soon_as_the_field_is_left(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, other := somebody())
    become(page, person := somebody(), "/account")
    leave_name(page, other.name.upper())
    expect(slot(page, "username")).to_have_text("Error: That user name is taken. Choose another.")
    leave_name(page, person.name.upper())
    expect(slot(page, "username")).to_have_text("")


def test_the_summary_goes_when_its_last_problem_is_corrected(screens: Screens) -> None:
    page = become(screens.open(), somebody(), "/account")
    page.get_by_label("User name").fill("a b")
    press(page, "Save user name")
    expect(page.get_by_role("alert")).to_be_visible()
    leave_name(page, somebody().name)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("User name")).not_to_have_attribute("aria-invalid", re.compile(".*"))


def leave_name(page: Page, text: str) -> None:
    """For somewhere else than the button, which would send it."""
    page.get_by_label("User name").fill("")
    page.get_by_label("User name").press_sequentially(text)
    page.get_by_label("Email address").focus()
