"""Other ways to look at a page: on paper, in forced colours, with less motion."""

import pytest
from playwright.sync_api import Page, expect

from tests.screens import (
    Screens,
    heading,
    warned,
)


@pytest.mark.parametrize("address", ["/dashboard", "/account/sessions", "/account/activity", "/account/data"])
def test_on_paper_there_is_the_content_alone(screens: Screens, address: str) -> None:
    page = screens.open(address, storage_state=screens.key("busy"))
    page.emulate_media(media="print")
    expect(page.locator("nav").get_by_role("list").filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("button").filter(visible=True)).to_have_count(0)
    expect(heading(page)).to_be_visible()
    expect(page.locator("main time, main p.lead").filter(visible=True).first).to_be_visible()


def test_what_the_page_tells_of_the_end_is_not_printed(screens: Screens) -> None:
    page, _ = warned(screens)
    page.emulate_media(media="print")
    expect(page.locator(".expiry")).to_be_hidden()


@pytest.mark.parametrize("address", ["/dashboard", "/account", "/account/sessions", "/account/activity"])
def test_forced_colours_and_less_motion_take_nothing_away(screens: Screens, address: str) -> None:
    page = screens.open(address, storage_state=screens.key("busy"))
    before = shown(page)
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    assert shown(page) == before
    current = page.locator("[aria-current]").first
    expect(current).to_be_visible()
    assert current.evaluate("link => parseFloat(getComputedStyle(link).borderBlockEndWidth)") >= 2
    assert page.evaluate("document.getAnimations().length") == 0


def shown(page: Page) -> tuple[str, int]:
    """The words, and how many things can be seen."""
    return page.locator("body").inner_text(), page.locator("body *").filter(visible=True).count()


@pytest.mark.parametrize("address", ["/account/activity", "/admin/users", "/admin/events"])
def test_what_a_filter_changes_keeps_clear_of_it(screens: Screens, address: str) -> None:
    page = screens.open(address, storage_state=screens.key("admin"))
    above = page.locator(".filter, .search").evaluate("form => form.getBoundingClientRect().bottom")
    below = page.locator(".filter, .search").evaluate("form => form.nextElementSibling.getBoundingClientRect().top")
    assert below - above >= 24
