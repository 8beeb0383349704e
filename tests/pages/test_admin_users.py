"""Looking people up."""

import re
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from db import stored
from tests.pages.steps import title
from tests.screens import (
    ACQUAINTANCE,
    PHONE,
    Person,
    Screens,
    add_crowd,
    go_back,
    heading,
    marked,
    press,
    promote,
    somebody,
)


def test_people_are_found_by_a_part_of_their_name(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, crowd[7][:-4], javascript)
    expect(names(page)).to_have_text([crowd[7]])
    expect(title(page)).to_have_text("1 person, newest first")
    expect(page).to_have_url(re.compile(rf"\?q={crowd[7][:-4]}$"))
    expect(page.get_by_label("Name or address")).to_have_value(crowd[7][:-4])


def test_the_table_changes_in_place_while_somebody_types(screens: Screens) -> None:
    page, crowd = at_crowd(screens)
    field, region = page.get_by_label("Name or address"), title(marked(page)).locator("..").element_handle()
    field.press_sequentially(crowd[7])
    expect(names(page)).to_have_text([crowd[7]])
    expect(field).to_be_focused()
    expect(field).to_have_value(crowd[7])
    assert page.evaluate("window.marker")
    assert region is not None and region.evaluate("node => node.isConnected && node.getAttribute('role')") == "status"
    field.press("Backspace")
    field.press_sequentially("-nobody")
    expect(page.get_by_text("Nobody fits.")).to_be_visible()
    expect(field).to_be_focused()


def test_what_is_typed_while_an_answer_is_under_way_stays(screens: Screens) -> None:
    page, crowd = at_crowd(screens)
    field = page.get_by_label("Name or address")
    with page.expect_response(re.compile("[?]q=")):
        field.press_sequentially(crowd[7][:4])
    field.press_sequentially(crowd[7][4:])
    expect(names(page)).to_have_text([crowd[7]])
    expect(field).to_have_value(crowd[7])


def test_going_back_brings_the_search_before(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    field = page.get_by_label("Name or address")
    for name in crowd[:2]:
        look_for(page, name, javascript)
        if javascript:
            press(page, "Search")
        expect(names(page)).to_have_text([name])
    page.go_back()
    expect(page).to_have_url(re.compile(rf"\?q={crowd[0]}$"))
    expect(names(page)).to_have_text([crowd[0]])
    expect(field).to_have_value(crowd[0])
    page.go_forward()
    expect(names(page)).to_have_text([crowd[1]])
    expect(field).to_have_value(crowd[1])


def test_going_back_from_a_person_brings_the_search(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, crowd[3], javascript)
    page.get_by_role("link", name=crowd[3]).click()
    expect(heading(page)).to_have_text(crowd[3])
    page.go_back()
    expect(names(page)).to_have_text([crowd[3]])
    expect(page.get_by_label("Name or address")).to_have_value(crowd[3])


def test_the_search_goes_on_in_the_address(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, crowd[3], javascript)
    expect(names(page)).to_have_text([crowd[3]])
    page.reload()
    expect(names(page)).to_have_text([crowd[3]])
    expect(page.get_by_label("Name or address")).to_have_value(crowd[3])


def test_a_search_is_narrowed_by_role(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    promote(screens.server, Person(crowd[4], f"{crowd[4]}@example.com"))
    page.get_by_label("Role").select_option("admin")
    look_for(page, prefix_of(crowd), javascript)
    expect(names(page)).to_have_text([crowd[4]])


def test_a_column_sorts_what_was_found(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, prefix_of(crowd), javascript)
    expect(names(page).first).to_have_text(crowd[-1])
    for order, first in (("ascending", crowd[0]), ("descending", crowd[-1])):
        page.get_by_role("columnheader", name="User name").get_by_role("link").click()
        expect(page.get_by_role("columnheader", name="User name")).to_have_attribute("aria-sort", order)
        expect(names(page).first).to_have_text(first)
        expect(title(page)).to_have_text(f"{len(crowd)} people")


def test_a_search_keeps_the_order(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    page.get_by_role("columnheader", name="User name").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="User name")).to_have_attribute("aria-sort", "ascending")
    look_for(page, prefix_of(crowd), javascript)
    expect(names(page)).to_have_text(crowd[:25])


def test_people_are_leafed_through(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, prefix_of(crowd), javascript)
    expect(names(page)).to_have_text(crowd[:4:-1])
    page.get_by_role("link", name="Next").click()
    expect(names(page)).to_have_text(crowd[4::-1])
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="First").click()
    expect(names(page)).to_have_text(crowd[:4:-1])


