"""WCAG 2.2 AA as far as machines can judge it, and the way of the Tab key, on each page in each of its states."""

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.pages.test_keyboard import assert_all_controls_are_stops
from tests.screens import DESK, PHONE, Person, Screens, become, log_in_on_other_days, somebody, told_too_late, warned

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RULES = {"type": "tag", "values": TAGS}
# All that the dark changes.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# What axe says of all that is in order is a megabyte.
BROKEN = """async (options) => (await axe.run(document, options)).violations.flatMap(({ id, nodes }) =>
  nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))"""
# To come late is no motion.
MOVING = "document.getAnimations().filter(({ animationName }) => animationName !== 'late').length"
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
# From WCAG 1.4.12.
TEXT_SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* {
    line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
  } p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
NO_SPACING = "document.adoptedStyleSheets = []"
# A field scrolls what is typed into it, and the numbers of a chart have a frame to scroll in. Words in a picture have
# none.
CLIPPED = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  if (!box.width || !element.checkVisibility()) return false;
  if (element.matches("input, .visually-hidden, .visually-hidden *, .numbers *, .numbers")) return false;
  const isSpilling = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
  const isInline = getComputedStyle(element).display === "inline" || element.matches("svg text");
  return (isSpilling && !isInline) || box.right > innerWidth + 1 || box.left < -1;
}).map((element) => element.outerHTML.slice(0, 120))"""
# A link in a sentence may be as high as its line, and a bar as narrow as a day, since the table has the same links
# (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll("a:not(.hits a), button, input, select, summary")].filter((element) => {
  const box = element.getBoundingClientRect();
  const isInSentence = getComputedStyle(element).display === "inline" &&
    element.parentElement.textContent.trim() !== element.textContent.trim();
  return box.width && !isInSentence && (box.width < 24 || box.height < 24);
}).map((element) => `${element.outerHTML.slice(0, 80)} ${JSON.stringify(element.getBoundingClientRect())}`)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FROM_RIGHT_TO_LEFT = "document.documentElement.dir = 'rtl'"
# What is to be read: nothing that is there to be pressed, no words about a picture, and not what a countdown is at.
READ = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    const isControl = parentElement.closest(
      "button, .button, .pages, .search, .side, .save-view, .views, .acts, .tick, .back, svg");
    const text = data.trim().replace(/\\d+:\\d\\d/, "0:00");
    if (text && !isControl && parentElement.checkVisibility()) texts.push(text);
  }
  return texts;
}"""
# In forced colours a background says nothing: what is pressed or filled in needs an edge, and so does what it lies on.
EDGELESS = """() => [...document.querySelectorAll("button, .button, input, select, .flash, .summary, .card, .badge")]
  .filter((element) => element.checkVisibility() && !element.matches("[type=checkbox]"))
  .filter((element) => parseFloat(getComputedStyle(element).borderTopWidth) < 1)
  .map((element) => element.outerHTML.slice(0, 120))"""
# WCAG 2.2's relative luminance, of what the browser makes of a colour.
LUMINANCE = """
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const luminance = (colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((level) => level / 255)
      .map((level) => (level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };"""
CONTRAST = f"""(names) => {{
  {LUMINANCE}
  const colours = names.map((name) => {{
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${{name}})`;
    const {{ color }} = getComputedStyle(probe);
    probe.remove();
    return color;
  }});
  return contrast(...colours);
}}"""
LINES, GROUNDS = ("brass", "edge", "bad", "good"), ("paper", "sheet", "brass-tint", "bad-tint", "good-tint")


def test_a_page_in_each_of_its_states(state: Callable[..., Page]) -> None:
    """Bring the page into its state once, which takes longer than to look at it."""
    page = state(viewport=PHONE)
    assert_all_controls_are_stops(page, state(viewport=PHONE, javascript=False))
    assert_axe_finds_nothing(page)
    assert_targets_are_large_enough(page)
    assert_nothing_is_lost_on_paper_and_in_forced_colours(page)
    assert_it_fits_a_narrow_window(page)


