"""The authenticator app in a real browser: its picture as a camera sees it, its codes, and the recovery codes."""

import re
import subprocess
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.factors import code
from tests.screens import (
    DESK,
    PHONE,
    Person,
    Screens,
    add_app,
    become,
    fill_in_login,
    flashes,
    heading,
    next_code,
    press,
    slot,
    somebody,
)

SECRET = "#totp-secret"
LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"}, {"color_scheme": "dark"}, {"color_scheme": "dark", "forced_colors": "active"},
]  # fmt: skip


def test_a_camera_reads_the_picture(screens: Screens, tmp_path: Path) -> None:
    page = become(screens.open(), somebody(32), "/account/totp")
    address = page.get_by_role("link", name="open the app").get_attribute("href")
    for size, look in product((DESK, PHONE), LOOKS):
        page.set_viewport_size(size)
        page.emulate_media(**look)
        assert read(page, tmp_path / "page.png") == address, (size, look)


def test_it_is_added_and_is_the_second_step(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody(), "/account/totp")
    secret = page.locator(SECRET).inner_text()
    page.get_by_label("Code").fill("000000")
    press(page, "Add the app")
    expect(slot(page, "code")).to_have_text("Error: That code is not right.")
    expect(page.locator(SECRET)).to_have_text(secret)
    expect(page.get_by_label("Code")).to_be_focused()
    expect(page.get_by_label("Code")).to_have_value("")
    page.get_by_label("Code").fill(code(secret, datetime.now(UTC)))
    page.keyboard.press("Enter")
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    kept = page.locator("#recovery-codes li").first.inner_text()
    press(page, "I have kept them")
    expect(page.locator("#security-panel")).to_contain_text(re.compile("On since .*10 left", re.DOTALL))

    to_second_step(page, person)
    page.get_by_label("Code").fill("000000")
    press(page, "Log in")
    expect(page.get_by_label("Code")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: Second step"))
    page.get_by_label("Code").fill(next_code(secret))
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Profile")

    to_second_step(page, person)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(kept.upper().replace("-", " "))
    press(page, "Log in")
    expect(page.locator("#flashes")).to_contain_text("9 recovery codes are left.")
    expect(heading(page)).to_have_text("Profile")


def test_recovery_codes_are_copied_printed_and_downloaded(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript, permissions=["clipboard-read", "clipboard-write"])
    add_app(become(page, somebody()))
    page.goto("/account/recovery-codes")
    shown = page.locator("#recovery-codes li").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().splitlines()[-10:] == shown
    for button in ("Copy", "Print"):
        expect(page.get_by_role("button", name=button)).to_be_visible(visible=javascript)
    if javascript:
        press(page, "Copy")
        expect(flashes(page)).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").splitlines() == shown
        page.evaluate("window.print = () => (window.isPrinted = true)")
        press(page, "Print")
        assert page.evaluate("window.isPrinted")
    press(page, "I have kept them")
    page.goto("/account/recovery-codes")
    expect(page.get_by_text("10 codes are left")).to_be_visible()
    expect(page.locator("#recovery-codes")).to_have_count(0)


def to_second_step(page: Page, person: Person) -> None:
    """In a browser that nobody knows, on the way to the profile."""
    page.context.clear_cookies()
    page.goto("/login?next=/account")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Second step")


def read(page: Page, picture: Path) -> str:
    """What the QR code on this page says."""
    page.locator(".qr").scroll_into_view_if_needed()
    page.screenshot(path=picture)
    return subprocess.run(
        ["zbarimg", "--raw", "-q", picture], capture_output=True, text=True, check=True
    ).stdout.strip()
