"""Confirming that it is you."""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.fixtures import WRONG
from tests.pages.steps import assert_is_in, assert_is_out, confirm, log_in_with
from tests.screens import (
    OVER,
    Person,
    Screens,
    become,
    fill_in_login,
    flashes,
    get_in,
    heading,
    join,
    let_pass,
    password_of,
    press,
    slot,
    somebody,
    type_over,
)


def test_an_act_goes_on_with_what_was_typed_once_it_is_confirmed(screens: Screens, javascript: bool) -> None:
    page, person, moved = at_confirmation(screens, javascript)
    confirm(page, person._replace(password=WRONG))
    expect(slot(page, "password")).to_have_text("Error: That is not your password.")
    expect(password_of(page)).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: Confirm it is you"))
    confirm(page, person)
    expect(flashes(page)).to_have_text(
        f"Your email address is {moved.email} now. Log in with it from the next time on."
    )
    expect(heading(page)).to_have_text("Profile")
    expect(page.get_by_label("Email address")).to_have_value(moved.email)
    get_in(screens.open(), person._replace(email=moved.email))


def test_an_act_that_is_refused_after_all_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page, person, moved = at_confirmation(screens, javascript)
    join(screens.open(), moved)
    confirm(page, person)
    expect(heading(page)).to_have_text("Profile")
    expect(page.get_by_label("Email address")).to_have_value(moved.email)
    press(page, "Save email address")
    expect(slot(page, "email")).to_have_text("Error: Email already registered.")


def test_all_other_sessions_are_ended_once_it_is_confirmed(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    other = log_in_with(screens, person, "Firefox on Windows")
    page.goto("/account/sessions")
    let_pass(screens.server, person, unconfirmed=timedelta(minutes=20))
    press(page, "Log out all other sessions")
    confirm(page, person)
    expect(flashes(page)).to_have_text("1 other session ended.")
    expect(heading(page)).to_have_text("Sessions")
    assert_is_out(other)
    assert_is_in(page)


def test_cancelling_leaves_everything_as_it_was(screens: Screens, javascript: bool) -> None:
    page, person, _ = at_confirmation(screens, javascript)
    page.get_by_role("link", name="Cancel").click()
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.goto("/account")
    expect(page.get_by_label("Email address")).to_have_value(person.email)


def test_a_form_in_another_tab_outlives_the_confirmation(screens: Screens, javascript: bool) -> None:
    page, person, _ = at_confirmation(screens, javascript)
    tab, renamed = page.context.new_page(), somebody()
    tab.goto("/account")
    confirm(page, person)
    expect(heading(page)).to_have_text("Profile")
    tab.get_by_label("User name").fill(renamed.name)
    press(tab, "Save user name")
    expect(flashes(tab)).to_have_text(f"Your user name is {renamed.name} now.")


def test_an_act_whose_session_ends_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page, person, moved = at_confirmation(screens, javascript)
    let_pass(screens.server, person, unseen=OVER)
    confirm(page, person)
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(page.get_by_label("Email address")).to_have_value(moved.email)
    press(page, "Save email address")
    expect(flashes(page)).to_contain_text(f"Your email address is {moved.email} now.")


def at_confirmation(screens: Screens, javascript: bool) -> tuple[Page, Person, Person]:
    """Asked for the password, on the way to another address; with who that is then."""
    page = become(screens.open(javascript=javascript), person := somebody(), "/account")
    moved = somebody()
    type_over(page.get_by_label("Email address"), moved.email)
    let_pass(screens.server, person, unconfirmed=timedelta(minutes=20))
    press(page, "Save email address")
    expect(heading(page)).to_have_text("Confirm it is you")
    return page, person, moved
