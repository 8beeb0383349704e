"""Everything that happened, as an admin looks through it."""

import csv
import io
import json
import tracemalloc

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import Clock, log_in, logged_in
from webapp.accounts import events
from webapp.accounts.actor import Actor
from webapp.accounts.events import Filter, Kind


def _told(browser: Browser, query: str = "") -> list[str]:
    rows = browser.visit(f"/admin/events?{query}").page.select(".event")
    return [" ".join(f"{row.select('p')[0].text} {row.select('p')[1].text}".split()) for row in rows]


@pytest.fixture
def busy(grace: Browser, app: Flask, clock: Clock) -> Browser:
    """Grace, after two days on which something happened."""
    clock.advance(days=1)
    logged_in(Browser(app), "alice")
    log_in(Browser(app), "alice", password="wrong")
    log_in(Browser(app), "nobody")
    return log_in(Browser(app, grace.htmx), "grace")


def test_all_of_it_newest_first(busy: Browser) -> None:
    assert _told(busy)[:5] == [
        "Logged in grace",
        "Failed log-in an address that nobody has",
        "Failed log-in alice",
        "Logged in alice",
        "Signed up alice",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=login_failed", ["Failed log-in an address that nobody has", "Failed log-in alice"]),
        ("person=alice", ["Failed log-in alice", "Logged in alice", "Signed up alice"]),
        ("person=ALICE@example.com&kind=signed_up", ["Signed up alice"]),
        ("until=2026-03-14&kind=signed_up", ["Signed up grace"]),
        ("since=2026-03-15&kind=signed_up", ["Signed up alice"]),
        ("since=2026-03-15&until=2026-03-15&person=grace", ["Logged in grace"]),
        ("address=127.0.0.1&kind=signed_up", ["Signed up alice", "Signed up grace"]),
        ("address=192.0.2.1", []),
        ("person=nobody", []),
    ],
)
def test_it_is_filtered(busy: Browser, query: str, found: list[str]) -> None:
    assert _told(busy, query) == found


def test_what_cannot_be_is_said_beside_the_field(busy: Browser) -> None:
    busy.visit("/admin/events?person=nobody&since=yesterday&until=2026-02-31")
    assert busy.errors() == {
        "person": "Nobody has this user name or address.",
        "since": "Enter a day, like 2026-03-14.",
        "until": "Enter a day, like 2026-03-14.",
    }
    # A browser shows no other words in a field for a day.
    assert busy.value("since") == "yesterday" and busy.page.select_one("#since[type=text]")


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "kind=x", "person=%00", "since=%ff", "until=9999-12-31", "address=%00"]
)
def test_an_edited_address_is_no_error(grace: Browser, query: str) -> None:
    assert grace.client.get(f"/admin/events?{query}").status_code == 200


def test_pages_lead_through_all_of_it(grace: Browser, db: Database, clock: Clock) -> None:
    _fill(db, clock, 60)
    seen = _told(grace, "kind=confirmed")
    while older := grace.page.find("a", string="Older"):
        seen += _told(grace, str(older["href"]).partition("?")[2])  # type: ignore[index]
    assert len(seen) == 60


def test_the_filtered_set_can_be_taken_along(busy: Browser) -> None:
    rows = list(csv.DictReader(io.StringIO(busy.client.get("/admin/events.csv?person=alice").text)))
    held = json.loads(busy.client.get("/admin/events.json?person=alice").text)
    assert [row["kind"] for row in rows] == [row["kind"] for row in held] == ["login_failed", "logged_in", "signed_up"]
    assert held[0]["username"] == "alice"


def test_a_long_export_needs_no_more_memory_than_a_short_one(db: Database, clock: Clock) -> None:
    """Counted in Python's own allocations, so the machine does not matter."""
    _fill(db, clock, 12_000)
    tracemalloc.start()
    number = sum(1 for _ in events.every(db, Filter()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert number == 12_000 and most < 4 * 2**20


def test_a_plain_user_and_a_stranger_are_kept_out(alice: Browser, app: Flask) -> None:
    for path in ("/admin/events", "/admin/events.csv", "/admin/events.json"):
        assert alice.client.get(path).status_code == 403
        assert app.test_client().get(path).location == f"/login?next={path}"


def _fill(db: Database, clock: Clock, number: int) -> None:
    with db.transaction():
        for count in range(number):
            clock.advance(seconds=count % 2)
            events.record(db, Actor("192.0.2.7", "Firefox on Windows"), Kind.CONFIRMED, None)
