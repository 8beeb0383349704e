"""What matters in every browser, in Firefox: journeys that Chromium makes too, and some without JavaScript or dark."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.test_accessibility import OVERFLOW
from tests.pages.test_admin_acts import test_an_act_without_a_reason_is_refused_beside_the_field  # noqa: F401
from tests.pages.test_admin_users import (  # noqa: F401
    test_a_search_is_narrowed_by_role,
    test_going_back_brings_the_search_before,
    test_going_back_from_a_person_brings_the_search,
    test_the_table_changes_in_place_while_somebody_types,
)
from tests.pages.test_buttons import (  # noqa: F401
    test_a_click_from_a_field_that_was_just_changed_is_not_lost,
    test_three_quick_clicks_send_one_form,
)
from tests.pages.test_confirm import test_an_act_goes_on_with_what_was_typed_once_it_is_confirmed  # noqa: F401
from tests.pages.test_dashboard import test_refresh_changes_the_panel_in_place  # noqa: F401
from tests.pages.test_deletion import test_an_account_is_deleted_and_the_wish_taken_back  # noqa: F401
from tests.pages.test_drafts import test_a_form_sent_after_the_end_comes_back_filled_in_after_the_log_in  # noqa: F401
from tests.pages.test_expiry import test_staying_logged_in_puts_the_end_off_in_place  # noqa: F401
from tests.pages.test_feedback import (  # noqa: F401
    test_correcting_the_address_clears_the_slot,
    test_leaving_a_wrong_address_says_so_beside_the_field,
)
from tests.pages.test_journey import test_the_page_that_was_asked_for_comes_after_sign_up_and_log_in  # noqa: F401
from tests.pages.test_keyboard import log_in_by_keyboard, sign_up_by_keyboard
from tests.pages.test_offline import test_trying_again_shows_the_page_once_the_server_is_back  # noqa: F401
from tests.pages.test_passwords import test_the_password_is_shown_and_hidden_again  # noqa: F401
from tests.pages.test_profile import test_a_taken_name_is_said_on_the_profile_as_soon_as_the_field_is_left  # noqa: F401
from tests.pages.test_refusals import (  # noqa: F401
    test_a_link_in_the_summary_leads_to_its_field,
    test_a_wrong_password_takes_the_focus_to_its_field,
    test_one_error_at_sign_up_takes_the_focus_to_its_field,
)
from tests.pages.test_sessions import test_ending_a_session_changes_the_list_in_place  # noqa: F401
from tests.screens import PHONE, Keys, Screens, firefox_options, heading, somebody
from tests.test_languages import test_choosing_a_language_changes_the_page_in_chromium  # noqa: F401

# For Firefox, Playwright can do neither itself.
WITHOUT_JAVASCRIPT = pytest.mark.parametrize(
    "launch_options", [{"javascript.enabled": False}], ids=["plain"], indirect=True
)
DARK = pytest.mark.parametrize("launch_options", [{"ui.systemUsesDarkTheme": 1}], ids=["dark"], indirect=True)
LIGHTNESS = """() => [document.documentElement, document.querySelector("h1")].map((element, place) =>
  getComputedStyle(element)[place ? "color" : "backgroundColor"])"""
PAGES = {
    None: ["/", "/signup", "/login", "/offline"],
    "member": [
        "/dashboard", "/account", "/account/password", "/account/sessions", "/account/activity", "/account/data",
        "/account/delete", "/confirm", "/expiry", "/logout",
    ],
    "admin": ["/admin", "/admin/users", "/admin/events", "/admin/blocks"],
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> str:
    return "firefox"


@pytest.fixture(scope="module")
def launch_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """With these preferences."""
    return firefox_options() | {"firefox_user_prefs": getattr(request, "param", {})}


@pytest.fixture
def javascript() -> bool:
    """Whether the journeys that Chromium makes have it: here it is set when the browser is started."""
    return True


@pytest.fixture(scope="module")
def keys() -> Keys:
    """Their own: a list of sessions tells by which browser each began."""
    return {}


def test_signing_up_and_logging_in_takes_the_keyboard_alone(screens: Screens) -> None:
    page, person = screens.open("/", viewport=PHONE), somebody()
    sign_up_by_keyboard(page, person)
    log_in_by_keyboard(page, person)


@pytest.mark.parametrize("key", PAGES)
def test_a_narrow_page_does_not_scroll_sideways(screens: Screens, key: str | None) -> None:
    page = screens.open(viewport=PHONE, storage_state=screens.key(key) if key else None)
    for address in PAGES[key]:
        page.goto(address)
        expect(heading(page)).to_be_visible()
        assert page.evaluate(OVERFLOW) == 0, address


@DARK
@pytest.mark.parametrize("path", ["/", "/login"])
def test_where_the_system_is_dark_the_page_is_dark(screens: Screens, path: str) -> None:
    paper, ink = (lightness(color) for color in screens.open(path).evaluate(LIGHTNESS))
    assert paper < 0.3 and ink > 0.8


@WITHOUT_JAVASCRIPT
def test_a_refused_sign_up_comes_back_filled_in_without_javascript(screens: Screens) -> None:
    page, person = screens.open("/signup"), somebody()
    send(page, {"User name": person.name, "Email address": "nobody", "Password": person.password})
    wait_for(page, "Error: Enter an email address, like name@example.com.")
    address = page.get_by_label("Email address")
    assert address.evaluate("field => field === document.activeElement")
    assert address.input_value() == "nobody"
    assert page.get_by_label("User name").input_value() == person.name


@WITHOUT_JAVASCRIPT
def test_the_journey_without_javascript(screens: Screens) -> None:
    page, person = screens.open("/signup"), somebody()
    send(page, {"User name": person.name, "Email address": person.email, "Password": person.password})
    wait_for(page, "Account created! Please log in.")
    send(page, {"Password": person.password})
    wait_for(page, f"Welcome back, {person.name}!")
    page.get_by_role("link", name="Account", exact=True).press("Enter")
    send(page, {"User name": "-too"})
    wait_for(page, f"Your user name is {person.name}-too now.")
    page.get_by_role("link", name="Log out").press("Enter")
    page.get_by_role("button", name="Log out").press("Enter")
    wait_for(page, "You are logged out.")
    page.go_back()
    assert page.get_by_role("heading", level=1).inner_text() == "Log in"
    assert person.name not in page.content()


# Without JavaScript Playwright's own scripts have no clock either, so `fill`, `click` and `expect` wait for ever.


def send(page: Page, typed: dict[str, str]) -> None:
    """Type this at the end of what is in these fields, and press Enter."""
    for label, text in typed.items():
        field = page.get_by_label(label, exact=True)
        field.press("End")
        field.press_sequentially(text)
    page.keyboard.press("Enter")


def wait_for(page: Page, text: str) -> None:
    page.get_by_text(text, exact=True).first.wait_for()


def lightness(color: str) -> float:
    """Of a color in OKLCH, from 0 for black to 1."""
    found = re.match(r"oklch\(([\d.]+)", color)
    assert found, color
    return float(found[1])
