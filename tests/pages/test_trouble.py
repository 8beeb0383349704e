"""Trouble on the way: no network, no answer, a proxy's answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.steps import press_refresh
from tests.screens import (
    NO_ANSWER,
    Person,
    Screens,
    become,
    fill_in_signup,
    flashes,
    in_trouble,
    password_of,
    press,
    somebody,
)


def test_a_form_sent_without_a_network_stays_as_it_was(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page, person = screens.open("/signup"), somebody()
    fill_in_signup(page, person)
    page.context.set_offline(True)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("You are offline. Nothing was sent.")
    assert_filled_in(page, person)
    page.context.set_offline(False)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def test_a_form_that_gets_no_answer_stays_as_it_was(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page, person = screens.open("/signup"), somebody()
    page.route("**/signup", lambda route: route.abort())
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("The server did not answer. Nothing was lost; try again in a moment.")
    assert_filled_in(page, person)


@pytest.mark.parametrize("status", [500, 502])
def test_a_form_that_a_proxy_answers_for_a_broken_server_stays_as_it_was(screens: Screens, status: int) -> None:
    screens.expect_trouble(f"status of {status}")
    page, person = screens.open("/signup"), somebody()
    page.route("**/signup", in_trouble(status))
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(flashes(page)).to_contain_text("Something went wrong on our side.")
    assert_filled_in(page, person)
    expect(page.get_by_text("a proxy's page")).to_have_count(0)


def test_a_panel_that_a_proxy_answers_for_a_broken_server_stays_as_it_was(screens: Screens) -> None:
    screens.expect_trouble("status of 502")
    page = become(screens.open(), somebody(), "/dashboard")
    page.route("**/dashboard/panel", in_trouble(502))
    press_refresh(page)
    expect(flashes(page)).to_contain_text("Something went wrong on our side.")
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    page.unroute("**/dashboard/panel")
    press_refresh(page)
    expect(flashes(page)).to_have_text("")


def test_what_was_said_before_goes_when_a_form_comes_back(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page = screens.open("/login")
    page.context.set_offline(True)
    press(page, "Log in")
    expect(flashes(page)).to_have_text("You are offline. Nothing was sent.")
    page.context.set_offline(False)
    press(page, "Log in")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(flashes(page)).to_have_text("")


def assert_filled_in(page: Page, person: Person) -> None:
    """Nothing that was typed is lost."""
    expect(page.get_by_label("User name")).to_have_value(person.name)
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    expect(password_of(page)).to_have_value(person.password)
    expect(page.get_by_role("button", name="Sign up")).to_be_visible()