def test_axe_finds_nothing_in_what_a_page_tells_of_its_end(screens: Screens) -> None:
    page, _ = warned(screens)
    assert_axe_finds_nothing(page)
    page.get_by_role("button", name="Stay logged in").click()
    expect(page.get_by_text("You stay logged in.")).to_be_visible()
    assert_axe_finds_nothing(page)


@pytest.mark.parametrize("tell", [warned, told_too_late])
def test_what_a_page_tells_of_its_end_fits(screens: Screens, tell: Callable[..., tuple[Page, Person]]) -> None:
    page, _ = tell(screens, viewport=PHONE)
    assert_it_fits_a_narrow_window(page)
    assert_none(page.evaluate(SMALL))


def test_on_paper_a_picture_has_its_numbers(screens: Screens) -> None:
    page = become(screens.open(), person := somebody())
    log_in_on_other_days(screens.server, person)
    page.goto("/dashboard")
    expect(numbers := page.get_by_role("columnheader", name="Failed")).to_be_hidden()
    page.emulate_media(media="print")
    expect(numbers).to_be_visible()


def test_nothing_moves_for_whom_that_troubles(screens: Screens) -> None:
    page = screens.open("/login")
    page.evaluate("document.querySelector('form').setAttribute('aria-busy', true)")
    assert page.evaluate(MOVING)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Log in").hover()
    assert page.evaluate(MOVING) == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_lines_stand_out(screens: Screens, scheme: Literal["light", "dark"]) -> None:
    """The focus, the edges of fields, what tells good from bad: 3 to 1 (WCAG 1.4.11)."""
    page = screens.open("/", color_scheme=scheme)
    contrasts = {pair: page.evaluate(CONTRAST, pair) for pair in product(LINES, GROUNDS)}
    assert {pair: contrast for pair, contrast in contrasts.items() if contrast < 3} == {}


def assert_targets_are_large_enough(page: Page) -> None:
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert_none(page.evaluate(SMALL), f"{size['width']} px")


def assert_nothing_is_lost_on_paper_and_in_forced_colours(page: Page) -> None:
    page.set_viewport_size(DESK)
    read = page.evaluate(READ)
    page.emulate_media(media="print")
    assert read and not set(read) - set(page.evaluate(READ))
    page.emulate_media(media="screen", forced_colors="active")
    assert page.evaluate(READ) == read
    assert_none(page.evaluate(EDGELESS))
    page.emulate_media(forced_colors="none")


def assert_it_fits_a_narrow_window(page: Page) -> None:
    """As it is, with its text spaced wider, and from right to left."""
    page.set_viewport_size(PHONE)
    for change in (None, TEXT_SPACING, NO_SPACING, FROM_RIGHT_TO_LEFT):
        if change:
            page.evaluate(change)
        assert page.evaluate(OVERFLOW) == 0, change
        assert_none(page.evaluate(CLIPPED), change or "")


# Once no colour is on its way to another.
AT_REST = """() => Promise.allSettled(
  document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    .map(({ finished }) => finished)
)"""


def assert_axe_finds_nothing(page: Page, but: Mapping[str, Any] | None = None) -> None:
    """On a wide window and a narrow one, and their colours in the dark too; `but` says otherwise for a rule."""
    page.evaluate(AXE)
    for scheme, size in product(SCHEMES, (DESK, PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.evaluate(AT_REST)
        rules = COLOURS if scheme == "dark" else RULES
        assert_none(violations(page, rules, but or {}), f"{scheme}, {size['width']} px")


def assert_none(found: list[str], where: str = "") -> None:
    assert not found, "\n".join([where, *found])


def violations(page: Page, rules: Mapping[str, Any] = RULES, but: Mapping[str, Any] | None = None) -> list[str]:
    """Each rule that is broken, and where."""
    return page.evaluate(BROKEN, {"runOnly": rules, "rules": but or {}, "resultTypes": ["violations"]})
