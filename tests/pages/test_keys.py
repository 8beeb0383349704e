"""Single keys that lead to pages, and the list of them."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.test_accessibility import assert_axe_finds_nothing
from tests.screens import DESK, Screens, become, heading, somebody

# In seconds; the second key must follow within less.
TOO_LATE = 1.6


def loaded(page: Page) -> Page:
    """The page, with its scripts, on which no time passes."""
    page.clock.set_fixed_time(0)
    expect(page.locator("#keys-dialog")).to_be_attached()
    return page


@pytest.fixture
def page(screens: Screens) -> Page:
    return loaded(screens.open("/account/data", storage_state=screens.key("admin")))


@pytest.mark.parametrize(("key", "name"), [("d", "Welcome back"), ("a", "Profile"), ("p", "People"), ("e", "Events")])
def test_g_and_a_key_lead_to_a_page(page: Page, key: str, name: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(heading(page)).to_contain_text(name)


def test_a_key_that_comes_late_leads_nowhere(page: Page) -> None:
    page.keyboard.press("g")
    page.clock.set_fixed_time(TOO_LATE)
    page.keyboard.press("d")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    expect(heading(page)).to_have_text("Your data")


def test_a_slash_goes_to_the_search_of_the_page_or_to_people(page: Page) -> None:
    page.keyboard.press("/")
    expect(heading(page)).to_have_text("People")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("#q")).to_have_value("a/b")
    page.locator("main").focus()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("a/b")


def test_whoever_has_no_search_stays(screens: Screens) -> None:
    page = loaded(screens.open("/account/data", storage_state=screens.key("member")))
    page.keyboard.press("/")
    press_g_d(page)
    expect(heading(page)).to_contain_text("Welcome back")


def test_nothing_happens_while_one_types(screens: Screens) -> None:
    page = loaded(screens.open("/account", storage_state=screens.key("member")))
    field = page.get_by_label("User name")
    field.fill("")
    field.press_sequentially("gd?/")
    expect(field).to_have_value("gd?/")
    page.get_by_label("Language").focus()
    press_g_d(page)
    expect(heading(page)).to_have_text("Profile")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_with_a_modifier_a_key_is_the_browsers(page: Page, modifier: str) -> None:
    page.keyboard.press("g")
    page.evaluate(
        """modifier => document.body.dispatchEvent(new KeyboardEvent("keydown",
        { key: "d", bubbles: true, cancelable: true, [`${modifier}Key`]: true }))""",
        {"Control": "ctrl", "Alt": "alt", "Meta": "meta"}[modifier],
    )
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    expect(heading(page)).to_have_text("Your data")


def test_a_question_mark_shows_the_list_and_escape_leads_back(page: Page) -> None:
    link = page.get_by_role("link", name="Delete account")
    link.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="What keys do")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("g pGo to People")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    press_g_d(page)
    expect(heading(page)).to_have_text("Your data")
    assert_axe_finds_nothing(page)
    page.set_viewport_size(DESK)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("?")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_turned_off_they_do_nothing(screens: Screens) -> None:
    page = become(screens.open(), somebody(), "/account")
    page.get_by_label("Keys that lead to pages").select_option("off")
    page.get_by_role("button", name="Save choice of keys").click()
    expect(page.locator("#flashes")).to_have_text("Your choice of keys is saved.")
    expect(page.locator("#keys-dialog")).to_have_count(0)
    press_g_d(page)
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(heading(page)).to_have_text("Profile")


def press_g_d(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("d")
