"""Deleting the account."""

from playwright.sync_api import Page, expect

from tests.fixtures import WRONG
from tests.pages.steps import assert_is_in, assert_is_out, log_in_with
from tests.screens import (
    Person,
    Screens,
    become,
    fill_in_login,
    flashes,
    heading,
    press,
    slot,
    somebody,
)


def test_an_account_is_deleted_and_the_wish_taken_back(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    other = log_in_with(screens, person, "Firefox on Windows")
    page.goto("/account/data")
    page.get_by_role("link", name="Delete account").click()
    delete(page, person)
    expect(heading(page)).to_have_text("Log in")
    expect(flashes(page)).to_contain_text("Your account is kept until")
    assert_is_out(other)
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Keep your account")
    press(page, "Keep my account")
    expect(flashes(page)).to_have_text("Your account stays.")
    expect(page.get_by_text("then it is deleted")).to_have_count(0)
    assert_is_in(page)


def test_going_back_after_the_deletion_shows_nothing_of_the_account(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody(), "/account")
    page.goto("/account/delete")
    delete(page, person)
    expect(flashes(page)).to_contain_text("Your account is kept until")
    for _ in range(2):
        page.go_back()
        expect(heading(page)).to_have_text("Log in")
        assert person.name not in page.content()


def test_deleting_takes_the_right_password(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody(), "/account/delete")
    delete(page, person._replace(password=WRONG))
    expect(slot(page, "password")).to_have_text("Error: That is not your password.")
    expect(page.get_by_label("Your password", exact=True)).to_be_focused()
    assert_is_in(page)


def test_every_page_reminds_whoever_asked_for_deletion(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account", javascript=javascript, storage_state=screens.key("leaving"))
    page.get_by_role("link", name="Keep it").click()
    expect(heading(page)).to_have_text("Keep your account")


def delete(page: Page, person: Person) -> None:
    page.get_by_label("Your password", exact=True).fill(person.password)
    press(page, "Delete my account")
