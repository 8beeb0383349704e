"""The admin's pages in a real Chromium: looking people up, acting on them, numbers that stay fresh, and events."""

import csv
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.screens import (
    PHONE,
    Person,
    Screens,
    add_crowd,
    admin_at,
    become,
    fail_to_log_in,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    log_in,
    marked,
    page_about,
    password_of,
    path,
    press,
    promote,
    sign_up,
    slot,
    somebody,
)

WHY = "Asked us to, by telephone."
# The cards are asked for so often, in milliseconds.
CARDS_EVERY = 30_000
# The answer to such a question takes a tenth of this.
ANSWERED = 300
HIDDEN = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => %s })"


# Looking people up


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


# Acting on somebody


def test_whoever_is_made_an_admin_sees_so_at_the_next_page(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    expect(other.get_by_role("link", name="Admin")).to_have_count(0)
    page.get_by_role("link", name="Change role").click()
    page.get_by_label("Role").select_option("admin")
    act(page, f"Change the role of {person.name}")
    expect(flashes(page)).to_have_text(f"{person.name} has another role now.")
    expect(fact(page, "Role")).to_have_text("admin")
    other.reload()
    other.get_by_role("link", name="Admin").click()
    expect(heading(other)).to_have_text("Admin")


def test_whoever_is_disabled_is_out_at_the_next_request(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Disable").click()
    act(page, f"Disable {person.name}")
    expect(flashes(page)).to_have_text(f"{person.name} is disabled.")
    expect(fact(page, "State")).to_contain_text("disabled since")
    expect(page.get_by_role("heading", name="0 sessions")).to_be_visible()
    assert_is_out(other)
    fill_in_login(other, person)
    press(other, "Log in")
    expect(heading(other)).to_have_text("Log in")


def test_the_reason_stands_in_the_activity_of_whoever_comes_back(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    for name in ("Disable", "Enable"):
        page.get_by_role("link", name=name, exact=True).click()
        act(page, f"{name} {person.name}", f"{name}: {WHY}")
        expect(heading(page)).to_have_text(person.name)
    expect(fact(page, "State")).to_have_text("active")
    log_in(other, person)
    other.goto("/account/activity")
    events = other.locator(".event")
    expect(events.filter(has_text="Account disabled")).to_contain_text(f"(Disable: {WHY})")
    expect(events.filter(has_text="Account enabled again")).to_contain_text(f"(Enable: {WHY})")


def test_whoever_is_logged_out_everywhere_comes_back(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Log out everywhere").click()
    act(page, f"Log {person.name} out everywhere")
    expect(flashes(page)).to_have_text(f"{person.name} is logged out everywhere.")
    expect(page.get_by_role("link", name="Log out everywhere")).to_have_count(0)
    assert_is_out(other)
    log_in(other, person)


def test_an_act_without_a_reason_is_refused_beside_the_field(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Change role").click()
    page.get_by_label("Role").select_option("admin")
    act(page, f"Change the role of {person.name}", why=" ")
    expect(slot(page, "reason")).to_have_text("Error: Enter a reason. The person reads it in their activity.")
    expect(page.get_by_label("Reason")).to_be_focused()
    expect(page.get_by_label("Role")).to_have_value("admin")
    expect(page).to_have_title(re.compile(f"^Error: Change the role of {person.name}"))
    other.reload()
    expect(other.get_by_role("link", name="Admin")).to_have_count(0)


def test_an_act_after_a_while_goes_on_once_the_password_is_confirmed(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Disable").click()
    let_pass(screens.server, ADMIN_OF[page], unconfirmed=timedelta(minutes=20))
    act(page, f"Disable {person.name}")
    expect(heading(page)).to_have_text("Confirm it is you")
    other.reload()
    expect(heading(other)).to_have_text(f"Welcome back, {person.name}!")
    password_of(page).fill(ADMIN_OF[page].password)
    press(page, "Confirm")
    expect(flashes(page)).to_have_text(f"{person.name} is disabled.")
    expect(page.locator(".event").filter(has_text="Account disabled")).to_contain_text(f"({WHY})")
    assert_is_out(other)


def test_nobody_acts_on_themselves(screens: Screens, javascript: bool) -> None:
    page, _, _ = at_somebody(screens, javascript)
    page.goto(page_about(screens.server, ADMIN_OF[page]))
    expect(page.get_by_text("This is you.")).to_be_visible()
    expect(page.locator("main").get_by_role("link", name=re.compile("Change role|Disable|Log out"))).to_have_count(0)


# Numbers that stay fresh


def test_the_numbers_are_refreshed_by_a_button(screens: Screens, javascript: bool) -> None:
    page = admin_at(screens, "/admin", javascript=javascript)
    before = failed(page)
    fail_to_log_in(screens.open(), somebody())
    page.get_by_role("link", name="Refresh").click()
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))
    expect(heading(page)).to_have_text("Admin" if javascript else "In numbers")
    assert path(page) == ("/admin" if javascript else "/admin/cards")


def test_refreshing_in_place_keeps_the_page_and_the_focus(screens: Screens) -> None:
    page = marked(admin_at(screens, "/admin"))
    before = failed(page)
    fail_to_log_in(screens.open(), somebody())
    page.get_by_role("link", name="Refresh").focus()
    page.keyboard.press("Enter")
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))
    expect(page.get_by_role("link", name="Refresh")).to_be_focused()
    assert page.evaluate("window.marker")


def test_the_numbers_are_refreshed_by_themselves_and_leave_the_focus(screens: Screens) -> None:
    page = with_clock(screens)
    link = page.locator(".event a").first
    link.focus()
    before = failed(page)
    for more in (1, 2):
        fail_to_log_in(screens.open(), somebody())
        page.clock.run_for(CARDS_EVERY)
        expect(failed_card(page)).to_have_text(re.compile(f"^{before + more} usually"))
        expect(link).to_be_focused()
    assert page.evaluate("window.marker")
    assert path(page) == "/admin"


@pytest.mark.parametrize("name", ["Refresh", "People"])
def test_whatever_has_the_focus_within_the_numbers_keeps_it(screens: Screens, name: str) -> None:
    page = with_clock(screens)
    link = page.locator("#admin-cards").get_by_role("link").nth(["People", "Refresh"].index(name))
    link.focus()
    before = failed(page)
    fail_to_log_in(screens.open(), somebody())
    page.clock.run_for(CARDS_EVERY)
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))
    expect(link).to_be_focused()


