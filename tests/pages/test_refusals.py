"""A form that comes back: where the focus goes, and what is said."""

import re

from playwright.sync_api import expect

from tests.fixtures import WRONG
from tests.screens import (
    Screens,
    fill_in_login,
    fill_in_signup,
    marked,
    password_of,
    press,
    sign_up,
    slot,
    somebody,
)


def test_one_error_at_sign_up_takes_the_focus_to_its_field(screens: Screens) -> None:
    page = marked(screens.open("/signup"))
    person = somebody()._replace(email="nobody")
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(page).to_have_title(re.compile("^Error: Sign up"))
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_role("alert", name="There is a problem")).to_contain_text("Enter an email address")
    expect(page.get_by_label("Email address")).to_have_value("nobody")
    expect(page.get_by_label("User name")).to_have_value(person.name)
    assert page.evaluate("window.marker")


def test_several_errors_at_sign_up_take_the_focus_to_the_summary(screens: Screens) -> None:
    page = marked(screens.open("/signup"))
    page.get_by_label("User name").fill("a b")
    press(page, "Sign up")
    expect(page).to_have_title(re.compile("^Error: Sign up"))
    expect(page.get_by_role("alert", name="There is a problem")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_value("a b")
    assert page.evaluate("window.marker")


def test_a_link_in_the_summary_leads_to_its_field(screens: Screens, javascript: bool) -> None:
    page = screens.open("/signup", javascript=javascript)
    press(page, "Sign up")
    page.get_by_role("alert").get_by_role("link", name="Enter your email address.").click()
    expect(page.get_by_label("Email address")).to_be_focused()


def test_a_wrong_password_takes_the_focus_to_its_field(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page = marked(page)
    fill_in_login(page, person._replace(password=WRONG))
    press(page, "Log in")
    expect(page).to_have_title(re.compile("^Error: Log in"))
    expect(slot(page, "password")).to_have_text("Error: Invalid credentials.")
    expect(password_of(page)).to_be_focused()
    expect(password_of(page)).to_have_value("")
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    assert page.evaluate("window.marker")


def test_several_errors_at_log_in_take_the_focus_to_the_summary(screens: Screens) -> None:
    page = marked(screens.open("/login"))
    press(page, "Log in")
    expect(page).to_have_title(re.compile("^Error: Log in"))
    expect(page.get_by_role("alert", name="There is a problem")).to_be_focused()
    assert page.evaluate("window.marker")


def test_the_second_refusal_takes_the_focus_too(screens: Screens) -> None:
    page = screens.open("/signup")
    press(page, "Sign up")
    expect(page.get_by_role("alert")).to_be_focused()
    fill_in_signup(page, somebody()._replace(email="nobody"))
    press(page, "Sign up")
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)