def test_what_is_typed_replaces_the_address_and_what_is_sent_is_a_step(screens: Screens) -> None:
    page, crowd = at_crowd(screens)
    field, steps = page.get_by_label("Name or address"), page.evaluate("history.length")
    for name in crowd[:2]:
        look_for(page, name, True)
        expect(names(page)).to_have_text([name])
    assert page.evaluate("history.length") == steps
    field.press("Enter")
    expect(page.locator("#users-search")).not_to_have_attribute("aria-busy", "true")
    field.fill(crowd[2])
    expect(names(page)).to_have_text([crowd[2]])
    field.evaluate("field => field.setSelectionRange(2, 4)")
    page.get_by_role("columnheader", name="User name").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="User name")).to_have_attribute("aria-sort", "ascending")
    assert page.evaluate("history.length") == steps + 2
    go_back(page)
    expect(page).to_have_url(re.compile(rf"[?]q={crowd[2]}$"))
    expect(field).to_have_value(crowd[2])
    expect(page.get_by_role("columnheader", name="User name").get_by_role("link")).to_be_focused()
    assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 4]
    go_back(page)
    expect(names(page)).to_have_text([crowd[1]])
    expect(field).to_be_focused()


def test_the_way_back_from_a_person_brings_the_list_the_field_and_the_focus(screens: Screens) -> None:
    page, crowd = at_crowd(screens)
    field = page.get_by_label("Name or address")
    look_for(page, crowd[3], True)
    expect(names(page)).to_have_text([crowd[3]])
    field.evaluate("field => field.setSelectionRange(3, 3)")
    link = page.get_by_role("link", name=crowd[3])
    link.focus()
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(crowd[3])
    page.go_back()
    expect(names(page)).to_have_text([crowd[3]])
    expect(field).to_have_value(crowd[3])
    expect(link).to_be_focused()
    assert field.evaluate("field => field.selectionStart") == 3


