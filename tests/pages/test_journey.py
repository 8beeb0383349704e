"""From sign-up to log-out, with JavaScript, without it, and when htmx does not arrive."""

import re

from playwright.sync_api import expect

from tests.screens import (
    Screens,
    fill_in_login,
    fill_in_signup,
    flashes,
    heading,
    join,
    log_in,
    marked,
    password_of,
    path,
    press,
    sign_up,
    somebody,
)


def test_the_address_of_the_sign_up_is_not_asked_for_again(screens: Screens, javascript: bool) -> None:
    page, person = screens.open("/signup", javascript=javascript), somebody()
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    expect(password_of(page)).to_be_focused()
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def test_a_registered_address_is_carried_to_the_log_in(screens: Screens, javascript: bool) -> None:
    join(screens.open(), person := somebody())
    page = screens.open("/signup", javascript=javascript)
    fill_in_signup(page, somebody()._replace(email=person.email))
    press(page, "Sign up")
    page.locator("form").get_by_role("link", name="Log in").click()
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    expect(password_of(page)).to_be_focused()


def test_sign_up_ends_in_a_real_navigation_to_the_log_in_page(screens: Screens) -> None:
    page = marked(screens.open("/signup"))
    fill_in_signup(page, somebody())
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert path(page) == "/login"
    assert page.evaluate("window.marker") is None


def test_log_in_ends_in_a_real_navigation_to_the_dashboard(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page = marked(page)
    log_in(page, person)
    assert path(page) == "/dashboard"
    assert page.evaluate("window.marker") is None


def test_the_page_that_was_asked_for_comes_after_sign_up_and_log_in(screens: Screens, javascript: bool) -> None:
    page = screens.open("/dashboard?from=here", javascript=javascript)
    page.locator("main").get_by_role("link", name="Sign up").click()
    fill_in_signup(page, person := somebody())
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    assert page.url.endswith("/dashboard?from=here")


def test_the_page_that_was_asked_for_outlives_an_error(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript)
    sign_up(page, person := somebody())
    page.goto("/dashboard?from=here")
    press(page, "Log in")
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    assert page.url.endswith("/dashboard?from=here")


def test_the_journey_without_javascript(screens: Screens) -> None:
    page, person = screens.open("/signup", javascript=False), somebody()
    fill_in_signup(page, person._replace(email="nobody"))
    press(page, "Sign up")
    expect(page).to_have_title(re.compile("^Error: Sign up"))
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_value(person.name)
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.get_by_role("link", name="Log out").click()
    press(page, "Log out")
    expect(flashes(page)).to_have_text("You are logged out.")


def test_several_errors_take_the_focus_to_the_summary_without_javascript(screens: Screens) -> None:
    page = screens.open("/signup", javascript=False)
    press(page, "Sign up")
    expect(page.get_by_role("alert", name="There is a problem")).to_be_focused()


def test_the_journey_when_htmx_does_not_arrive(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_FAILED")
    page, person = screens.open(), somebody()
    page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto("/signup")
    fill_in_signup(page, person._replace(email="nobody"))
    press(page, "Sign up")
    expect(page.get_by_label("Email address")).to_be_focused()
    sign_up(page, person)
    log_in(page, person)


def test_going_back_after_log_out_does_not_show_the_dashboard(screens: Screens, javascript: bool) -> None:
    sign_up(page := screens.open(javascript=javascript), person := somebody())
    log_in(page, person)
    page.get_by_role("link", name="Log out").click()
    press(page, "Log out")
    expect(flashes(page)).to_have_text("You are logged out.")
    for _ in range(3):
        page.go_back()
        expect(heading(page)).to_have_text("Log in")
        assert person.name not in page.content()
