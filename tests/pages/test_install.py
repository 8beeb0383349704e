"""The button that installs the site as an app, where the browser offers that."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.test_accessibility import assert_axe_finds_nothing
from tests.screens import Screens

# As Chromium tells that it could; it does so by itself in no window of tests.
OFFER = """() => dispatchEvent(Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
  prompt: () => (window.asked = (window.asked ?? 0) + 1) && Promise.resolve(),
}))"""


@pytest.fixture
def page(screens: Screens) -> Page:
    return screens.open("/account", storage_state=screens.key("member"))


def test_there_is_none_where_the_browser_offers_nothing(page: Page) -> None:
    expect(page.get_by_role("button", name="Install")).to_be_hidden()


def test_it_asks_the_browser_once_for_each_offer(page: Page) -> None:
    button = page.get_by_role("button", name="Install")
    for asked in (1, 2):
        assert not page.evaluate(OFFER), "the browser shows its own offer too"
        assert_axe_finds_nothing(page)
        button.click()
        expect(button).to_be_hidden()
        assert page.evaluate("window.asked") == asked


def test_once_it_is_installed_there_is_none(page: Page) -> None:
    page.evaluate(OFFER)
    expect(page.get_by_role("button", name="Install")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('appinstalled'))")
    expect(page.get_by_role("button", name="Install")).to_be_hidden()
