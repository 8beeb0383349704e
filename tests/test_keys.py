"""Single keys that lead to pages: who has them, where they lead, and how they are turned off."""

import json
from typing import Any

import pytest

from db import Database
from tests.browser import Browser, text
from tests.fixtures import logged_in, person
from webapp import create_app

USERS = {"d": "/dashboard", "a": "/account", "e": "/account/activity"}
ADMINS = {"d": "/dashboard", "a": "/account", "p": "/admin/users", "e": "/admin/events", "/": "/admin/users"}


def places(browser: Browser) -> dict[str, str] | None:
    """Where keys lead on this page; None if it has no script for them."""
    script = browser.page.select_one("script[data-places]")
    return json.loads(str(script["data-places"])) if script else None


def listed(browser: Browser) -> list[str]:
    return [text(key) for key in browser.visit("/account/keys/list").page.select("#keys-list div")]


def choose(browser: Browser, keys: str) -> Browser:
    return browser.visit("/account").submit("keys-form", keys=keys)


def test_a_user_has_them_and_an_admin_has_more(alice: Browser, grace: Browser) -> None:
    assert places(alice.visit("/account/data")) == USERS
    assert places(grace.visit("/account/data")) == ADMINS
    assert places(alice.visit("/dashboard")) == USERS


def test_a_visitor_has_none(browser: Browser) -> None:
    assert places(browser.visit("/login")) is None
    assert browser.visit("/account/keys/list").path.startswith("/login?next=")


def test_the_list_names_them_all(alice: Browser, grace: Browser) -> None:
    assert listed(alice) == [
        "/ Search, where there is a search", "? Show this list", "g d Go to Dashboard", "g a Go to Account",
        "g e Go to Activity",
    ]  # fmt: skip
    assert listed(grace) == [
        "/ Search: People", "? Show this list", "g d Go to Dashboard", "g a Go to Account", "g e Go to Events",
        "g p Go to People",
    ]  # fmt: skip


def test_over_htmx_the_list_comes_alone(alice: Browser) -> None:
    answer = alice.client.get("/account/keys/list", headers={"HX-Request": "true"})
    assert answer.text.startswith('<section id="keys-list"')


def test_they_are_turned_off_and_on_again(alice: Browser, bob: Browser, db: Database) -> None:
    assert choose(alice, "off").flashes() == ["Your choice of keys is saved."]
    assert places(alice) is None and places(alice.visit("/dashboard")) is None
    assert "You have turned them off." in alice.visit("/account/keys/list").text()
    assert (person(db, "alice").has_keys, person(db, "bob").has_keys) == (False, True)
    assert places(choose(alice, "on")) == USERS


@pytest.mark.parametrize("keys", ["", "maybe", b"\xff", "on\0"])
def test_another_choice_is_refused_beside_the_field(alice: Browser, db: Database, keys: Any) -> None:
    choose(alice, keys)
    assert alice.answer.status_code == 422 and "keys" in alice.errors()
    assert person(db, "alice").has_keys


def test_a_page_of_a_team_has_a_key(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, cheap_hashes: None
) -> None:
    from webapp.views import data

    (link,) = data.NAVIGATION
    monkeypatch.setattr(data, "NAVIGATION", (link._replace(key="t"),))
    app = create_app(settings)
    browser = logged_in(Browser(app), "alice")
    assert places(browser) == USERS | {"t": "/account/data"}
    assert "g t Go to Your data" in listed(browser)
    app.extensions["database"].close()
