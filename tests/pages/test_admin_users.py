"""Looking people up."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.pages.steps import title
from tests.screens import (
    PHONE,
    Person,
    Screens,
    add_crowd,
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
    expect(page).to_have_url(re.compile(rf"\?q={crowd[7][:-4]}&"))
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
        expect(names(page)).to_have_text([name])
    page.go_back()
    expect(page).to_have_url(re.compile(rf"\?q={crowd[0]}&"))
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


def test_a_column_half_in_sight_sorts_when_it_is_clicked(screens: Screens, javascript: bool) -> None:
    page, _ = at_crowd(screens, javascript=javascript, viewport=PHONE)
    column = page.get_by_role("columnheader", name="Email address")
    column.get_by_role("link").evaluate("link => scrollTo(0, link.getBoundingClientRect().top - 100)")
    box, frame = column.get_by_role("link").bounding_box(), page.locator(".scroll").bounding_box()
    assert box is not None and frame is not None
    edge = frame["x"] + frame["width"] - 3
    assert box["x"] < edge < box["x"] + box["width"]
    page.mouse.click(edge, box["y"] + box["height"] / 2)
    expect(column).to_have_attribute("aria-sort", "ascending")


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
    expect(page).to_have_url(re.compile(rf"[?&]q={text}&"))


def names(page: Page) -> Locator:
    return page.locator("#users-table").get_by_role("rowheader")
