"""The time zone of a profile: as the browser says, or one by its IANA name."""

import json

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import logged_in, person
from webapp.languages import zones

HOSTILE = [
    "", "europe/berlin", "Europe/Atlantis", "Factory", "posixrules", "localtime", "zone.tab",
    "../zones", "Europe/../Europe/Berlin", "/usr/share/zoneinfo/UTC", "Europe", "UTC\0", "Europe/Berlin\n.",
    "browser/x", "é", "A" * 5000, "<b>",
]  # fmt: skip


def _chosen(browser: Browser) -> str:
    [option] = browser.page.select("#time_zone option[selected]") or [{"value": "browser"}]
    return str(option["value"])


def test_a_time_zone_is_saved_alone(alice: Browser, bob: Browser, db: Database) -> None:
    assert _chosen(alice.visit("/account")) == "browser"
    alice.submit("time_zone-form", time_zone="America/New_York")
    assert (alice.path, alice.flashes()) == ("/account", ["Your time zone is saved."])
    assert _chosen(alice) == "America/New_York" and person(db, "alice").time_zone == "America/New_York"
    assert person(db, "bob").time_zone is None
    alice.submit("time_zone-form", time_zone="browser")
    assert person(db, "alice").time_zone is None and _chosen(alice) == "browser"


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_what_is_no_time_zone_is_refused_beside_the_field(alice: Browser, db: Database, name: str) -> None:
    alice.visit("/account").submit("time_zone-form", time_zone=name)
    assert alice.answer.status_code == 422 and list(alice.errors()) == ["time_zone"]
    assert person(db, "alice").time_zone is None


def test_a_missing_time_zone_is_asked_for(alice: Browser) -> None:
    alice.visit("/account").submit("time_zone-form", time_zone=None)
    assert alice.answer.status_code == 422 and alice.errors() == {"time_zone": "Choose a time zone."}


def test_bytes_that_are_no_utf_8_are_no_time_zone(app: Flask, db: Database) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    body = f"csrf_token={alice.value('csrf_token')}&time_zone=%ff"
    answer = alice.client.post("/account/time_zone", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422 and person(db, "alice").time_zone is None


def test_a_stale_token_brings_the_time_zone_back(alice: Browser, db: Database) -> None:
    alice.visit("/account").submit("time_zone-form", csrf_token="stale", time_zone="Asia/Kolkata")
    assert alice.answer.status_code == 422 and person(db, "alice").time_zone is None
    assert _chosen(alice) == "Asia/Kolkata"


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_no_other_name_is_looked_for_among_files(name: str) -> None:
    with pytest.raises(KeyError):
        zones.zone(name)


def test_each_name_has_a_zone() -> None:
    assert {str(zones.zone(name)) for name in zones.NAMES} == zones.NAMES
    assert max(map(len, zones.NAMES)) <= 64, "the column takes no more"


def test_an_older_name_for_a_place_stays_chosen(alice: Browser, db: Database) -> None:
    assert alice.visit("/account").page.select_one("option[value='Asia/Calcutta']") is None
    token = alice.value("csrf_token")
    fields = {"csrf_token": token, "time_zone": "Asia/Calcutta"}
    assert alice.client.post("/account/time_zone", data=fields).status_code == 303
    assert _chosen(alice.visit("/account")) == "Asia/Calcutta"


def test_the_time_zone_is_among_ones_data_and_in_the_command(alice: Browser, app: Flask) -> None:
    alice.visit("/account").submit("time_zone-form", time_zone="Asia/Kolkata")
    alice.visit("/account/data").submit("export-form")
    assert json.loads(alice.answer.text)["account"]["time_zone"] == "Asia/Kolkata"
    shown = app.test_cli_runner().invoke(args=["user", "show", "alice@example.com"])
    assert "time_zone: Asia/Kolkata" in shown.output