def test_a_hidden_page_asks_nothing_until_it_is_seen_again(screens: Screens) -> None:
    page, asked = with_clock(screens), []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(HIDDEN % "true")
    for _ in range(3):
        page.clock.run_for(CARDS_EVERY)
    page.wait_for_timeout(ANSWERED)
    assert asked == []
    page.evaluate(HIDDEN % "false")
    with page.expect_response("**/admin/cards"):
        page.clock.run_for(CARDS_EVERY)


def test_numbers_that_do_not_come_are_asked_for_again(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_|htmx:error")
    page = with_clock(screens)
    before = failed(page)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.clock.run_for(CARDS_EVERY)
    page.wait_for_timeout(ANSWERED)
    expect(flashes(page)).to_have_text("")
    page.context.set_offline(False)
    fail_to_log_in(screens.open(), somebody())
    page.clock.run_for(CARDS_EVERY)
    expect(failed_card(page)).to_have_text(re.compile(f"^{before + 1} usually"))


def test_numbers_asked_for_after_the_end_of_the_session_lead_to_the_log_in_page_and_back(screens: Screens) -> None:
    screens.expect_trouble("status of 401")
    page = with_clock(screens)
    let_pass(screens.server, ADMIN_OF[page], unseen=timedelta(hours=2))
    page.clock.run_for(CARDS_EVERY)
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, ADMIN_OF[page])
    press(page, "Log in")
    expect(heading(page)).to_have_text("Admin")


def test_the_pictures_tell_of_more_days(screens: Screens, javascript: bool) -> None:
    page = admin_at(screens, "/admin", javascript=javascript)
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("img", name="Sign-ups in the last 90 days")).to_be_visible()
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    page.get_by_text("The same in numbers").first.click()
    expect(page.locator("#signups-chart").get_by_role("rowheader")).to_have_count(90)


# Events


def test_events_of_one_person_and_kind(screens: Screens, javascript: bool) -> None:
    page, person = at_events(screens, javascript)
    page.get_by_label("User name or email address").fill(person.email)
    press(page, "Search")
    expect(page.locator(".event strong")).to_have_text(["Failed log-in", "Failed log-in", "Signed up"])
    page.get_by_label("Kind").select_option("Failed log-in")
    press(page, "Search")
    expect(page.locator(".event strong")).to_have_text(["Failed log-in", "Failed log-in"])
    expect(page.get_by_label("Kind")).to_have_value("login_failed")
    expect(page.get_by_label("User name or email address")).to_have_value(person.email)
    page.locator(".event").first.get_by_role("link", name=person.name).click()
    expect(heading(page)).to_have_text(person.name)


