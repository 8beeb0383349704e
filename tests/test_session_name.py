"""Names for one's own sessions: `work laptop`."""

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser, text
from tests.fixtures import Clock, log_in, person
from webapp.accounts import limits
from webapp.accounts.fields import LONGEST_SESSION_NAME

NAME = "Work <laptop> ☕"


def name_it(browser: Browser, name: str | bytes) -> Browser:
    """The session that the browser is in."""
    return browser.visit(own_address(browser)).submit("session_name-form", name=name)


def own_address(browser: Browser) -> str:
    link = browser.visit("/account/sessions").page.select_one("#session-list h2 a")
    assert link
    return str(link["href"])


def rows(browser: Browser, path: str, selector: str) -> list[str]:
    return [text(row) for row in browser.visit(path).page.select(selector)]


def test_it_stands_in_the_place_of_the_device_which_stands_beside_it(alice: Browser, app: Flask) -> None:
    assert name_it(alice, f"  {NAME} ").flashes() == [f"The session is called {NAME} now."]
    assert alice.path == own_address(alice) and alice.visit(own_address(alice)).value("name") == NAME
    (row,) = rows(alice, "/account/sessions", "#session-list .row")
    assert row.startswith(f"{NAME} This device Unknown browser, 127.0.0.1")
    (row,) = rows(alice, "/dashboard", "#dashboard-panel .halves .rows:not(.checklist) li")
    assert row.startswith(f"{NAME} This device Unknown browser, ")
    other = log_in(Browser(app), "alice").visit("/account/sessions")
    assert [text(button) for button in other.page.select("#session-list .row button")] == [f"Log out {NAME}"]


def test_an_empty_one_takes_it_back(alice: Browser) -> None:
    name_it(alice, NAME)
    assert name_it(alice, " ").flashes() == ["The session is called Unknown browser now."]
    assert "Work" not in alice.visit("/account/sessions").answer.text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x" * (LONGEST_SESSION_NAME + 1), "A name must be at most 40 characters."),
        ("two\nlines", "A name must be one line of text."),
        ("left\u202eright", "A name must be one line of text."),
        ("nothing\0", "A name must be one line of text."),
        (b"\xff", "This holds bytes that are not text."),
    ],
)
def test_a_long_or_unprintable_one_is_refused_beside_the_field(
    alice: Browser, db: Database, name: str | bytes, sentence: str
) -> None:
    name_it(alice, name)
    assert alice.answer.status_code == 422 and alice.errors()["name"] == sentence
    assert db.all("SELECT name FROM sessions") == [("",)]


def test_the_longest_is_kept_whole(alice: Browser) -> None:
    name_it(alice, name := "ß☕" * (LONGEST_SESSION_NAME // 2))
    assert alice.visit(own_address(alice)).value("name") == name


def test_only_ones_own_are_named(alice: Browser, bob: Browser, db: Database) -> None:
    others = own_address(bob)
    form = alice.visit(own_address(alice)).page.select_one("#session_name-form")
    assert form
    typed = {"name": NAME, "csrf_token": form.select("[name=csrf_token]")[0]["value"]}
    for address in (others, "/account/sessions/nowhere"):
        assert alice.client.post(f"{address}/name", data=typed).status_code == 404
        assert alice.client.get(f"{address}/name").status_code == 404
    assert db.all("SELECT DISTINCT name FROM sessions") == [("",)]


def test_one_that_has_ended_takes_none(alice: Browser, app: Flask) -> None:
    other = log_in(Browser(app), "alice")
    alice.visit(own_address(other))
    other.visit("/logout").submit("logout-form")
    assert alice.submit("session_name-form", name=NAME).flashes() == ["That session had ended already."]


def test_admins_see_the_device_alone(alice: Browser, grace: Browser, db: Database) -> None:
    name_it(alice, NAME)
    page = grace.visit(f"/admin/users/{person(db, 'alice').id}")
    assert "Unknown browser, 127.0.0.1" in page.text().replace(" ,", ",") and "Work" not in page.answer.text


def test_it_is_in_the_export(alice: Browser) -> None:
    name_it(alice, NAME)
    alice.visit("/account/data").submit("export-form")
    assert alice.answer.json and [one["name"] for one in alice.answer.json["sessions"]] == [NAME]


def test_it_can_be_changed_so_often(alice: Browser) -> None:
    address = own_address(alice)
    for _ in range(limits.ACTS.most):
        assert alice.visit(address).submit("session_name-form", name=NAME).answer.status_code == 200
    assert alice.visit(address).submit("session_name-form", name="another").answer.status_code == 429


def test_the_page_that_asks_for_the_password_tells_where_a_named_session_is(
    alice: Browser, app: Flask, clock: Clock
) -> None:
    address = own_address(name_it(alice, NAME))
    other = log_in(Browser(app), "alice")
    clock.advance(minutes=20)
    other.visit("/account/sessions").submit(f"end-{address.rpartition('/')[2]}")
    assert f"What will be done: Log out {NAME} (Unknown browser, 127.0.0.1)." in other.text()


def test_a_session_leads_back_to_its_page_of_the_list(alice: Browser) -> None:
    address = own_address(alice)
    alice.visit(f"{address}?page=2").submit("session_name-form", name="Laptop")
    back = alice.page.select_one(".back a")
    assert back is not None and back["href"] == "/account/sessions?page=2"
