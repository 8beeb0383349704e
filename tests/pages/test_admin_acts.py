"""Acting on somebody."""

import re
from datetime import timedelta

from playwright.sync_api import Locator, Page, expect

from tests.pages.steps import ADMIN_OF, assert_is_out
from tests.screens import (
    Person,
    Screens,
    become,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    log_in,
    page_about,
    password_of,
    press,
    promote,
    slot,
    somebody,
)

WHY = "Asked us to, by telephone."


def test_whoever_is_made_an_admin_sees_so_at_the_next_page(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    expect(other.get_by_role("link", name="Admin")).to_have_count(0)
    page.get_by_role("link", name="Change role").click()
    page.get_by_label("Role").select_option("admin")
    act(page, f"Change the role of {person.name}")
    expect(flashes(page)).to_have_text(f"{person.name} has another role now.")
    expect(fact(page, "Role")).to_have_text("admin")
    other.reload()
    other.get_by_role("link", name="Admin").click()
    expect(heading(other)).to_have_text("Admin")


def test_whoever_is_disabled_is_out_at_the_next_request(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Disable").click()
    act(page, f"Disable {person.name}")
    expect(flashes(page)).to_have_text(f"{person.name} is disabled.")
    expect(fact(page, "State")).to_contain_text("disabled since")
    expect(page.get_by_role("heading", name="0 sessions")).to_be_visible()
    assert_is_out(other)
    fill_in_login(other, person)
    press(other, "Log in")
    expect(heading(other)).to_have_text("Log in")


def test_the_reason_stands_in_the_activity_of_whoever_comes_back(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    for name in ("Disable", "Enable"):
        page.get_by_role("link", name=name, exact=True).click()
        act(page, f"{name} {person.name}", f"{name}: {WHY}")
        expect(heading(page)).to_have_text(person.name)
    expect(fact(page, "State")).to_have_text("active")
    log_in(other, person)
    other.goto("/account/activity")
    events = other.locator(".event")
    expect(events.filter(has_text="Account disabled")).to_contain_text(f"(Disable: {WHY})")
    expect(events.filter(has_text="Account enabled again")).to_contain_text(f"(Enable: {WHY})")


def test_whoever_is_logged_out_everywhere_comes_back(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Log out everywhere").click()
    act(page, f"Log {person.name} out everywhere")
    expect(flashes(page)).to_have_text(f"{person.name} is logged out everywhere.")
    expect(page.get_by_role("link", name="Log out everywhere")).to_have_count(0)
    assert_is_out(other)
    log_in(other, person)


def test_an_act_without_a_reason_is_refused_beside_the_field(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Change role").click()
    page.get_by_label("Role").select_option("admin")
    act(page, f"Change the role of {person.name}", why=" ")
    expect(slot(page, "reason")).to_have_text("Error: Enter a reason. The person reads it in their activity.")
    expect(page.get_by_label("Reason")).to_be_focused()
    expect(page.get_by_label("Role")).to_have_value("admin")
    expect(page).to_have_title(re.compile(f"^Error: Change the role of {person.name}"))
    other.reload()
    expect(other.get_by_role("link", name="Admin")).to_have_count(0)


def test_an_act_after_a_while_goes_on_once_the_password_is_confirmed(screens: Screens, javascript: bool) -> None:
    page, other, person = at_somebody(screens, javascript)
    page.get_by_role("link", name="Disable").click()
    let_pass(screens.server, ADMIN_OF[page], unconfirmed=timedelta(minutes=20))
    act(page, f"Disable {person.name}")
    expect(heading(page)).to_have_text("Confirm it is you")
    other.reload()
    expect(heading(other)).to_have_text(f"Welcome back, {person.name}!")
    password_of(page).fill(ADMIN_OF[page].password)
    press(page, "Confirm")
    expect(flashes(page)).to_have_text(f"{person.name} is disabled.")
    expect(page.locator(".event").filter(has_text="Account disabled")).to_contain_text(f"({WHY})")
    assert_is_out(other)


def test_nobody_acts_on_themselves(screens: Screens, javascript: bool) -> None:
    page, _, _ = at_somebody(screens, javascript)
    page.goto(page_about(screens.server, ADMIN_OF[page]))
    expect(page.get_by_text("This is you.")).to_be_visible()
    expect(page.locator("main").get_by_role("link", name=re.compile("Change role|Disable|Log out"))).to_have_count(0)


def at_somebody(screens: Screens, javascript: bool) -> tuple[Page, Page, Person]:
    """An admin at the page about somebody, who is logged in in another browser."""
    other = become(screens.open(javascript=javascript), person := somebody(), "/dashboard")
    page = become(screens.open(javascript=javascript), admin := somebody())
    promote(screens.server, admin)
    page.goto(page_about(screens.server, person))
    ADMIN_OF[page] = admin
    return page, other, person


def act(page: Page, button: str, why: str = WHY) -> None:
    page.get_by_label("Reason").fill(why)
    press(page, button)


def fact(page: Page, term: str) -> Locator:
    return page.locator(".facts div").filter(has_text=re.compile(rf"^\s*{term}")).get_by_role("definition")
