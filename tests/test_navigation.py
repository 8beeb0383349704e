"""The menus: each marks where the user is, on the pages below its links too."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.browser import Browser, text
from tests.fixtures import logged_in
from webapp.auth import navigation
from webapp.languages.sentences import say

BELOW = {
    "/account/username": "Profile",
    "/account/sessions/SESSION": "Sessions",
    "/account/delete": "Your data",
    "/admin/cards": "Overview",
    "/admin/users/2": "People",
    "/admin/users/2/role": "People",
}
pytestmark = pytest.mark.parametrize("htmx", [False], ids=["plain"])


def test_a_menu_marks_its_place_on_every_page_beside_it(app: Flask, grace: Browser, htmx: bool) -> None:
    for page in pages(app, grace):
        links = {str(link["href"]) for link in page.page.select(".side a")}
        if links:
            kind = "page" if page.path in links else "true"
            assert [kind for _, kind in marked(page, ".side")] == [kind], page.path
            assert [kind for _, kind in marked(page, ".site-header")] in (["page"], ["true"]), page.path


@pytest.mark.parametrize("path", BELOW)
def test_a_page_below_another_is_its(app: Flask, grace: Browser, htmx: bool, path: str) -> None:
    logged_in(Browser(app), "bob")
    grace.visit(path.replace("SESSION", session_of(grace)))
    assert marked(grace, ".side") == [(BELOW[path], "true")]


def test_the_panel_by_itself_is_the_dashboards(alice: Browser, htmx: bool) -> None:
    assert marked(alice.visit("/dashboard/panel"), ".site-header") == [("Dashboard", "true")]
    assert marked(alice.visit("/dashboard"), ".site-header") == [("Dashboard", "page")]


BAD_LINKS = {
    "leads to no view; is it data.show?": {"endpoint": "data.shaw"},
    "has the menu 'side', which is none of site, account, admin, registered": {"menu": "side"},
    "has the audience 'All users', which is not strangers, users, admins or a role": {"audience": "All users"},
    "has the key 'xx', which is not one letter or digit": {"key": "xx"},
}


@pytest.mark.parametrize("told", BAD_LINKS)
def test_a_link_that_no_menu_can_show_stops_the_start(app: Flask, htmx: bool, told: str) -> None:
    link = navigation.Link("account", "data.show", say("Your data"), 50)
    with pytest.raises(navigation.BadLink, match=re.escape(told)):
        navigation.register(app, [link._replace(**BAD_LINKS[told])])


def pages(app: Flask, admin: Browser) -> Iterator[Browser]:
    """The admin on each page below /account and /admin."""
    logged_in(Browser(app), "bob")
    session_id = session_of(admin)
    for rule in app.url_map.iter_rules():
        # Of `<any(role, disable):act>` the first.
        path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule)
        path = path.replace("<user_id>", "2").replace("<session_id>", session_id)
        if "GET" in (rule.methods or ()) and path.startswith(("/account", "/admin")):
            yield admin.visit(path)


def session_of(browser: Browser) -> str:
    link = browser.visit("/account/sessions").page.select_one("#session-list h2 a")
    assert link
    return str(link["href"]).rpartition("/")[2]


def marked(browser: Browser, menu: str) -> list[tuple[str, str]]:
    return [(text(link), str(link["aria-current"])) for link in browser.page.select(f"{menu} a[aria-current]")]
