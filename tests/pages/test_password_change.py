"""Changing the password."""

from playwright.sync_api import Locator, expect

from tests.fixtures import WRONG
from tests.pages.steps import AGENTS, NEW_PASSWORD, assert_is_in, assert_is_out, fill_in_passwords, log_in_with
from tests.screens import (
    Screens,
    become,
    fail_to_get_in,
    fill_in_login,
    flashes,
    get_in,
    heading,
    press,
    sign_up,
    slot,
    somebody,
)


def test_a_new_password_logs_out_everywhere_else(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    others = [log_in_with(screens, person, device) for device in list(AGENTS)[:2]]
    page.goto("/account/password")
    fill_in_passwords(page, person.password, NEW_PASSWORD)
    press(page, "Change password")
    expect(flashes(page)).to_have_text("Your password is changed. 2 other sessions were ended.")
    for other in others:
        assert_is_out(other)
    assert_is_in(page)
    fail_to_get_in(screens.open(), person._replace(password="correct horse battery"))
    get_in(screens.open(), person._replace(password=NEW_PASSWORD))


def test_a_wrong_current_password_takes_the_focus_to_its_field(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), somebody(), "/account/password")
    fill_in_passwords(page, WRONG, NEW_PASSWORD)
    press(page, "Change password")
    expect(slot(page, "current_password")).to_have_text("Error: That is not your current password.")
    expect(page.get_by_label("Current password", exact=True)).to_be_focused()
    expect(page.get_by_label("Current password", exact=True)).to_have_value("")


def test_a_bad_new_password_is_said_as_soon_as_the_field_is_left(screens: Screens) -> None:
    page = become(screens.open(), person := somebody(), "/account/password")
    page.get_by_label("Current password", exact=True).fill(person.password)
    with page.expect_request("**/account/password/check") as sent:
        leave(page.get_by_label("New password", exact=True), "short")
    assert sent.value.post_data == "new_password=short"
    expect(slot(page, "new_password")).to_contain_text("at least 8 characters")
    leave(page.get_by_label("New password", exact=True), person.name)
    expect(slot(page, "new_password")).to_contain_text("made of your name")
    leave(page.get_by_label("New password", exact=True), NEW_PASSWORD)
    expect(slot(page, "new_password")).to_have_text("")


def test_the_summary_keeps_the_problems_that_are_left(screens: Screens) -> None:
    page = become(screens.open(), somebody(), "/account/password")
    press(page, "Change password")
    problems = page.get_by_role("alert").get_by_role("link")
    expect(problems).to_have_count(2)
    leave(page.get_by_label("New password", exact=True), NEW_PASSWORD)
    expect(problems).to_have_text(["Enter your password."])


def test_password_managers_find_the_page(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript)
    sign_up(page, person := somebody())
    page.goto("/.well-known/change-password")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Password")


def leave(field: Locator, text: str) -> None:
    """Type as people do, and go on to what comes after the field."""
    field.fill("")
    field.press_sequentially(text)
    field.press("Tab")
