"""WCAG 2.2 AA as far as machines can judge it, on each page in each of its states."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.screens import DESK, PHONE, Person, Screens, told_too_late, warned

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
# From WCAG 1.4.12.
TEXT_SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* {
    line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
  } p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
# A field scrolls what is typed into it, and the table has a frame to scroll in.
CLIPPED = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  if (!box.width || !element.checkVisibility()) return false;
  if (element.matches("input, .visually-hidden, .visually-hidden *, .scroll *, .scroll")) return false;
  const isSpilling = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
  const isInline = getComputedStyle(element).display === "inline";
  return (isSpilling && !isInline) || box.right > innerWidth + 1 || box.left < -1;
}).map((element) => element.outerHTML.slice(0, 120))"""
# A link in a sentence may be as high as its line (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary")].filter((element) => {
  const box = element.getBoundingClientRect();
  const isInSentence = getComputedStyle(element).display === "inline" &&
    element.parentElement.textContent.trim() !== element.textContent.trim();
  return box.width && !isInSentence && (box.width < 24 || box.height < 24);
}).map((element) => `${element.outerHTML.slice(0, 80)} ${JSON.stringify(element.getBoundingClientRect())}`)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_axe_finds_nothing(state: Callable[..., Page]) -> None:
    assert_axe_finds_nothing(state())


def test_axe_finds_nothing_in_what_a_page_tells_of_its_end(screens: Screens) -> None:
    page, _ = warned(screens)
    assert_axe_finds_nothing(page)
    page.get_by_role("button", name="Stay logged in").click()
    expect(page.get_by_text("You stay logged in.")).to_be_visible()
    assert_axe_finds_nothing(page)


@pytest.mark.parametrize("tell", [warned, told_too_late])
def test_what_a_page_tells_of_its_end_fits(screens: Screens, tell: Callable[..., tuple[Page, Person]]) -> None:
    page, _ = tell(screens, viewport=PHONE)
    page.evaluate(TEXT_SPACING)
    assert page.evaluate(OVERFLOW) == 0
    assert_none(page.evaluate(CLIPPED))
    assert_none(page.evaluate(SMALL))


def test_a_narrow_page_shows_everything_without_scrolling_sideways(state: Callable[..., Page]) -> None:
    page = state(viewport=PHONE)
    assert page.evaluate(OVERFLOW) == 0
    assert_none(page.evaluate(CLIPPED))


def test_wider_spaced_text_still_fits(state: Callable[..., Page]) -> None:
    page = state(viewport=PHONE)
    page.evaluate(TEXT_SPACING)
    assert page.evaluate(OVERFLOW) == 0
    assert_none(page.evaluate(CLIPPED))


def test_targets_are_large_enough(state: Callable[..., Page]) -> None:
    page = state()
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert_none(page.evaluate(SMALL), f"{size['width']} px")


def assert_axe_finds_nothing(page: Page) -> None:
    """In light and dark, on a wide window and a narrow one."""
    page.evaluate(AXE)
    for scheme, size in product(SCHEMES, (DESK, PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        assert_none(violations(page), f"{scheme}, {size['width']} px")


def assert_none(found: list[str], where: str = "") -> None:
    assert not found, "\n".join([where, *found])


def violations(page: Page) -> list[str]:
    """Each rule that is broken, and where."""
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    nodes = [(broken["id"], node) for broken in found["violations"] for node in broken["nodes"]]
    return [f"{rule}: {node['html']} {node['failureSummary']}" for rule, node in nodes]
