"""Every address for a stranger, a user and an admin, read and sent to: who gets in."""

import re
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import logged_in, person, sign_up
from webapp import create_app
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.auth import role_required

WHO = ("stranger", "user", "admin")
# Doors as the contract has them; the longest beginning of an address counts.
DOORS = {"/": "public", "/dashboard": "login", "/account": "login", "/confirm": "login", "/admin": "admin"}
LETS_IN = {"public": {"stranger", "user", "admin"}, "login": {"user", "admin"}, "admin": {"admin"}}


def _door(path: str) -> str:
    beginnings = [beginning for beginning in DOORS if path == beginning or path.startswith(beginning.rstrip("/") + "/")]
    return DOORS[max(beginnings, key=len)]


def _cells(app: Flask, session_id: str, user_id: int) -> list[tuple[str, str]]:
    """Each `(method, path)` that there is."""
    cells = []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<session_id>", session_id).replace("<user_id>", str(user_id))
        for filled in _filled(path):
            cells += [(method, filled) for method in ("GET", "POST") if method in (rule.methods or ())]
    return cells


def _filled(path: str) -> list[str]:
    """An address for each word that it may hold."""
    words = re.search(r"<any\((.*?)\)", path)
    return [re.sub(r"<any.*?>", word.strip(" '"), path) for word in words[1].split(",")] if words else [path]


@pytest.fixture
def browsers(app: Flask, db: Database) -> dict[str, Browser]:
    people = {
        "stranger": Browser(app),
        "user": logged_in(Browser(app), "alice"),
        "admin": logged_in(Browser(app), "grace"),
    }
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    return people


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_each_door_lets_in_whom_it_says(app: Flask, db: Database, browsers: dict[str, Browser], htmx: bool) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    session_id = str(browsers["user"].visit("/account/sessions").page.select(".row")[0]["id"])[8:]
    sign_up(Browser(app), "bob")
    checked = 0
    for method, path in _cells(app, session_id, person(db, "bob").id):
        for who in WHO:
            # Without a token nothing is done, but how far one gets shows the door.
            answer = browsers[who].client.open(path, method=method, headers=headers)
            answer.get_data()
            if who in LETS_IN[_door(path)]:
                assert answer.status_code not in {401, 403}, (who, method, path)
                assert "/login?next=" not in answer.headers.get("Location", ""), (who, method, path)
            elif who == "stranger":
                assert answer.status_code == (401 if htmx else 303), (who, method, path)
            else:
                assert answer.status_code == 403, (who, method, path)
            checked += 1
    assert checked > 150


def test_what_belongs_to_somebody_else_is_not_found(app: Flask, db: Database, browsers: dict[str, Browser]) -> None:
    """Also for an admin, whose pages about others are under /admin."""
    alices = str(browsers["user"].visit("/account/sessions").page.select(".row")[0]["id"])[8:]
    bob = logged_in(Browser(app), "bob")
    (event,) = db.all("SELECT max(id) FROM events WHERE user_id = :id", id=person(db, "alice").id)
    for browser in (bob, browsers["admin"]):
        token = browser.visit("/logout").value("csrf_token")
        for path in (f"/account/sessions/{alices}", f"/account/activity?before={event[0]}"):
            assert browser.client.get(path).status_code == 404
        assert browser.client.post(f"/account/sessions/{alices}", data={"csrf_token": token}).status_code == 404


def test_a_role_of_a_teams_own_opens_its_doors_and_no_others(settings: dict[str, Any], cheap_hashes: None) -> None:
    app = create_app(settings)

    @app.get("/drafts")
    @role_required("editor")
    def drafts() -> str:
        return "drafts"

    db = app.extensions["database"]
    roles.add(db, COMMAND_LINE, "editor")
    browsers = {name: logged_in(Browser(app), name) for name in ("alice", "bob", "grace")}
    roles.give(db, COMMAND_LINE, person(db, "alice"), "editor")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    assert app.test_client().get("/drafts").location == "/login?next=/drafts"
    assert {name: browser.client.get("/drafts").status_code for name, browser in browsers.items()} == {
        "alice": 200, "bob": 403, "grace": 200,
    }  # fmt: skip
    assert browsers["alice"].client.get("/admin").status_code == 403
    db.close()
