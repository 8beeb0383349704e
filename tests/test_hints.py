"""Hints while somebody types a password: how good it is, and that Caps Lock is on."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import Browser
from tests.fixtures import BREACHED
from tests.screens import Screens, become, password_of, slot, somebody

GOOD, FAIR, BAD = "blue-kettle-42 sings", "penguins1", "password"


# On the server


def test_the_check_of_a_password_says_nothing_when_all_is_well(browser: Browser, alice: Browser) -> None:
    for client, address, field in (
        (browser.client, "/signup/password", "password"),
        (alice.client, "/account/password/check", "new_password"),
    ):
        answer = client.post(address, data={field: GOOD}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize(
    ("password", "words"),
    [(GOOD, "Hard to guess."), (FAIR, "Fair. A longer one is better."), (BAD, ""), (BREACHED, ""), ("", "")],
)
def test_how_good_a_password_is_has_an_address_of_its_own(
    browser: Browser, alice: Browser, password: str, words: str
) -> None:
    answer = browser.client.post("/signup/password/strength", data={"password": password})
    assert (answer.status_code, answer.text) == (200, words)
    answer = alice.client.post("/account/password/strength", data={"new_password": password})
    assert (answer.status_code, answer.text) == (200, words)


def test_ones_own_name_is_no_good_password(alice: Browser) -> None:
    answer = alice.client.post("/account/password/strength", data={"new_password": "alice@example.com"})
    assert answer.text == ""


# In a real browser


@pytest.fixture(params=["/signup", "/account/password"])
def page(screens: Screens, request: pytest.FixtureRequest) -> Page:
    """At a form for a new password."""
    page = screens.open() if request.param == "/signup" else become(screens.open(), somebody())
    page.goto(request.param)
    return page


def test_a_new_password_is_told_how_good_it_is(page: Page) -> None:
    leave(page, FAIR)
    expect(strength(page)).to_have_text("Fair. A longer one is better.")
    leave(page, GOOD)
    expect(strength(page)).to_have_text("Hard to guess.")
    leave(page, BAD)
    expect(strength(page)).to_have_text("")
    expect(page.locator("p.error", has_text="harder to guess")).to_be_visible()


def test_nothing_moves_when_it_is_told(page: Page) -> None:
    button = page.locator("main .primary")
    before = button.bounding_box()
    leave(page, GOOD)
    expect(strength(page)).to_have_text("Hard to guess.")
    assert button.bounding_box() == before


def test_what_tells_how_good_it_is_sees_the_password_alone(page: Page) -> None:
    page.locator("main input[type=password], main input[type=email]").first.fill("something else")
    with page.expect_request("**/password/strength") as sent:
        leave(page, GOOD)
    assert list(parse_qs(sent.value.post_data or "").values()) == [[GOOD]]


def test_the_words_go_when_the_form_comes_back(screens: Screens) -> None:
    page = screens.open("/signup")
    leave(page, GOOD)
    expect(strength(page)).to_have_text("Hard to guess.")
    page.locator("input[autocomplete=new-password]").press("Enter")
    expect(slot(page, "email")).to_contain_text("Enter your email address.")
    expect(strength(page)).to_have_text("")


def test_without_javascript_there_are_no_words_and_no_room_for_them(screens: Screens) -> None:
    page = screens.open("/signup", javascript=False)
    expect(strength(page)).to_have_text("")
    assert strength(page).evaluate("slot => slot.offsetHeight") == 0


def test_caps_lock_is_told_while_it_is_on(screens: Screens) -> None:
    page = screens.open("/login")
    hint = page.get_by_role("status").filter(has_text="Caps Lock is on.")
    type_with(page, caps_lock=True)
    expect(hint).to_be_visible()
    type_with(page, caps_lock=False)
    expect(hint).to_have_count(0)
    type_with(page, caps_lock=True)
    expect(hint).to_be_visible()
    password_of(page).blur()
    expect(hint).to_have_count(0)


def test_caps_lock_is_told_in_a_password_that_is_shown_and_in_no_other_field(screens: Screens) -> None:
    page = screens.open("/login")
    page.get_by_label("Email address").dispatch_event("keyup", {"modifierCapsLock": True})
    expect(page.get_by_text("Caps Lock is on.")).to_have_count(0)
    page.get_by_role("button", name="Show password").click()
    type_with(page, caps_lock=True)
    expect(page.get_by_text("Caps Lock is on.")).to_be_visible()


def test_nothing_moves_when_caps_lock_is_told(screens: Screens) -> None:
    page = screens.open("/login", viewport={"width": 320, "height": 800})
    before = page.get_by_role("button", name="Log in").bounding_box()
    type_with(page, caps_lock=True)
    expect(page.get_by_text("Caps Lock is on.")).to_be_visible()
    assert page.get_by_role("button", name="Log in").bounding_box() == before


def test_what_fills_in_a_password_by_itself_is_no_trouble(screens: Screens) -> None:
    page = screens.open("/login")
    password_of(page).evaluate("field => field.dispatchEvent(new Event('keyup', { bubbles: true }))")
    expect(page.get_by_text("Caps Lock is on.")).to_have_count(0)


def strength(page: Page) -> Locator:
    return page.locator("p.strength")


def leave(page: Page, password: str) -> None:
    """Type a new password and look away."""
    page.locator("input[autocomplete=new-password]").fill(password)
    page.locator("input[autocomplete=new-password]").blur()


def type_with(page: Page, caps_lock: bool) -> None:
    """One letter; Playwright has no Caps Lock to press."""
    password_of(page).focus()
    password_of(page).dispatch_event("keyup", {"key": "A", "modifierCapsLock": caps_lock})
