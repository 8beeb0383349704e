"""Events, as an admin looks through them."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.screens import (
    Person,
    Screens,
    fail_to_get_in,
    heading,
    join,
    press,
    slot,
    somebody,
)


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


def at_events(screens: Screens, javascript: bool) -> tuple[Page, Person]:
    """An admin at all events, and somebody who signed up and then mistyped the password twice."""
    join(screens.open(), person := somebody())
    for _ in range(2):
        fail_to_get_in(screens.open(), person)
    return screens.open("/admin/events", javascript=javascript, storage_state=screens.key("admin")), person
