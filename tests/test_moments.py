"""Moments: short words on a page, in the reader's zone and language, and the whole moment behind them."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, g, render_template_string

from db import Database, stored
from tests.browser import Browser
from tests.fixtures import person
from webapp.languages.catalogs import FOLDER, read
from webapp.languages.reader import at
from webapp.languages.times import as_iso

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NEAR_AND_FAR = [
    timedelta(0), timedelta(seconds=59), timedelta(minutes=1), timedelta(minutes=59), timedelta(hours=1),
    timedelta(hours=11, minutes=59), timedelta(hours=23, minutes=59), timedelta(days=1), timedelta(days=1, hours=13),
    timedelta(days=30), timedelta(days=31), timedelta(days=300), timedelta(days=700),
]  # fmt: skip
LANGUAGES = read(FOLDER)


def _shown(app: Flask, text: str, now: str, zone: str | None = None, language: str = "en", by: str = "time") -> Tag:
    """What a template's filter makes of a stored moment."""
    with app.test_request_context(headers={"Accept-Language": language}):
        g.reading = at(zone, now)
        template = "{{ text | time_ago(now()) }}" if by == "time_ago" else f"{{{{ text | {by} }}}}"
        return BeautifulSoup(render_template_string(template, text=text), "html.parser")


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("2026-11-24 09:48:00", "09:48 UTC", "09:48 UTC"),
        ("2026-11-24 23:59:59", "23:59 UTC", "23:59 UTC"),
        ("2026-11-23 14:48:00", "yesterday, 14:48 UTC", "gestern, 14:48 UTC"),
        ("2026-11-25 14:48:00", "tomorrow, 14:48 UTC", "morgen, 14:48 UTC"),
        ("2026-11-22 14:48:00", "22 Nov, 14:48 UTC", "22. Nov., 14:48 UTC"),
        ("2026-12-01 14:48:00", "1 Dec, 14:48 UTC", "1. Dez., 14:48 UTC"),
        ("2026-03-24 14:48:00", "24 Mar", "24. März"),
        ("2025-11-24 14:48:00", "24 Nov 2025", "24. Nov. 2025"),
        ("2027-09-24 14:48:00", "24 Sept 2027", "24. Sept. 2027"),
        ("1969-07-20 20:17:40", "20 Jul 1969", "20. Juli 1969"),
        ("0001-01-01 00:00:00", "1 Jan 1", "1. Jan. 1"),
    ],
)
def test_a_moment_is_as_short_as_it_may_be(app: Flask, text: str, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        assert _shown(app, text, stored(NOON), language=language).text == words


@pytest.mark.parametrize(
    ("passed", "english", "german"),
    [
        (timedelta(hours=-1), "just now", "gerade eben"),
        (timedelta(seconds=59), "just now", "gerade eben"),
        (timedelta(seconds=119), "1 min ago", "vor 1 Min."),
        (timedelta(minutes=10), "10 min ago", "vor 10 Min."),
        (timedelta(hours=3, minutes=59), "3 hr ago", "vor 3 Std."),
        (timedelta(hours=23, minutes=59), "23 hr ago", "vor 23 Std."),
        (timedelta(days=1), "yesterday, 12:00 UTC", "gestern, 12:00 UTC"),
        (timedelta(days=40), "15 Oct", "15. Okt."),
    ],
)
def test_what_has_just_happened_is_so_long_ago(app: Flask, passed: timedelta, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        assert _shown(app, stored(NOON - passed), stored(NOON), language=language, by="time_ago").text == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_moment_has_more_than_24_characters(app: Flask, language: str) -> None:
    for month, distance, zone in itertools.product(range(1, 13), NEAR_AND_FAR, (None, "Asia/Kolkata")):
        now = NOON.replace(month=month)
        for moment, by in itertools.product((now - distance, now + distance), ("time", "time_ago")):
            assert len(_shown(app, stored(moment), stored(now), zone, language, by).text) <= 24


@pytest.mark.parametrize(
    ("zone", "now", "text", "words", "offset"),
    [
        # The clocks of Berlin are put forward at 01:00 UTC, and back.
        ("Europe/Berlin", "2026-03-29 12:00:00", "2026-03-29 00:59:59", "01:59", "UTC+01:00"),
        ("Europe/Berlin", "2026-03-29 12:00:00", "2026-03-29 01:00:00", "03:00", "UTC+02:00"),
        ("Europe/Berlin", "2026-10-25 12:00:00", "2026-10-25 00:30:00", "02:30", "UTC+02:00"),
        ("Europe/Berlin", "2026-10-25 12:00:00", "2026-10-25 01:30:00", "02:30", "UTC+01:00"),
        ("Asia/Kolkata", "2026-11-24 12:00:00", "2026-11-24 09:48:00", "15:18", "UTC+05:30"),
        ("America/New_York", "2026-11-24 12:00:00", "2026-11-24 09:48:00", "04:48", "UTC-05:00"),
        # It is 25 November there already, and the day before at home.
        ("Pacific/Kiritimati", "2026-11-24 12:00:00", "2026-11-24 09:48:00", "yesterday, 23:48", "UTC+14:00"),
        ("Pacific/Kiritimati", "2026-11-24 12:00:00", "2026-11-24 10:00:00", "00:00", "UTC+14:00"),
        ("Pacific/Pago_Pago", "2026-11-24 09:00:00", "2026-11-24 12:00:00", "tomorrow, 01:00", "UTC-11:00"),
        ("Pacific/Kiritimati", "2026-12-31 12:00:00", "2026-08-01 12:00:00", "2 Aug 2026", "UTC+14:00"),
        ("UTC", "2026-11-24 12:00:00", "2026-11-24 09:48:00", "09:48", "UTC"),
    ],
)
def test_days_and_clocks_are_the_zones_own(app: Flask, zone: str, now: str, text: str, words: str, offset: str) -> None:
    time = _shown(app, text, now, zone).time
    assert time is not None and time.text == words and str(time["title"]).endswith(f" {offset}")
    assert time["datetime"] == f"{text.replace(' ', 'T')}Z", "the moment itself is the same in each zone"


def test_the_whole_moment_is_behind_the_words(app: Flask) -> None:
    time = _shown(app, "2026-03-14 15:09:26", "2026-03-14 15:09:27", "Europe/Berlin", by="time_ago").time
    assert time is not None and time["title"] == "14 March 2026, 16:09:26 UTC+01:00"


@pytest.mark.parametrize("text", ["", "long ago", "<b>", "2026-13-01", "9999-12-31 23:59:59"])
@pytest.mark.parametrize("by", ["time", "time_ago", "end(now())"])
def test_what_is_no_moment_is_shown_as_it_is(app: Flask, text: str, by: str) -> None:
    shown = _shown(app, text, stored(NOON), "Pacific/Kiritimati", by=by)
    assert shown.text == text and shown.find(True) is None


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=61), "at 12:01 UTC (in about 2 minutes)"),
        (timedelta(hours=1), "at 13:00 UTC (in about 60 minutes)"),
        (timedelta(hours=2), "14:00 UTC"),
        (timedelta(days=7), "1 Dec, 12:00 UTC"),
        (timedelta(0), "12:00 UTC"),
    ],
)
def test_what_ends_soon_says_in_how_many_minutes(app: Flask, left: timedelta, words: str) -> None:
    shown = _shown(app, stored(NOON + left), stored(NOON), by="end(now())")
    counted = shown.select_one("[data-ends-in]")
    assert shown.text == words and (counted is not None) == ("about" in words)
    assert counted is None or int(str(counted["data-ends-in"])) == left.total_seconds()


