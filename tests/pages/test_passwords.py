"""Showing a password, hiding it, pasting it."""

from playwright.sync_api import expect

from tests.screens import (
    Screens,
    fill_in_login,
    hold,
    password_of,
    press,
    slot,
    somebody,
)


def test_without_javascript_there_is_no_button_to_show_the_password(screens: Screens) -> None:
    for address in ("/signup", "/login"):
        page = screens.open(address, javascript=False)
        expect(page.get_by_role("button", name="Show password")).to_have_count(0)


def test_the_password_is_shown_and_hidden_again(screens: Screens) -> None:
    page = screens.open("/login")
    button = page.get_by_role("button", name="Show password")
    button.click()
    expect(password_of(page)).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Your password is shown.")).to_be_attached()
    button.click()
    expect(password_of(page)).to_have_attribute("type", "password")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("Your password is hidden.")).to_be_attached()


def test_a_shown_password_is_hidden_again_when_it_is_sent(screens: Screens) -> None:
    page = screens.open("/login")
    held = hold(page, "**/login")
    fill_in_login(page, somebody())
    page.get_by_role("button", name="Show password").click()
    with page.expect_request("**/login"):
        press(page, "Log in")
    expect(password_of(page)).to_have_attribute("type", "password")
    held[0].continue_()
    expect(slot(page, "password")).to_have_text("Error: Invalid credentials.")
    expect(password_of(page)).to_have_attribute("type", "password")


def test_the_password_can_be_shown_after_the_form_came_back(screens: Screens) -> None:
    page = screens.open("/login")
    press(page, "Log in")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("button", name="Show password").click()
    expect(password_of(page)).to_have_attribute("type", "text")


def test_a_password_can_be_pasted(screens: Screens) -> None:
    page, person = screens.open("/login"), somebody()
    page.get_by_label("Email address").fill(person.password)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+c")
    password_of(page).focus()
    page.keyboard.press("ControlOrMeta+v")
    expect(password_of(page)).to_have_value(person.password)
