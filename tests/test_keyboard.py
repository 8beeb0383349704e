"""The keyboard alone: every control is reached, in one order with and without JavaScript, and is seen when it is."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.screens import PHONE, Person, Screens, flashes, heading, somebody

# Chromium wraps around at the end of the page; no page of ours has so many stops.
MOST_STOPS = 80
FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const role = { A: "link", BUTTON: "button", INPUT: "field" }[element.tagName];
  const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  // A link that goes on in the next line has several boxes, and its middle may be in none.
  const { left, top, right, bottom } = element.getClientRects()[0];
  const isWhole = left >= 0 && top >= 0 && right <= innerWidth && (bottom <= innerHeight || bottom - top > innerHeight);
  const middle = [(left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
  const style = getComputedStyle(element);
  return [
    [...document.querySelectorAll("*")].indexOf(element),
    role ? `${role} ${name.trim().replace(/\\s+/g, " ")}` : element.getAttribute("role"),
    isWhole && element.contains(document.elementFromPoint(...middle)),
    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  ];
}"""


class Stop(NamedTuple):
    """Where the Tab key leads."""

    place: int
    name: str
    is_in_sight: bool
    is_outlined: bool


def test_the_order_is_the_same_with_and_without_javascript(state: Callable[..., Page]) -> None:
    with_javascript = names(walk(state(viewport=PHONE)))
    without = names(walk(state(viewport=PHONE, javascript=False)))
    assert [name for name in with_javascript if name != "button Show password"] == without


def test_every_control_is_a_stop_in_sight_and_outlined(state: Callable[..., Page]) -> None:
    page = state(viewport=PHONE)
    stops = walk(page)
    assert names(stop for stop in stops if not stop.is_in_sight) == []
    assert names(stop for stop in stops if not stop.is_outlined) == []
    controls = page.locator("a[href], button, input:not([type=hidden]), [tabindex='0']").filter(visible=True)
    assert len(stops) == controls.count()


@pytest.mark.parametrize("path", ["/", "/signup", "/login"])
def test_the_first_stop_skips_to_the_content(screens: Screens, javascript: bool, path: str) -> None:
    page = screens.open(path, javascript=javascript)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_whole_journey(screens: Screens, javascript: bool) -> None:
    page, person = screens.open("/", javascript=javascript, viewport=PHONE), somebody()
    sign_up_by_keyboard(page, person)
    log_in_by_keyboard(page, person)
    tab_to(page, "link Refresh")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    tab_to(page, "link Log out")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Log out?")
    tab_to(page, "button Log out")
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("You are logged out.")


def sign_up_by_keyboard(page: Page, person: Person) -> None:
    """With a wrong address first, which takes the focus."""
    tab_to(page, "link Sign up")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Sign up")
    enter(page, {"User name": person.name, "Email address": "nobody", "Password": person.password})
    tab_to(page, "button Sign up")
    page.keyboard.press("Space")
    expect(page.get_by_label("Email address")).to_be_focused()
    replace(page, person.email)
    enter(page, {"Password": person.password})
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def log_in_by_keyboard(page: Page, person: Person) -> None:
    enter(page, {"Email address": person.email, "Password": person.password})
    tab_to(page, "field Keep me logged in")
    page.keyboard.press("Space")
    expect(page.get_by_label("Keep me logged in")).to_be_checked()
    tab_to(page, "button Log in")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def enter(page: Page, typed: dict[str, str]) -> None:
    for label, text in typed.items():
        tab_to(page, f"field {label}")
        replace(page, text)


def replace(page: Page, text: str) -> None:
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this role and name has the focus."""
    seen = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop and stop.name == name:
            return
        seen.append(stop.name if stop else "the page")
    raise AssertionError(f"no {name} among {seen}")


def names(stops: Iterable[Stop]) -> list[str]:
    return [stop.name for stop in stops]


def walk(page: Page) -> list[Stop]:
    """All the stops, once around the page from where the focus is."""
    stops: dict[int, Stop] = {}
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop and stop.place in stops:
            return list(stops.values())
        if stop:
            stops[stop.place] = stop
    raise AssertionError(f"no way around {page.url}")


def focused(page: Page) -> Stop | None:
    found = page.evaluate(FOCUSED)
    return Stop(*found) if found else None
