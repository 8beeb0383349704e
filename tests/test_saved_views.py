"""Views of lists that admins save: a list's filters and order under a name."""

from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser, values
from tests.fixtures import Clock, logged_in, person
from webapp.accounts import roles, saved_views
from webapp.accounts.actor import COMMAND_LINE


def _save(browser: Browser, name: str, address: str = "/admin/users?role=admin&sort=email&dir=asc") -> Browser:
    browser.visit(address)
    return browser.submit("save-view", view_name=name)


def _views(browser: Browser, address: str = "/admin/users") -> dict[str, str]:
    return {link.text: str(link["href"]) for link in browser.visit(address).page.select(".views a")}


def test_a_view_is_saved_opened_and_removed(grace: Browser) -> None:
    _save(grace, "Admins")
    assert grace.flashes() == ["The view is saved: Admins"]
    assert _views(grace) == {"Admins": "/admin/users?role=admin&sort=email&dir=asc"}
    assert grace.visit(_views(grace)["Admins"]).page.select_one(".views [aria-current]") is not None
    form = grace.page.select_one(".views form")
    assert form is not None
    grace.send(str(form["action"]), values(form), form)
    assert grace.flashes() == ["The view is removed."] and _views(grace) == {}


def test_the_same_list_is_shown_after_saving(grace: Browser) -> None:
    assert _save(grace, "Admins").path == "/admin/users?role=admin&sort=email&dir=asc"


def test_each_list_and_each_admin_has_views_of_their_own(grace: Browser, app: Flask, db: Database) -> None:
    _save(grace, "Admins")
    _save(grace, "Failures", "/admin/events?kind=login_failed&since=2026-03-01")
    heidi = logged_in(Browser(app), "heidi")
    roles.give(db, COMMAND_LINE, person(db, "heidi"), "admin")
    assert list(_views(grace)) == ["Admins"]
    assert _views(grace, "/admin/events") == {"Failures": "/admin/events?kind=login_failed&since=2026-03-01"}
    assert _views(heidi) == {}
    (view,) = saved_views.of_list(db, person(db, "grace").id, "users")
    token = heidi.visit("/logout").value("csrf_token")
    sent = {"csrf_token": token, "view": view.id}
    assert heidi.client.post("/admin/users/views/remove", data=sent).status_code == 303
    assert list(_views(grace)) == ["Admins"]


def test_the_whole_list_is_no_view(grace: Browser) -> None:
    assert grace.visit("/admin/users").page.select_one("#save-view") is None


@pytest.mark.parametrize("name", ["", "   ", "a" * 41, "a\nb", "a\0b"])
def test_a_name_that_makes_no_sense_is_refused_beside_the_field(grace: Browser, name: str) -> None:
    _save(grace, name)
    assert grace.answer.status_code == 422 and list(grace.errors()) == ["view_name"]
    assert grace.page.select_one("details.save-view[open]") is not None
    assert _views(grace) == {}


def test_a_name_is_taken_once_in_any_case(grace: Browser) -> None:
    _save(grace, "Admins")
    _save(grace, "ADMINS")
    assert grace.errors() == {"view_name": "You have a view with this name already."}
    assert grace.value("view_name") == "ADMINS"


def test_a_view_that_is_too_long_is_refused_and_any_other_text_is_kept_as_an_address_has_it(grace: Browser) -> None:
    assert _save(grace, "Long", "/admin/users?q=" + "x" * 2000).errors() == {
        "view_name": "This view is too long to be kept."
    }
    _save(grace, "Markup", "/admin/users?q=%22%3E%3Cb%3E+%C3%A9&unknown=1")
    assert _views(grace) == {"Markup": "/admin/users?q=%22%3E%3Cb%3E+%C3%A9"}


@pytest.mark.parametrize("view", [b"\xff", b"a\0", "x" * 16, ""])
def test_what_is_no_view_is_not_there_to_be_removed(grace: Browser, view: Any) -> None:
    _save(grace, "Admins")
    token = grace.value("csrf_token")
    answer = grace.client.post(
        "/admin/users/views/remove", data={"csrf_token": token, "view": view}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303 and set(_views(grace)) == {"Admins"}


def test_twenty_are_enough(grace: Browser, clock: Clock) -> None:
    for number in range(20):
        clock.advance(minutes=4)
        _save(grace, f"View {number}")
    clock.advance(minutes=4)
    assert _save(grace, "One more").errors() == {"view_name": "You have 20 views. Remove one first."}


def test_a_view_asks_for_no_password(grace: Browser, clock: Clock) -> None:
    clock.advance(minutes=20)
    assert _save(grace, "Admins").flashes() == ["The view is saved: Admins"]


def test_a_filter_that_is_no_more_is_named(grace: Browser, db: Database) -> None:
    roles.add(db, COMMAND_LINE, "editor")
    _save(grace, "Editors", "/admin/users?role=editor")
    db.run("DELETE FROM roles WHERE name = 'editor'")
    grace.visit(_views(grace)["Editors"])
    assert grace.errors() == {"role": "There is no such choice any more: editor"}
    assert "Nobody fits." in grace.text()
    assert grace.visit("/admin/events?kind=no_such_kind").errors() == {
        "kind": "There is no such kind of event any more."
    }


def test_they_go_with_their_admin(grace: Browser, db: Database) -> None:
    _save(grace, "Admins")
    db.run("DELETE FROM users WHERE id = :id", id=person(db, "grace").id)
    assert db.one("SELECT 1 FROM saved_views") is None
