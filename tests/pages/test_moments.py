"""Moments in a real browser: in its zone and the server's words, kept fresh, and what ends soon counts down."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from db import Database, stored, users
from tests.browser import Browser as Client
from tests.fixtures import Clock, log_in, logged_in, person
from tests.judge.pace import TWO_PICTURES, WATCH
from tests.pages.steps import press_refresh
from tests.screens import (
    IN_THE_LAST_TWO_MINUTES,
    Screens,
    become,
    flashes,
    let_pass,
    press,
    served,
    somebody,
    warned,
    warning,
)
from tests.server import Server
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Before a page is read, or after it, which stands first. Chromium knows no seconds in the zones of long ago.
DISTANCES = [
    -400 * DAY, -31 * DAY, -30 * DAY, -7 * DAY, -2 * DAY, -DAY, -9 * HOUR, -MINUTE, 0 * SECOND, 59 * SECOND, MINUTE,
    59 * MINUTE, HOUR, 9 * HOUR, 24 * HOUR - SECOND, DAY, 39 * HOUR, 2 * DAY, 30 * DAY, 31 * DAY, 100 * DAY, 400 * DAY,
    365 * 60 * DAY,
]  # fmt: skip
# Around these, days begin and clocks change.
READ = ["2026-03-29 00:59:59", "2026-10-25 01:30:00", "2026-12-31 23:00:00"]
ZONES = ["Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati", "America/New_York"]
SAID = "() => [...document.querySelectorAll('time')].map(({ textContent, title }) => [textContent, title])"


class Made(NamedTuple):
    """A site where grace is an admin, as she reads it from a browser of her own and from one without JavaScript."""

    screens: Screens
    client: Client
    db: Database
    clock: Clock


@pytest.fixture
def site(app: Flask, clock: Clock, real_browser: Browser) -> Iterator[Made]:
    client = logged_in(Client(app), "grace")
    db = cast(Database, app.extensions["database"])
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    with served(app) as url:
        screens = Screens(real_browser, cast(Server, SimpleNamespace(url=url)), {})
        yield Made(screens, client, db, clock)
        screens.close()


@pytest.mark.parametrize("now", READ)
@pytest.mark.parametrize("language", ["en", "de"])
def test_server_and_script_have_the_same_words(site: Made, language: str, now: str) -> None:
    _fill(site, now)
    for zone in ZONES:
        _set_zone(site, zone)
        expected = {path: _served_words(site, path, language) for path in ("/account/activity", "/admin/users")}
        _set_zone(site, None)
        page = _open(site, timezone_id=zone, locale=language)
        for path, said in expected.items():
            page.goto(path)
            assert len(said) > len(DISTANCES) and page.evaluate(SAID) == said, (zone, path)


def test_the_zone_of_the_profile_comes_before_the_browsers(site: Made) -> None:
    _fill(site, READ[0])
    _set_zone(site, "Asia/Kolkata")
    page = _open(site, timezone_id="America/New_York", locale="en")
    page.goto("/account/activity")
    assert page.evaluate(SAID) == _served_words(site, "/account/activity", "en")


def test_a_browser_whose_clock_is_wrong_tells_the_servers_time(site: Made) -> None:
    site.clock.advance(minutes=5)
    page = _open(site, datetime(2031, 1, 1), timezone_id="UTC")
    page.goto("/account/activity")
    expect(page.locator("time").first).to_have_text("5 min ago")


def test_moments_that_a_swap_brings_are_in_the_browsers_zone(screens: Screens) -> None:
    page = become(screens.open(timezone_id="Asia/Kolkata"), somebody(), "/dashboard")
    as_of = page.locator("#panel-read")
    expect(as_of).to_have_text(re.compile(r"^As of \d\d:\d\d$"))
    with page.expect_response("**/dashboard/panel"):
        press_refresh(page)
    expect(as_of).to_have_text(re.compile(r"^As of \d\d:\d\d$"))
    expect(as_of.locator("time")).to_have_attribute("title", re.compile(r" UTC\+05:30$"))


def test_words_stay_fresh_and_no_live_region_is_told_anew(screens: Screens) -> None:
    page = screens.open()
    page.clock.install()
    become(page, somebody(), "/account/activity")
    expect(page.locator(".event time").first).to_have_text("just now")
    page.evaluate(
        """() => {
          document.querySelector("#flashes").innerHTML = `<p>${document.querySelector(".event time").outerHTML}</p>`;
          window.told = [];
          new MutationObserver((changes) => window.told.push(...changes))
            .observe(document.querySelector("#flashes"), { subtree: true, childList: true, characterData: true });
        }"""
    )
    page.clock.run_for(11 * 60_000)
    expect(page.locator(".event time").first).to_have_text(re.compile("^1[01] min ago$"))
    expect(flashes(page)).to_have_text("just now")
    assert page.evaluate("window.told.length") == 0


def test_the_profile_tells_what_the_browser_says(screens: Screens) -> None:
    page = become(screens.open(timezone_id="Europe/Berlin"), somebody(), "/account")
    as_the_browser_says = page.locator("#time_zone option").first
    expect(as_the_browser_says).to_have_attribute("label", "As the browser says (Europe/Berlin)")
    page.get_by_label("Time zone").select_option(label="Kathmandu")
    press(page, "Save time zone")
    expect(flashes(page)).to_have_text("Your time zone is saved.")
    page.goto("/dashboard")
    expect(page.locator("#panel-read time")).to_have_attribute("title", re.compile(r" UTC\+05:45$"))


def test_the_end_of_a_session_counts_down_in_silence(screens: Screens) -> None:
    page, _ = warned(screens)
    expect(warning(page)).to_have_text(re.compile(r"^This session ends in 1:\d\d, unless you go on\.$"))
    timer = page.locator("#expiry-notice").get_by_role("timer")
    expect(timer).to_have_attribute("aria-live", "off")
    before = timer.inner_text()
    page.clock.run_for(5000)
    expect(timer).not_to_have_text(before)
    expect(timer).to_have_text(re.compile(r"^in (1:\d\d|0:5\d)$"))


def test_without_javascript_the_end_of_a_session_is_a_moment(screens: Screens) -> None:
    page = become(screens.open(javascript=False), asking := somebody())
    let_pass(screens.server, asking, unseen=IN_THE_LAST_TWO_MINUTES)
    page.goto("/expiry")
    expect(page.locator("#expiry-notice p")).to_have_text(
        re.compile(r"^This session ends at \d\d:\d\d UTC \(in about 2 minutes\), unless you go on\.$")
    )


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/dashboard", "/account/activity", "/admin", "/admin/users", "/admin/events"])
def test_nothing_moves_when_they_are_written_in_the_browsers_zone(screens: Screens, path: str, width: int) -> None:
    page = screens.open(
        storage_state=screens.key("admin"), viewport={"width": width, "height": 800}, timezone_id="America/New_York"
    )
    page.context.add_init_script(WATCH)
    page.goto(path)
    page.evaluate(TWO_PICTURES)
    assert "UTC" not in page.locator("time").first.inner_text()
    assert page.evaluate("shifts") == []


def _fill(site: Made, now: str) -> None:
    """An event and a person for each distance from this moment, at which grace is logged in."""
    site.clock.time = datetime.fromisoformat(f"{now}+00:00")
    log_in(site.client, "grace")
    user = person(site.db, "grace").id
    moments = [stored(site.clock() - distance) for distance in DISTANCES]
    with site.db.transaction():
        for at in moments:
            site.db.run(
                """INSERT INTO events (user_id, kind, actor, address, device, detail, created_at)
                   VALUES (:user, 'confirmed', '', '', '', '', :at)""",
                user=user,
                at=at,
            )
        users.add_many(site.db, (_person(number, at) for number, at in enumerate(moments)))


def _person(number: int, at: str) -> dict[str, Any]:
    email = f"p{number}@example.com"
    return {"username": f"p{number}", "email": email, "password": "no hash", "role": "user", "created_at": at}


def _set_zone(site: Made, zone: str | None) -> None:
    site.db.run("UPDATE users SET time_zone = :zone WHERE username = 'grace'", zone=zone)


def _served_words(site: Made, path: str, language: str) -> list[list[str]]:
    site.client.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return [[time.text, str(time["title"])] for time in site.client.visit(path).page.select("time")]


def _open(site: Made, at: datetime | None = None, **options: Any) -> Page:
    """A browser in which grace is logged in, whose clock stands still."""
    page = site.screens.open(**options)
    token = site.client.cookie("session")
    assert token
    page.context.add_cookies([{"name": "session", "value": token, "url": site.screens.server.url}])
    page.clock.set_fixed_time(at or site.clock())
    return page
