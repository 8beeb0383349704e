"""Pages in German, whose words are long, and from right to left, on a phone and on a desk."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Browser as Client
from tests.fixtures import PASSWORD, logged_in, person
from tests.pages.test_accessibility import AXE, CLIPPED, OVERFLOW, assert_none, violations
from tests.screens import DESK, PHONE, Screens, served
from tests.sentences import CATALOGS, PSEUDO, write_pseudo
from tests.server import Server
from webapp import create_app
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.languages import catalogs

STRANGERS = ("/", "/login", "/signup", "/nowhere", "/offline")
OWN = (
    "/dashboard", "/account", "/account/password", "/account/sessions", "/account/activity", "/account/data",
    "/account/delete", "/confirm?draft=x", "/logout",
)  # fmt: skip
ADMINS = ("/admin", "/admin/users", "/admin/users/1", "/admin/users/1/disable", "/admin/events", "/admin/blocks")
LANGUAGES = {"de": "ltr", PSEUDO: "rtl"}


@pytest.fixture
def readers(settings: dict[str, Any], cheap_hashes: None, tmp_path: Path, real_browser: Browser) -> Iterator[Screens]:
    """On an app that knows German and the made-up language."""
    folder = tmp_path / "translations"
    shutil.copytree(CATALOGS[0].parent.parent.parent, folder)
    write_pseudo(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogs, "FOLDER", folder)
        app = create_app(settings)
    db = app.extensions["database"]
    for name in ("alice", "grace"):
        logged_in(Client(app), name)
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    with served(app) as url:
        screens = Screens(real_browser, cast(Server, SimpleNamespace(url=url)), {})
        screens.expect_trouble("status of 404")
        yield screens
        screens.close()
    db.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_stranger_sees_holds_in_each_direction(readers: Screens, language: str) -> None:
    page = readers.open("/", locale=language)
    _assert_each_holds(page, language, *STRANGERS)
    page.goto("/signup")
    page.locator("#email").fill("nobody")
    page.locator("main form button.primary").click()
    expect(page.locator(".summary")).to_be_focused()
    _assert_holds(page, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_see_holds_in_each_direction(readers: Screens, language: str) -> None:
    page = readers.open("/login", locale=language)
    page.locator("#email").fill("grace@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button.primary").click()
    expect(page).to_have_url(f"{readers.server.url}/dashboard")
    _assert_each_holds(page, language, *OWN, *ADMINS)


def _assert_each_holds(page: Page, language: str, *paths: str) -> None:
    for path in paths:
        page.goto(path)
        _assert_holds(page, language)


def _assert_holds(page: Page, language: str) -> None:
    """Nothing sticks out of a narrow window, and axe finds nothing."""
    expect(page.locator("html")).to_have_attribute("dir", LANGUAGES[language])
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate(OVERFLOW) == 0, page.url
    assert_none(page.evaluate(CLIPPED), page.url)
    page.evaluate(AXE)
    assert_none(violations(page), page.url)
