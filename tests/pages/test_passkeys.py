"""Passkeys in a real browser: added, used in each place that takes one, cancelled, refused and forgotten."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.screens import (
    Person,
    Screens,
    add_app,
    add_passkey,
    become,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    localhost,
    next_code,
    press,
    somebody,
)
from tests.virtual import VirtualAuthenticator

UNKNOWN = "That passkey opens no account here."
LOG_IN = "Log in with a passkey"
# A finger that lies on the device at once would choose a passkey below the field before the test presses the button.
WITHOUT_AUTOFILL = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
NOTE_AUTOFILL = """
  const get = navigator.credentials.get.bind(navigator.credentials);
  navigator.credentials.get = (asked) => {
    globalThis.isWaiting ||= asked.mediation === "conditional";
    return get(asked);
  };
"""
# The browser has heard of what was asked before this, on the same way.
HEARD = "PublicKeyCredential.isConditionalMediationAvailable()"


@pytest.fixture
def page(screens: Screens) -> Page:
    """A browser that knows nobody, where passkeys work."""
    page = screens.open(base_url=localhost(screens.server))
    page.add_init_script(WITHOUT_AUTOFILL)
    return page


def test_one_is_added_and_logs_in_by_its_button(page: Page) -> None:
    device, person = owner(page)
    press(page, "Add a passkey")
    expect(told(page)).to_have_text("This device has a passkey for your account already.")
    assert len(device.credentials()) == 1
    leave(page)
    page.get_by_label("Keep me logged in").check()
    press(page, LOG_IN)
    assert_is_in(page, person)
    (session,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "session"]
    assert session["expires"] > 0, "it outlives the browser"


def test_the_browser_offers_it_below_the_field_for_the_address(screens: Screens) -> None:
    page = screens.open(base_url=localhost(screens.server))
    page.add_init_script(NOTE_AUTOFILL)
    device, person = owner(page)
    leave(page)
    assert_is_in(page, person)
    device.touch(False)
    leave(page)
    page.wait_for_function("globalThis.isWaiting")
    page.evaluate(HEARD)
    device.touch(True)
    press(page, LOG_IN)
    assert_is_in(page, person)


def test_who_cancels_goes_on_by_the_password_and_by_a_second_step(page: Page) -> None:
    device, person = owner(page)
    leave(page)
    device.verify(False)
    press(page, LOG_IN)
    expect(told(page)).to_have_text("Nothing was done. Try again, or use your password.")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Second step")
    # The password was right, so no finger is asked for.
    press(page, "Use a passkey")
    assert_is_in(page, person)


def test_an_act_goes_on_once_it_is_confirmed_by_one(page: Page, screens: Screens) -> None:
    device, person = owner(page)
    let_pass(screens.server, person, unconfirmed=timedelta(minutes=20))
    page.goto("/account")
    page.get_by_label("User name").fill(renamed := somebody().name)
    press(page, "Save user name")
    device.verify(False)
    press(page, "Confirm by passkey")
    expect(told(page)).to_have_text("Nothing was done. Try again, or use another way.")
    device.verify(True)
    press(page, "Confirm by passkey")
    expect(flashes(page)).to_have_text(f"Your user name is {renamed} now.")


def test_a_bad_answer_logs_nobody_in(page: Page) -> None:
    device, person = owner(page)
    for fault in ("isBogusSignature", "isBadUV", "isBadUP"):
        leave(page)
        device.spoil(**{fault: True})
        press(page, LOG_IN)
        expect(flashes(page), fault).to_have_text(UNKNOWN)
        device.spoil(**{fault: False})
    press(page, LOG_IN)
    assert_is_in(page, person)


def test_the_device_forgets_one_that_was_removed(page: Page) -> None:
    device, person = owner(page, defaultBackupEligibility=True, defaultBackupState=True)
    (credential,) = device.credentials()
    expect(page.locator(".row")).to_contain_text("Logs you in, synced")
    page.get_by_role("link", name="Remove").click()
    press(page, "Remove the passkey")
    expect(page.get_by_text("No passkey yet.")).to_be_visible()
    wait_until_it_is_empty(page, device)
    device.add(credential)
    leave(page)
    press(page, LOG_IN)
    expect(flashes(page)).to_have_text(UNKNOWN)
    wait_until_it_is_empty(page, device)
    fill_in_login(page, person)
    press(page, "Log in")
    assert_is_in(page, person)


def test_without_javascript_codes_do_what_passkeys_would(screens: Screens) -> None:
    page = screens.open(base_url=localhost(screens.server), javascript=False)
    become(page, person := somebody(), "/account/passkeys")
    expect(page.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    secret = add_app(page)
    add_passkey(screens.server, person)
    page.goto("/confirm")
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    leave(page)
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    fill_in_login(page, person)
    press(page, "Log in")
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    page.get_by_label("Code").fill(next_code(secret))
    press(page, "Log in")
    assert_is_in(page, person)


def test_an_address_of_numbers_leads_to_where_they_work(screens: Screens) -> None:
    for page in (screens.open("/login"), become(screens.open(), somebody(), "/account/passkeys")):
        expect(page.get_by_text("Passkeys work under")).to_be_visible()
        expect(page.get_by_role("button", name="passkey")).to_have_count(0)
        page.get_by_role("link", name=localhost(screens.server)).click()
        page.wait_for_url(f"{localhost(screens.server)}/login**")
        expect(page.get_by_role("button", name=LOG_IN)).to_be_visible()


def owner(page: Page, **options: bool) -> tuple[VirtualAuthenticator, Person]:
    """Logged in, with a passkey in this page's device, on the page of passkeys."""
    device = VirtualAuthenticator(page, **options)
    become(page, person := somebody(), "/account/passkeys")
    page.get_by_label("Name").fill("The phone")
    press(page, "Add a passkey")
    expect(heading(page)).to_have_text("Recovery codes")
    press(page, "I have kept them")
    page.get_by_role("link", name="Passkeys").click()
    expect(page.get_by_role("heading", name="The phone")).to_be_visible()
    return device, person


def leave(page: Page) -> None:
    """Come back to the log-in with no cookie."""
    page.context.clear_cookies()
    page.goto("/login")


def told(page: Page) -> Locator:
    """What the form of the passkey says."""
    return page.locator("form[data-passkey] [role=status]")


def assert_is_in(page: Page, person: Person) -> None:
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def wait_until_it_is_empty(page: Page, device: VirtualAuthenticator) -> None:
    """The page does not hear when the device has forgotten."""
    for _ in range(200):
        if not device.credentials():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it still has a passkey")
