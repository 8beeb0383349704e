"""The keyboard alone: every control is reached, in one order with and without JavaScript, and is seen when it is."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.screens import (
    PHONE,
    Person,
    Screens,
    become,
    flashes,
    get_in,
    heading,
    log_in_on_other_days,
    password_of,
    promote,
    sign_up,
    slot,
    somebody,
    told_too_late,
    warned,
)

# Chromium wraps around at the end of the page; no page of ours has so many stops.
MOST_STOPS = 100
# What only JavaScript has.
ADDED = {
    "button Show password", "field Tick all", "button Copy", "button Print", "button Log in with a passkey",
    "button Use a passkey", "button Confirm by passkey", "button Add a passkey", "field Name of the new passkey",
}  # fmt: skip
# In a chart the arrows lead from bar to bar.
CONTROLS = "a[href]:not([tabindex='-1']), button, input:not([type=hidden]), select, summary, [tabindex='0']"
FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const role = { A: "link", BUTTON: "button", INPUT: "field", SELECT: "list", SUMMARY: "summary" }[element.tagName];
  const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  // A link that goes on in the next line has several boxes, and its middle may be in none.
  const { left, top, right, bottom } = element.getClientRects()[0];
  const isHigher = bottom - top > innerHeight;
  const isWhole = left >= 0 && right <= innerWidth && (isHigher || (top >= 0 && bottom <= innerHeight));
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


@pytest.mark.parametrize("tell", [warned, told_too_late])
def test_what_a_page_tells_of_its_end_covers_no_control(
    screens: Screens, tell: Callable[..., tuple[Page, Person]]
) -> None:
    page, _ = tell(screens, viewport=PHONE)
    stops_in_sight(page)


def test_the_warning_is_answered_by_keyboard(screens: Screens) -> None:
    page, _ = warned(screens)
    tab_to(page, "button Stay logged in")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You stay logged in.")).to_be_focused()


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
    follow(page, "Log out", "Log out?")
    tab_to(page, "button Log out")
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("You are logged out.")


def test_the_whole_account_journey(screens: Screens, javascript: bool) -> None:
    page, person = screens.open("/", javascript=javascript, viewport=PHONE), somebody()
    sign_up_by_keyboard(page, person)
    log_in_by_keyboard(page, person)
    get_in(screens.open(), person)
    follow(page, "Account", "Profile")
    person = rename_by_keyboard(page, person)
    follow(page, "Sessions", "Sessions")
    end_session_by_keyboard(page, javascript)
    follow(page, "Password", "Password")
    person = change_password_by_keyboard(page, person)
    follow(page, "Activity", "Activity")
    choose_by_keyboard(page, "Password changed")
    follow(page, "Your data", "Your data")
    delete_by_keyboard(page, person)
    log_in_by_keyboard(page, person, "Keep your account")
    tab_to(page, "button Keep my account")
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Your account stays.")


def test_an_admin_finds_and_disables_somebody(screens: Screens, javascript: bool) -> None:
    sign_up(page := screens.open("/", javascript=javascript, viewport=PHONE), person := somebody())
    become(page, admin := somebody())
    promote(screens.server, admin)
    page.goto("/")
    follow(page, "Dashboard", f"Welcome back, {admin.name}!")
    follow(page, "Admin", "Admin")
    follow(page, "People", "People")
    find_by_keyboard(page, person, javascript)
    follow(page, person.name, person.name)
    follow(page, "Disable", f"Disable {person.name}")
    disable_by_keyboard(page, person)
    expect(flashes(page)).to_have_text(f"{person.name} is disabled.")
    expect(page.locator(".event").filter(has_text="Account disabled")).to_contain_text(f"(Left us.) by {admin.name}")


def test_escape_closes_what_a_summary_has_opened(screens: Screens) -> None:
    page = become(screens.open(), person := somebody())
    log_in_on_other_days(screens.server, person)
    page.goto("/dashboard")
    tab_to(page, "summary The same in numbers")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Failed")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Failed")).to_be_hidden()
    assert (stop := focused(page)) and stop.name == "summary The same in numbers"


def find_by_keyboard(page: Page, person: Person, javascript: bool) -> None:
    """Without JavaScript the page begins at its top again."""
    enter(page, {"Name or address": person.email})
    if not javascript:
        tab_to(page, "button Search")
        page.keyboard.press("Enter")
    expect(page.locator("#users-table").get_by_role("rowheader")).to_have_text([person.name])


def disable_by_keyboard(page: Page, person: Person) -> None:
    """Without a reason first, which takes the focus."""
    tab_to(page, f"button Disable {person.name}")
    page.keyboard.press("Space")
    expect(slot(page, "reason")).to_contain_text("Enter a reason.")
    expect(page.get_by_label("Reason")).to_be_focused()
    replace(page, "Left us.")
    tab_to(page, f"button Disable {person.name}")
    page.keyboard.press("Space")
    expect(heading(page)).to_have_text(person.name)


def rename_by_keyboard(page: Page, person: Person) -> Person:
    """With a name that will not do first, which takes the focus."""
    enter(page, {"User name": "a b"})
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Error: Profile"))
    expect(page.get_by_label("User name")).to_be_focused()
    replace(page, renamed := somebody().name)
    tab_to(page, "button Save user name")
    page.keyboard.press("Space")
    expect(flashes(page)).to_have_text(f"Your user name is {renamed} now.")
    return person._replace(name=renamed)


def end_session_by_keyboard(page: Page, javascript: bool) -> None:
    """The one in the other browser; over htmx the focus goes to the sentence that no other is left."""
    tab_to(page, "button Log out Chrome on Linux")
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Chrome on Linux is logged out.")
    if javascript:
        expect(page.get_by_text("You are logged in nowhere else.")).to_be_focused()


def change_password_by_keyboard(page: Page, person: Person) -> Person:
    changed = person._replace(password="staple battery horse")
    enter(page, {"Current password": person.password, "New password": changed.password})
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Your password is changed. You were logged in nowhere else.")
    return changed


def choose_by_keyboard(page: Page, kind: str) -> None:
    tab_to(page, "list Show")
    page.keyboard.type(kind)
    tab_to(page, "button Show")
    page.keyboard.press("Enter")
    expect(page.locator("#activity-list .event strong")).to_have_text([kind])


def delete_by_keyboard(page: Page, person: Person) -> None:
    follow(page, "Delete account", "Delete your account")
    enter(page, {"Your password": person.password})
    tab_to(page, "button Delete my account")
    page.keyboard.press("Enter")
    expect(flashes(page)).to_contain_text("Your account is kept until")


def follow(page: Page, link: str, title: str) -> None:
    tab_to(page, f"link {link}")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(title)


def sign_up_by_keyboard(page: Page, person: Person) -> None:
    """With a wrong address first, which takes the focus."""
    follow(page, "Sign up", "Sign up")
    enter(page, {"User name": person.name, "Email address": "nobody", "Password": person.password})
    tab_to(page, "button Sign up")
    page.keyboard.press("Space")
    expect(page.get_by_label("Email address")).to_be_focused()
    replace(page, person.email)
    enter(page, {"Password": person.password})
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def log_in_by_keyboard(page: Page, person: Person, title: str = "") -> None:
    if page.get_by_label("Email address").input_value() != person.email:
        enter(page, {"Email address": person.email})
        page.keyboard.press("Tab")
    # After a sign-up it has the focus at once.
    expect(password_of(page)).to_be_focused()
    page.keyboard.type(person.password)
    tab_to(page, "field Keep me logged in")
    page.keyboard.press("Space")
    expect(page.get_by_label("Keep me logged in")).to_be_checked()
    tab_to(page, "button Log in")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(title or f"Welcome back, {person.name}!")


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


def assert_all_controls_are_stops(page: Page, without_javascript: Page) -> None:
    """Each in sight, and in the same order on both pages."""
    stops = from_the_top(stops_in_sight(page))
    # JavaScript writes moments in the browser's zone, which needs no name.
    plain = [name.removesuffix(" UTC") for name in from_the_top(walk(without_javascript))]
    assert [name for name in stops if name not in ADDED] == plain


def stops_in_sight(page: Page) -> list[Stop]:
    """All stops, after a look at them: every control of the page is one, in sight and outlined."""
    stops = walk(page)
    assert names(stop for stop in stops if not stop.is_in_sight) == []
    assert names(stop for stop in stops if not stop.is_outlined) == []
    assert len(stops) == page.locator(CONTROLS).filter(visible=True).count()
    return stops


def names(stops: Iterable[Stop]) -> list[str]:
    return [stop.name for stop in stops]


def from_the_top(stops: Iterable[Stop]) -> list[str]:
    """Where the focus was at first differs: over htmx it stays on the button that was pressed."""
    around = names(stops)
    top = around.index("link Skip to the content") if "link Skip to the content" in around else 0
    return around[top:] + around[:top]


def walk(page: Page) -> list[Stop]:
    """All the stops, once around the page from where the focus is; one for all parts of a date."""
    stops: dict[int, Stop] = {}
    last = None
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop and stop.place in stops and stop.place != last:
            return list(stops.values())
        if stop:
            stops.setdefault(stop.place, stop)
            last = stop.place
    raise AssertionError(f"no way around {page.url}")


def focused(page: Page) -> Stop | None:
    found = page.evaluate(FOCUSED)
    return Stop(*found) if found else None
