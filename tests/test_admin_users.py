"""People, as an admin finds and sees them."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from flask import Flask

from db import Database, deletion, users
from tests.browser import Browser
from tests.fixtures import Clock, logged_in, person
from webapp.accounts import people, roles, standing
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.people import Query


def _fill(db: Database, number: int) -> None:
    with db.transaction():
        for count in range(number):
            users.add(db, f"user{count:04}", f"u{number - count:04}@example.com", "x")


def _names(browser: Browser, address: str) -> list[str]:
    return [row.th.text for row in browser.visit(address).page.select("#users-table tbody tr") if row.th]


def _through(browser: Browser, address: str) -> list[str]:
    """All names, page by page, by links that work without JavaScript."""
    seen = _names(browser, address)
    while following := browser.page.find("a", string="Next"):
        seen += _names(browser, str(following["href"]))  # type: ignore[index]
    return seen


def test_25_a_page_newest_first(grace: Browser, db: Database) -> None:
    _fill(db, 60)
    assert len(_names(grace, "/admin/users")) == 25
    expected = [f"user{count:04}" for count in reversed(range(60))] + ["grace"]
    assert _through(grace, "/admin/users") == expected
    assert "61 people" in grace.text()


@pytest.mark.parametrize("few", [1000, 5], ids=["few", "many"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort", people.SORTS)
@pytest.mark.parametrize("wanted", ["", "q=user", "role=user", "state=active&q=example"])
def test_every_order_shows_everybody_once(
    app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch, few: int, direction: str, sort: str, wanted: str
) -> None:
    grace = logged_in(Browser(app), "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    _fill(db, 60)
    monkeypatch.setattr(people, "FEW", few)
    seen = _through(grace, f"/admin/users?sort={sort}&dir={direction}&{wanted}")
    everybody = [user for user in people.every(db) if not wanted or "user" not in wanted or user.username != "grace"]
    keys = {
        "username": lambda user: user.username,
        "email": lambda user: user.email,
        "role": lambda user: (user.role, user.id),
        "state": lambda user: (user.state, user.id),
        "created": lambda user: user.id,
    }
    expected = sorted(everybody, key=keys[sort], reverse=direction == "desc")
    assert seen == [user.username for user in expected]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ali", ["alice", "alicia"]),
        ("ALI", ["alice", "alicia"]),
        ("  lic ", ["alice", "alicia"]),
        ("alice@", ["alice"]),
        ("a_i", ["a_ina"]),
        ("%", []),
        ("!", []),
        ("' OR 1=1 --", []),
        ("\u202e", []),
        ("x" * 5000, []),
    ],
)
def test_a_part_of_a_name_or_an_address_finds_people(app: Flask, db: Database, text: str, found: list[str]) -> None:
    grace = logged_in(Browser(app), "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    with db.transaction():
        for name in ("alice", "alicia", "bob", "a_ina"):
            users.add(db, name, f"{name}@example.com", "x")
    assert sorted(_names(grace, f"/admin/users?q={quote(text)}")) == sorted(found)
    assert ("Nobody fits" in grace.text()) == (not found)


def test_role_and_state_filter(grace: Browser, app: Flask, db: Database) -> None:
    for name in ("alice", "bob"):
        logged_in(Browser(app), name)
    standing.disable(db, COMMAND_LINE, person(db, "bob"))
    deletion.schedule(db, person(db, "alice").id, "2999-01-01 00:00:00")
    assert _names(grace, "/admin/users?role=admin") == ["grace"]
    assert _names(grace, "/admin/users?state=disabled") == ["bob"]
    assert _names(grace, "/admin/users?state=leaving") == ["alice"]
    assert _names(grace, "/admin/users?role=user&state=active") == []
    assert [option["value"] for option in grace.page.select("option[selected]")] == ["user", "active"]


def test_sort_links_turn_around_and_say_so(grace: Browser) -> None:
    grace.visit("/admin/users?sort=email&dir=asc&q=a")
    header = grace.page.select_one("th[aria-sort=ascending]")
    assert header is not None and "Email" in header.text
    assert header.a is not None and header.a["href"] == "/admin/users?sort=email&dir=desc&q=a"


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=" + "9" * 40, "after=999999", "sort=x", "dir=x", "state=x", "role=x",
              "q=%00", "q=%ff", "role=%00", "sort=email&after=99999", "q=a&after=12345"],
)  # fmt: skip
def test_an_edited_address_is_no_error(grace: Browser, query: str) -> None:
    assert grace.client.get(f"/admin/users?{query}").status_code == 200


def test_one_person_has_a_page(grace: Browser, alice: Browser, db: Database) -> None:
    user = person(db, "alice")
    text = grace.visit(f"/admin/users/{user.id}").text()
    assert grace.heading() == "alice" and "alice@example.com" in text and "1 session" in text
    assert "Signed up" in text and "Logged in" in text
    assert "password" not in text.lower() and user.password not in grace.answer.text


@pytest.mark.parametrize("user_id", ["0", "-1", "x", "%00", "9" * 18, "9" * 40, "1.5"])
def test_who_is_not_there_is_not_found(grace: Browser, user_id: str) -> None:
    assert grace.client.get(f"/admin/users/{user_id}").status_code == 404
    for act in ("role", "disable", "enable", "sign-out"):
        assert grace.client.get(f"/admin/users/{user_id}/{act}").status_code == 404


def test_whoever_went_between_two_pages_is_no_error(grace: Browser, db: Database) -> None:
    _fill(db, 30)
    _names(grace, "/admin/users?sort=username&dir=asc")
    following = grace.page.find("a", string="Next")
    db.run("DELETE FROM users WHERE username LIKE 'user%'")
    assert _names(grace, str(following["href"])) == ["grace"]  # type: ignore[index]


def test_tutorials_people_are_all_found(db: Database, clock: Clock) -> None:
    with db.transaction():
        users.add(db, "Zoë", "zoë@example.com", "x")
        users.add(db, "", "blank@example.com", "x")
    for sort in people.SORTS:
        for is_descending in (True, False):
            page = people.page(db, Query(sort=sort, is_descending=is_descending))
            assert {user.email for user in page.people} == {"zoë@example.com", "blank@example.com"}


def test_the_people_who_fit_are_downloaded(grace: Browser, app: Flask, db: Database) -> None:
    for name in ("alice", "bob"):
        logged_in(Browser(app), name)
    standing.disable(db, COMMAND_LINE, person(db, "bob"))
    rows = list(csv.DictReader(io.StringIO(grace.client.get("/admin/users.csv?state=active").text)))
    assert [row["username"] for row in rows] == ["alice", "grace"]
    assert "password" not in rows[0] and rows[0]["email"] == "alice@example.com"
    (bob,) = json.loads(grace.client.get("/admin/users.json?q=bob").text)
    assert (bob["username"], bob["state"]) == ("bob", "disabled")


def test_a_download_reads_a_step_at_a_time(db: Database, clock: Clock) -> None:
    _fill(db, 60)
    for query in (Query(), Query(text="user")):
        found = [user.username for user in people.every_fitting(db, query, step=7)]
        assert found == [f"user{count:04}" for count in reversed(range(60))]


def test_only_admins_download_people(alice: Browser) -> None:
    assert alice.client.get("/admin/users.csv").status_code == 403


def test_empty_fields_are_left_out_of_the_address(grace: Browser) -> None:
    assert grace.client.get("/admin/users?q=&role=&state=").location == "/admin/users"
    assert grace.client.get("/admin/users?q=ali&role=&sort=email").location == "/admin/users?q=ali&sort=email"
    assert grace.client.get("/admin/events?kind=&person=ali").location == "/admin/events?person=ali"
    assert grace.client.get("/account/activity?kind=").location == "/account/activity"
