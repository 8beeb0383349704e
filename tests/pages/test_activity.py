"""Activity and data, as pages and as files."""

import csv
import json
import re
from pathlib import Path

from playwright.sync_api import Download, expect

from tests.screens import (
    Screens,
    become,
    heading,
    press,
    somebody,
)


def test_everything_that_is_held_is_downloaded_as_json(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody(), "/account/data")
    with page.expect_download() as started:
        press(page, "Download your data")
    held = json.loads(text_of(started.value))
    assert started.value.suggested_filename == f"latchkey-{held['account']['id']}.json"
    assert (held["account"]["username"], held["account"]["email"]) == (person.name, person.email)
    assert {event["kind"] for event in held["events"]} == {"signed_up", "logged_in", "exported"}


def test_the_activity_is_downloaded_as_csv_and_json(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account/activity", javascript=javascript, storage_state=screens.key("busy"))
    with page.expect_download() as started:
        page.get_by_role("link", name="as CSV").click()
    assert started.value.suggested_filename == "activity.csv"
    rows = list(csv.DictReader(text_of(started.value).splitlines()))
    with page.expect_download() as started:
        page.get_by_role("link", name="as JSON").click()
    events = json.loads(text_of(started.value))
    assert [row["sentence"] for row in rows] == [event["sentence"] for event in events]
    assert "Signed up" in {row["sentence"] for row in rows}


def test_activity_of_one_kind(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account/activity", javascript=javascript, storage_state=screens.key("busy"))
    page.get_by_label("Show").select_option("Failed log-in")
    press(page, "Show")
    expect(page.locator("#activity-list .event strong")).to_have_text(["Failed log-in"] * 2)
    expect(page.get_by_label("Show")).to_have_value("login_failed")
    with page.expect_download() as started:
        page.get_by_role("link", name="as CSV").click()
    assert len(text_of(started.value).splitlines()) == 3


def test_an_event_leads_to_its_session(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account/activity", javascript=javascript, storage_state=screens.key("busy"))
    page.get_by_role("link", name="Its session").first.click()
    expect(heading(page)).to_have_text("Session")
    expect(page.get_by_text("Logged in", exact=True)).to_be_visible()


def test_the_dashboard_tells_of_failed_log_ins(screens: Screens, javascript: bool) -> None:
    page = screens.open("/dashboard", javascript=javascript, storage_state=screens.key("busy"))
    failed = page.locator(".card", has_text="Failed log-ins since your last visit")
    expect(failed.get_by_role("definition")).to_have_text(re.compile("^2 since "))
    page.get_by_role("link", name="Look at the failed log-ins: was it you?").click()
    expect(heading(page)).to_have_text("Activity")


def text_of(download: Download) -> str:
    return Path(download.path()).read_text(encoding="utf-8")