def test_the_events_that_were_asked_for_are_downloaded(screens: Screens, javascript: bool) -> None:
    page, person = at_events(screens, javascript)
    page.get_by_label("User name or email address").fill(person.name)
    page.get_by_label("Kind").select_option("Failed log-in")
    press(page, "Search")
    expect(page.locator(".event")).to_have_count(2)
    with page.expect_download() as started:
        page.get_by_role("link", name="as CSV").click()
    assert started.value.suggested_filename == "events.csv"
    rows = list(csv.DictReader(Path(started.value.path()).read_text(encoding="utf-8").splitlines()))
    assert [(row["kind"], row["username"]) for row in rows] == [("login_failed", person.name)] * 2


def test_events_of_somebody_whom_nobody_knows(screens: Screens, javascript: bool) -> None:
    page, _ = at_events(screens, javascript)
    page.get_by_label("User name or email address").fill(unknown := somebody().email)
    press(page, "Search")
    expect(slot(page, "person")).to_have_text("Nobody has this user name or address.")
    expect(page.get_by_label("User name or email address")).to_have_value(unknown)
    expect(page.locator(".event")).to_have_count(0)


def test_events_of_a_day(screens: Screens, javascript: bool) -> None:
    page, person = at_events(screens, javascript)
    page.get_by_label("User name or email address").fill(person.email)
    page.get_by_label("Last day").fill("2020-02-29")
    press(page, "Search")
    expect(page.get_by_text("Nothing of that kind has happened.")).to_be_visible()
    page.get_by_label("Last day").fill("")
    page.get_by_label("First day").fill("2020-02-29")
    press(page, "Search")
    expect(page.locator(".event")).to_have_count(3)


# Which admin looks at a page.
ADMIN_OF: dict[Page, Person] = {}


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


def title(page: Page) -> Locator:
    return page.locator("#users-table-title")


def at_somebody(screens: Screens, javascript: bool) -> tuple[Page, Page, Person]:
    """An admin at the page about somebody, who is logged in in another browser."""
    other = become(screens.open(javascript=javascript), person := somebody())
    page = become(screens.open(javascript=javascript), admin := somebody())
    promote(screens.server, admin)
    page.goto(page_about(screens.server, person))
    ADMIN_OF[page] = admin
    return page, other, person


def act(page: Page, button: str, why: str = WHY) -> None:
    page.get_by_label("Reason").fill(why)
    press(page, button)


def fact(page: Page, term: str) -> Locator:
    return page.locator(".facts div").filter(has_text=re.compile(rf"^\s*{term}")).get_by_role("definition")


def assert_is_out(page: Page) -> None:
    page.goto("/dashboard")
    expect(heading(page)).to_have_text("Log in")


def with_clock(screens: Screens) -> Page:
    """An admin at the overview, with a clock that a test can move."""
    page = become(screens.open(), person := somebody())
    promote(screens.server, person)
    page.clock.install()
    page.goto("/admin")
    ADMIN_OF[page] = person
    return marked(page)


def failed_card(page: Page) -> Locator:
    return page.locator("#admin-cards .card", has_text="Failed log-ins today").get_by_role("definition")


def failed(page: Page) -> int:
    """How many log-ins failed today, as the page has it."""
    return int(failed_card(page).inner_text().split()[0])


def at_events(screens: Screens, javascript: bool) -> tuple[Page, Person]:
    """An admin at all events, and somebody who signed up and then mistyped the password twice."""
    sign_up(screens.open(), person := somebody())
    for _ in range(2):
        fail_to_log_in(screens.open(), person)
    return screens.open("/admin/events", javascript=javascript, storage_state=screens.key("admin")), person


def test_a_block_is_lifted(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 429")
    person = somebody()
    sign_up(screens.open(), person)
    stranger = screens.open(javascript=javascript)
    for _ in range(5):
        fail_to_log_in(stranger, person)
    stranger.goto("/login")
    fill_in_login(stranger, person)
    press(stranger, "Log in")
    expect(stranger.locator("#flashes")).to_contain_text("There were too many failed log-ins.")
    expect(stranger.get_by_label("Email address")).to_have_value(person.email)
    admin = admin_at(screens, "/admin", javascript=javascript)
    expect(admin.get_by_role("heading", name="Blocked now")).to_be_visible()
    admin.get_by_role("button", name=f"Lift the block of {person.name}").click()
    expect(admin.locator("#flashes")).to_have_text("The block is lifted.")
    log_in(stranger, person)
