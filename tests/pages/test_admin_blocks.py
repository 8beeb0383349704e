"""What is blocked."""

from playwright.sync_api import expect

from tests.screens import (
    Screens,
    admin_at,
    fail_to_get_in,
    fill_in_login,
    join,
    log_in,
    press,
    somebody,
)


def test_a_block_is_lifted(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 429")
    person = somebody()
    join(screens.open(), person)
    stranger = screens.open(javascript=javascript)
    for _ in range(5):
        fail_to_get_in(stranger, person)
    stranger.goto("/login")
    fill_in_login(stranger, person)
    press(stranger, "Log in")
    expect(stranger.locator("#flashes")).to_contain_text("There were too many failed log-ins.")
    expect(stranger.get_by_label("Email address")).to_have_value(person.email)
    admin = admin_at(screens, "/admin", javascript=javascript)
    admin.get_by_role("link", name="after too many tries").click()
    expect(admin.get_by_role("heading", name="Blocked now")).to_be_visible()
    admin.get_by_role("button", name=f"Lift the block of {person.name}").click()
    expect(admin.locator("#flashes")).to_have_text("The block is lifted.")
    log_in(stranger, person)