def test_the_pages_are_in_the_zone_of_their_reader(alice: Browser, bob: Browser) -> None:
    _choose(alice, "Asia/Kolkata")
    assert "As of 20:39" in _panel(alice) and "UTC" not in _panel(alice)
    assert "As of 15:09 UTC" in _panel(bob)


def test_an_admin_reads_in_a_zone_of_their_own(grace: Browser, alice: Browser, db: Database) -> None:
    _choose(alice, "Asia/Kolkata")
    _choose(grace, "America/New_York")
    row = grace.visit("/admin/users?q=alice").page.select_one("table time")
    assert row is not None and row.text == "11:09"
    events = grace.visit(f"/admin/users/{person(db, 'alice').id}").page.select("time")
    assert events and all(str(time["title"]).endswith("UTC-04:00") for time in events)


def test_a_zone_that_is_known_no_more_counts_as_none(alice: Browser, db: Database) -> None:
    db.run("UPDATE users SET time_zone = 'Europe/Atlantis'")
    assert "As of 15:09 UTC" in _panel(alice)
    script = alice.page.select_one("script[data-zone]")
    assert script is not None and script["data-zone"] == ""


def test_files_have_the_moments_of_ones_own_zone(grace: Browser) -> None:
    _choose(grace, "Asia/Kolkata")
    grace.visit("/account/data").submit("export-form")
    held = json.loads(grace.answer.text)
    moments = [held["exported_at"], held["account"]["created_at"], held["sessions"][0]["last_seen_at"]]
    assert {*moments, held["events"][0]["created_at"]} == {"2026-03-14T20:39:26+05:30"}
    assert held["account"]["disabled_at"] is None and held["account"]["time_zone"] == "Asia/Kolkata"
    for path in ("/account/activity", "/admin/events"):
        assert json.loads(grace.client.get(f"{path}.json").text)[-1]["created_at"] == "2026-03-14T20:39:26+05:30"
        assert '"2026-03-14T20:39:26+05:30"' in grace.client.get(f"{path}.csv").text


def test_files_have_utc_where_no_zone_is_chosen(grace: Browser) -> None:
    for path in ("/account/activity", "/admin/events"):
        assert json.loads(grace.client.get(f"{path}.json").text)[0]["created_at"] == "2026-03-14T15:09:26Z"


def test_files_leave_what_is_no_moment_as_it_is(alice: Browser, db: Database) -> None:
    db.run("UPDATE users SET created_at = 'long ago'")
    alice.visit("/account/data").submit("export-form")
    assert json.loads(alice.answer.text)["account"]["created_at"] == "long ago"


@pytest.mark.parametrize(
    ("zone", "text", "iso"),
    [
        ("Europe/Berlin", "2026-11-24 14:48:00", "2026-11-24T15:48:00+01:00"),
        ("Europe/Berlin", "2026-10-25 00:30:00", "2026-10-25T02:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25 01:30:00", "2026-10-25T02:30:00+01:00"),
        (None, "2026-11-24 14:48:00", "2026-11-24T14:48:00Z"),
        ("UTC", "2026-11-24 14:48:00", "2026-11-24T14:48:00Z"),
        ("Asia/Kolkata", "9999-12-31 23:59:59", "9999-12-31 23:59:59"),
    ],
)
def test_a_file_tells_the_two_hours_apart_when_clocks_go_back(zone: str | None, text: str, iso: str) -> None:
    assert as_iso(zone, text) == iso


def _choose(browser: Browser, zone: str) -> None:
    browser.visit("/account").submit("time_zone-form", time_zone=zone)


def _panel(browser: Browser) -> str:
    panel = browser.visit("/dashboard").page.select_one("#panel-read")
    assert panel is not None
    return panel.text
