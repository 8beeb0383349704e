"""A page that was open for too long."""

from playwright.sync_api import expect

from tests.screens import (
    Screens,
    fill_in_login,
    fill_in_signup,
    flashes,
    heading,
    password_of,
    press,
    sign_up,
    somebody,
)


def test_a_sign_up_with_a_stale_token_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page, person = screens.open("/signup", javascript=javascript), somebody()
    fill_in_signup(page, person)
    page.context.clear_cookies()
    press(page, "Sign up")
    expect(flashes(page)).to_contain_text("This page had been open for too long")
    expect(page.get_by_label("User name")).to_have_value(person.name)
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    password_of(page).fill(person.password)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def test_a_log_in_with_a_stale_token_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript)
    sign_up(page, person := somebody())
    fill_in_login(page, person)
    page.context.clear_cookies()
    press(page, "Log in")
    expect(flashes(page)).to_contain_text("This page had been open for too long")
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    password_of(page).fill(person.password)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
