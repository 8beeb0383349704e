"""A form that was interrupted."""

import re
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.pages.steps import NEW_PASSWORD, fill_in_passwords
from tests.screens import (
    OVER,
    Person,
    Screens,
    become,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    log_in,
    press,
    sign_up,
    somebody,
)


def test_a_form_sent_after_the_end_comes_back_filled_in_after_the_log_in(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = become(screens.open(javascript=javascript), person := somebody(), "/account")
    renamed = somebody()
    page.get_by_label("User name").fill(renamed.name)
    let_pass(screens.server, person, unseen=OVER)
    press(page, "Save user name")
    expect(heading(page)).to_have_text("Log in")
    expect(page.get_by_text("What you typed is kept.")).to_be_visible()
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Profile")
    expect(flashes(page)).to_have_text("Nothing was done yet. Look at what you typed and send it again.")
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_accessible_description(re.compile("^Not saved yet."))
    expect(page.get_by_label("User name")).to_have_value(renamed.name)
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    assert name_in(page.context.new_page()) == person.name
    press(page, "Save user name")
    expect(flashes(page)).to_have_text(f"Your user name is {renamed.name} now.")
    assert name_in(page) == renamed.name


def test_a_form_that_was_interrupted_is_for_nobody_else(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = screens.open("/", javascript=javascript)
    sign_up(page, charlie := somebody())
    alice = somebody()
    become(page, alice, "/account")
    page.get_by_label("User name").fill("what-alice-typed")
    let_pass(screens.server, alice, unseen=OVER)
    press(page, "Save user name")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, charlie)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Profile")
    expect(page.get_by_label("User name")).to_have_value(charlie.name)
    assert "what-alice-typed" not in page.content()


def test_a_new_password_sent_after_the_end_is_not_kept(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = become(screens.open(javascript=javascript), person := somebody(), "/account/password")
    fill_in_passwords(page, person.password, NEW_PASSWORD)
    let_pass(screens.server, person, unseen=OVER)
    press(page, "Change password")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Password")
    expect(page.get_by_label("Current password", exact=True)).to_have_value("")
    expect(page.get_by_label("New password", exact=True)).to_have_value("")
    with closing(screens.server.database()) as db:
        assert db.all("SELECT fields FROM drafts WHERE fields LIKE :typed", typed=f"%{NEW_PASSWORD}%") == []


def test_a_form_from_before_a_log_out_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody(), "/account")
    renamed = somebody()
    page.get_by_label("User name").fill(renamed.name)
    log_out_and_in(page.context.new_page(), person)
    press(page, "Save user name")
    expect(flashes(page)).to_contain_text("This page had been open for too long, so nothing was done.")
    expect(page.get_by_label("User name")).to_have_value(renamed.name)
    press(page, "Save user name")
    expect(flashes(page)).to_have_text(f"Your user name is {renamed.name} now.")


def log_out_and_in(page: Page, person: Person) -> None:
    page.goto("/logout")
    press(page, "Log out")
    expect(heading(page)).to_have_text("Log in")
    log_in(page, person)


def name_in(page: Page) -> str:
    page.goto("/dashboard")
    return heading(page).inner_text().removeprefix("Welcome back, ").removesuffix("!")
