"""The dashboard's panel."""

import re
from contextlib import closing

from playwright.sync_api import expect

from db import users
from tests.pages.steps import press_refresh
from tests.screens import (
    Person,
    Screens,
    become,
    fill_in_login,
    get_in,
    heading,
    marked,
    path,
    press,
    somebody,
)


def test_refresh_changes_the_panel_in_place(screens: Screens) -> None:
    page = marked(become(screens.open(), person := somebody(), "/dashboard"))
    title = heading(page).element_handle()
    get_in(screens.open(), person)
    press_refresh(page)
    expect(page.locator("#dashboard-panel")).to_contain_text("2 browsers")
    assert title.evaluate("node => node.isConnected")
    assert page.evaluate("window.marker")
    assert path(page) == "/dashboard"
    expect(page).to_have_title(re.compile("^Dashboard"))


def test_refresh_keeps_the_focus(screens: Screens) -> None:
    page = become(screens.open(), person := somebody(), "/dashboard")
    get_in(screens.open(), person)
    press_refresh(page)
    expect(page.locator("#dashboard-panel")).to_contain_text("2 browsers")
    expect(page.get_by_role("link", name="Refresh")).to_be_focused()


def test_refresh_in_a_session_that_has_ended_leads_to_the_log_in_page(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = become(screens.open(javascript=javascript), person := somebody(), "/dashboard")
    end_sessions(screens, person)
    press_refresh(page)
    expect(heading(page)).to_have_text("Log in")
    assert path(page) == "/login"
    expect(page.locator("#dashboard-panel")).to_have_count(0)
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def test_the_first_steps_are_hidden_by_a_button(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), somebody(), "/dashboard")
    expect(page.locator("#first-steps li")).to_have_count(4)
    press(page, "Hide these steps")
    expect(page.locator("#flashes")).to_have_text("The first steps are hidden.")
    expect(page.locator("#first-steps")).to_have_count(0)
    page.goto("/dashboard")
    expect(page.locator("#dashboard-panel")).to_be_visible()
    expect(page.locator("#first-steps")).to_have_count(0)


def test_a_dashboard_that_is_made_quickly_notes_which_steps_are_done(screens: Screens) -> None:
    page = become(screens.open(), person := somebody(), "/dashboard")
    with closing(screens.server.database()) as db:
        user = users.by_email(db, person.email)
        assert user is not None
        users.set_time_zone(db, user.id, "Europe/Berlin")
        page.goto("/dashboard")
        expect(page.locator("#first-steps li.done")).to_have_count(1)
        noted = users.by_id(db, user.id)
        assert noted and noted.first_steps == "reading"


def end_sessions(screens: Screens, person: Person) -> None:
    with closing(screens.server.database()) as db:
        user = users.by_email(db, person.email)
        assert user is not None
        assert db.run("DELETE FROM sessions WHERE user_id = :id", id=user.id)