def test_a_person_has_a_link_to_the_same_list(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    page.get_by_label("State").select_option("active")
    look_for(page, crowd[3], javascript)
    page.get_by_role("link", name=crowd[3]).click()
    page.get_by_role("link", name=f"People: {crowd[3]}, active").click()
    expect(names(page)).to_have_text([crowd[3]])
    expect(page.get_by_label("State")).to_have_value("active")


def test_the_focus_stays_on_what_was_pressed(screens: Screens) -> None:
    page, crowd = at_crowd(screens)
    look_for(page, prefix_of(crowd), True)
    expect(names(page)).to_have_text(crowd[:4:-1])
    marked(page)
    sort = page.get_by_role("columnheader", name="User name").get_by_role("link")
    sort.press("Enter")
    expect(names(page).first).to_have_text(crowd[0])
    expect(sort).to_be_focused()
    page.get_by_role("link", name="Next").press("Enter")
    expect(names(page)).to_have_text(crowd[25:])
    expect(title(page)).to_be_focused()
    first = page.get_by_role("link", name="First")
    first.press("Enter")
    expect(names(page)).to_have_text(crowd[:25])
    assert page.evaluate("window.marker")


def test_the_address_has_no_empty_fields(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, crowd[5], javascript)
    expect(page).to_have_url(re.compile(rf"/admin/users[?]q={crowd[5]}$"))
    page.get_by_label("Name or address").fill("")
    press(page, "Search")
    expect(page).to_have_url(re.compile("/admin/users$"))


# The texts of two cells of a row that lie over each other.
OVERLAPS = """() => [...document.querySelectorAll("tbody tr")].flatMap((row) => {
  const boxes = [...row.querySelectorAll("th a, td time, td.wide, .badge")].map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [cell.textContent, range.getBoundingClientRect()];
  });
  const lies = ([, a], [, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap((one, n) => boxes.slice(n + 1).filter((other) => lies(one, other)).map(([it]) => [one[0], it]));
})"""


@pytest.mark.parametrize("width", [320, 768, 1024, 1280, 1920])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_a_list_fits_at_every_width(screens: Screens, width: int, locale: str) -> None:
    page, _ = at_crowd(screens, viewport={"width": width, "height": 800}, locale=locale)
    for path in ("/admin/users", "/admin/events", "/account/activity"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        inside = page.locator(".list, .list *").evaluate_all(
            "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1).length"
        )
        assert inside == 0
    page.goto("/admin/users")
    row = page.locator("#users-table tbody tr").first.evaluate("row => getComputedStyle(row).display")
    assert row == ("table-row" if width >= 1280 else "grid")


@pytest.mark.parametrize("width", [320, 480, 767])
def test_nothing_in_a_card_lies_over_something_else(screens: Screens, javascript: bool, width: int) -> None:
    page, crowd = at_crowd(screens, javascript=javascript, viewport={"width": width, "height": 800}, locale="de")
    with closing(screens.server.database()) as db:
        before = stored(db.clock() - timedelta(days=2))
        db.run("UPDATE users SET created_at = :at WHERE username LIKE :name", at=before, name=f"{prefix_of(crowd)}%")
        db.run("UPDATE users SET username = :short WHERE username = :name", short=crowd[-1][:7], name=crowd[-1])
    page.goto(f"/admin/users?q={prefix_of(crowd)}")
    expect(names(page).first).to_have_text(crowd[-1][:7])
    assert page.evaluate(OVERLAPS) == []


def test_the_first_result_is_in_sight_while_somebody_types_on_a_phone(screens: Screens) -> None:
    """A phone's keyboard leaves room for 320 pixels."""
    page, crowd = at_crowd(screens, viewport={"width": 360, "height": 320})
    field = page.get_by_label("Name or address")
    field.click()
    field.press_sequentially(prefix_of(crowd))
    expect(names(page)).to_have_text(crowd[:4:-1])
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport(ratio=1)
    expect(names(page).first).to_be_in_viewport(ratio=1)


def test_in_a_narrow_window_a_yes_says_to_what(screens: Screens) -> None:
    page = screens.open(storage_state=screens.key("admin"), viewport=PHONE)
    page.goto(f"/admin/users?q={ACQUAINTANCE.name}")
    expect(page.get_by_role("cell", name="Second factor: yes", exact=True)).to_be_visible()


def test_those_who_are_ticked_are_disabled_at_once(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, prefix_of(crowd), javascript)
    for name in crowd[-2:]:
        page.get_by_label(f"Tick {name}").check()
    page.get_by_role("button", name="Disable").click()
    expect(heading(page)).to_have_text("Disable 2 people")
    for name in crowd[-2:]:
        expect(page.get_by_role("listitem").filter(has_text=f"{name}@example.com")).to_be_visible()
    page.get_by_label("Reason").fill("They sent spam.")
    press(page, "Disable 2 people")
    expect(page.locator("#flashes")).to_have_text("2 people are disabled.")
    expect(page.locator("#users-table .unusual")).to_have_text(["disabled", "disabled"])
    expect(page.get_by_label("Name or address")).to_have_value(prefix_of(crowd))


def test_one_box_ticks_all_and_the_buttons_stay_in_sight(screens: Screens) -> None:
    page, crowd = at_crowd(screens)
    look_for(page, prefix_of(crowd), True)
    expect(names(page)).to_have_text(crowd[:4:-1])
    page.get_by_label("Tick all").check()
    expect(page.locator("tbody .tick :checked")).to_have_count(25)
    expect(page.get_by_role("button", name="Disable")).to_be_in_viewport(ratio=1)
    page.get_by_label("Tick all").uncheck()
    expect(page.locator("tbody .tick :checked")).to_have_count(0)


def test_a_view_is_saved_and_opened(screens: Screens, javascript: bool) -> None:
    page, crowd = at_crowd(screens, javascript=javascript)
    look_for(page, crowd[9], javascript)
    expect(names(page)).to_have_text([crowd[9]])
    page.get_by_text("Save this view").click()
    page.get_by_label("Name of the view").fill(name := somebody().name)
    press(page, "Save the view")
    expect(page.locator("#flashes")).to_have_text(f"The view is saved: {name}")
    page.goto("/admin/users")
    page.get_by_role("link", name=name, exact=True).click()
    expect(names(page)).to_have_text([crowd[9]])
    page.get_by_role("button", name=f"Remove the view {name}").click()
    expect(page.locator("#flashes")).to_have_text("The view is removed.")
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


def at_crowd(screens: Screens, **options: Any) -> tuple[Page, list[str]]:
    """An admin at the list of people, and thirty names that begin alike."""
    crowd = add_crowd(screens.server, f"{somebody(8).name}-")
    return screens.open("/admin/users", storage_state=screens.key("admin"), **options), crowd


def prefix_of(crowd: list[str]) -> str:
    return crowd[0][:9]


def look_for(page: Page, text: str, javascript: bool) -> None:
    """With JavaScript, typing is enough."""
    page.get_by_label("Name or address").fill(text)
    if not javascript:
        press(page, "Search")
    expect(page).to_have_url(re.compile(rf"[?&]q={text}(&|$)"))


def names(page: Page) -> Locator:
    return page.locator("#users-table").get_by_role("rowheader")
