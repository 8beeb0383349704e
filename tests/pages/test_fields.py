"""Fields of a team's own, in browsers: at sign-up, in the profile, as an admin's filter."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures import database_url
from tests.pages.test_accessibility import assert_axe_finds_nothing
from tests.screens import (
    Person,
    Screens,
    fill_in_signup,
    flashes,
    get_in,
    heading,
    marked,
    password_of,
    press,
    promote,
    slot,
    somebody,
)
from tests.server import QUICK, ROOT, Server
from tests.test_fields import FIELDS, IMPORTS
from tests.test_lynx import SIGNUP, Lynx

NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A team's: ours beside a folder of its own."""
    clone, instance = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("server")
    for name in ("webapp", "db", "tests"):
        (clone / name).symlink_to(ROOT / name)
    (clone / "own").mkdir()
    (clone / "own/fields.py").write_text(IMPORTS + FIELDS)
    with database_url(instance) as url:
        server = Server(instance, url, clone)
        server.command = QUICK
        with server:
            yield server


def _at_signup(screens: Screens, javascript: bool) -> tuple[Page, Person]:
    page, person = screens.open("/signup", javascript=javascript, viewport=NARROW), somebody()
    fill_in_signup(page, person)
    return page, person


def _signed_up(screens: Screens, javascript: bool) -> tuple[Page, Person]:
    page, person = _at_signup(screens, javascript)
    page.get_by_label("Department").select_option("Sales")
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    return page, person


def _fits(page: Page) -> bool:
    width: int = page.locator("html").evaluate("root => root.scrollWidth")
    return width <= NARROW["width"]


def test_at_320_px_they_are_asked_for_refused_and_kept(screens: Screens, javascript: bool) -> None:
    page, person = _at_signup(screens, javascript)
    assert _fits(page)
    page.get_by_label("Phone").fill("none")
    page.get_by_label("About you").fill("One line.\nAnother.")
    press(page, "Sign up")
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("link")).to_have_text(
        ["Department is missing.", "Phone must be a telephone number, like +49 30 123456."]
    )
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Department")).to_be_focused()
    expect(page.get_by_label("About you")).to_have_value("One line.\nAnother.")
    assert _fits(page)
    page.get_by_label("Department").select_option("Support")
    page.get_by_label("Phone").fill("+49 30 12345")
    password_of(page).fill(person.password)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    get_in(page, person, "/account")
    expect(page.locator("#fields-panel")).to_contain_text("Support")
    assert _fits(page)


def test_the_one_mistake_has_the_focus(screens: Screens, javascript: bool) -> None:
    page, _ = _at_signup(screens, javascript)
    press(page, "Sign up")
    expect(page.get_by_label("Department")).to_be_focused()
    expect(page).to_have_title("Error: Sign up – Latchkey")


def test_a_field_is_checked_when_it_is_left(screens: Screens) -> None:
    page, _ = _at_signup(screens, True)
    marked(page).get_by_label("Website").fill("example.com")
    page.keyboard.press("Tab")
    expect(slot(page, "site")).to_have_text("Error: Website must be a web address, like https://example.com.")
    expect(page.get_by_label("Website")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("window.marker")
    page.get_by_label("Website").fill("https://example.com")
    page.keyboard.press("Tab")
    expect(slot(page, "site")).to_be_empty()


def test_axe_finds_nothing(screens: Screens) -> None:
    page, _ = _at_signup(screens, True)
    page.get_by_label("Phone").fill("none")
    press(page, "Sign up")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_axe_finds_nothing(page)


def test_an_admin_changes_them_and_finds_people_by_them(screens: Screens, javascript: bool) -> None:
    (_, person), (page, admin) = (_signed_up(screens, javascript) for _ in range(2))
    promote(screens.server, admin)
    get_in(page, admin, f"/admin/users?q={person.name}")
    page.get_by_role("link", name=person.name).click()
    page.get_by_role("link", name="Change details").click()
    page.get_by_label("Department").select_option("Support")
    page.get_by_label("Remark").fill("Knows lynx")
    page.get_by_label("Reason").fill("Moved")
    press(page, "Save details")
    expect(heading(page)).to_have_text(person.name)
    expect(page.locator("#fields-panel")).to_contain_text("Knows lynx")
    for chosen, number in {"Sales": 0, "Support": 1}.items():
        page.goto(f"/admin/users?q={person.name}")
        page.get_by_label("Department").select_option(chosen)
        if not javascript:
            press(page, "Search")
        expect(page).to_have_url(re.compile(f"department={chosen.lower()}"))
        expect(page.locator("#users-table tbody tr")).to_have_count(number)


def test_in_lynx_they_are_asked_for_and_kept(server: Server, tmp_path: Path) -> None:
    if not shutil.which("lynx"):
        pytest.skip("lynx is not installed")
    lynx, person = Lynx(tmp_path), somebody()
    stops = [*SIGNUP[:-1], "department", "phone", "site", "age", "born", "about", "motto", "remote", "submit"]
    again = [*stops[:4], "to department", "to phone", *stops[4:]]
    typed = {"name": person.name, "email": person.email, "password": person.password, "phone": "1"}
    for stop, text in typed.items():
        lynx.go_to(stops, stop).type(text)
    lynx.go_to(stops, "submit").enter().keep("refused")
    lynx.go_to(again, "password").type(person.password).go_to(again, "department").choose_next()
    lynx.go_to(again, "phone").type("+49 30 12345")
    lynx.go_to(again, "submit").enter().keep("accepted").run(f"{server.url}/signup")
    refused = lynx.screen("refused")
    assert "Department Error: Department is missing. [Choose one]" in refused
    assert "Error: Phone must be a telephone number" in refused
    assert "Account created!" in lynx.screen("accepted")
