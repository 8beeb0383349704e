"""What the throttle keeps out, as admins see and lift it, on the page and on the command line."""

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import Clock, coming_from, guess, log_in, person


def test_an_admin_sees_what_is_blocked_and_lifts_it(grace: Browser, blocked: Browser, db: Database) -> None:
    grace.visit("/admin")
    notice = grace.page.select_one(".looks a[href='/admin/blocks']")
    assert notice is not None and notice.text == "1 block after too many tries"
    assert "Failed log-ins from unknown browsers" in grace.visit("/admin/blocks").text()
    row = grace.page.select_one("#admin-blocks .row")
    assert row is not None and row.h3 is not None and row.h3.text == "alice"
    assert row.h3.a is not None and row.h3.a["href"] == f"/admin/users/{person(db, 'alice').id}"
    grace.submit(str(row.form["id"]) if row.form else "")
    assert grace.flashes() == ["The block is lifted."] and "Nothing is blocked." in grace.text()
    assert log_in(blocked, "alice").path == "/dashboard"
    blocked.visit("/account/activity")
    assert "A block after too many tries was lifted" in blocked.text()
    assert grace.visit("/admin").page.select_one(".looks a[href='/admin/blocks']") is None


def test_a_network_that_is_blocked_is_named(grace: Browser, app: Flask) -> None:
    stranger = coming_from(app, "2001:db8:1:2:3::4")
    for number in range(10):
        guess(stranger, f"user{number}", 1)
    assert "2001:db8:1:2::/64" in grace.visit("/admin/blocks").text()


def test_an_address_that_nobody_has_is_named_as_such(grace: Browser, app: Flask) -> None:
    guess(coming_from(app, "203.0.113.7"), "nobody", 5)
    assert "An address that nobody has" in grace.visit("/admin/blocks").text()


def test_a_block_that_is_over_is_no_error(grace: Browser, blocked: Browser, clock: Clock) -> None:
    row = grace.visit("/admin/blocks").page.select_one("#admin-blocks .row form")
    assert row is not None
    clock.advance(minutes=6)
    grace.submit(str(row["id"]))
    assert grace.flashes() == ["That block was over already."]


def test_the_command_line_lifts_all_of_a_person(app: Flask, blocked: Browser) -> None:
    done = app.test_cli_runner().invoke(args=["user", "unblock", "alice@example.com"])
    assert "alice can log in from any browser again." in done.output
    assert log_in(blocked, "alice").path == "/dashboard"


@pytest.mark.parametrize("key", ["", "x", "%ff", "%00", "a" * 64])
def test_a_block_that_is_none_is_over(grace: Browser, key: str) -> None:
    token = grace.visit("/logout").value("csrf_token")
    body = f"csrf_token={token}&key={key}"
    answer = grace.client.post("/admin/blocks", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303 and grace.visit("/admin/blocks").flashes() == ["That block was over already."]


def test_people_are_listed_before_addresses_that_nobody_has(grace: Browser, blocked: Browser, app: Flask) -> None:
    for number in range(3):
        assert guess(coming_from(app, f"203.0.113.{100 + number}"), f"nobody{number}", 6)[-1] == 429
    rows = grace.visit("/admin/blocks").page.select("#admin-blocks h3")
    assert [row.text for row in rows] == ["alice", *["An address that nobody has"] * 3]
