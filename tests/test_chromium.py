"""What somebody with JavaScript sees, in a real Chromium; and the same journeys without it."""

import re
from contextlib import closing
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from db import users
from tests.screens import (
    NO_ANSWER,
    Person,
    Screens,
    become,
    fill_in_login,
    fill_in_signup,
    flashes,
    heading,
    hold,
    in_trouble,
    log_in,
    marked,
    password_of,
    path,
    press,
    sign_up,
    slot,
    somebody,
    type_over,
    watch_posts,
    with_a_clock,
)

BAD_ADDRESS = "Enter an email address, like name@example.com."
# A check starts 250 ms after its field was left; so long without one, none will come.
LONG_ENOUGH = 500
# The server answers a check in a tenth of this.
ANSWERED = 200


# Feedback beside the field


def test_leaving_a_wrong_address_says_so_beside_the_field(screens: Screens) -> None:
    page = screens.open("/signup")
    leave_address(page, "nobody")
    expect(slot(page, "email")).to_have_text(f"Error: {BAD_ADDRESS}")
    expect(page.get_by_label("Email address")).to_have_attribute("aria-invalid", "true")


def test_correcting_the_address_clears_the_slot(screens: Screens) -> None:
    page = screens.open("/signup")
    leave_address(page, "nobody")
    expect(slot(page, "email")).to_contain_text(BAD_ADDRESS)
    leave_address(page, "somebody@example.com")
    expect(slot(page, "email")).to_have_text("")
    expect(page.get_by_label("Email address")).not_to_have_attribute("aria-invalid", re.compile(".*"))


def test_a_check_sends_its_own_field_alone(screens: Screens) -> None:
    page = screens.open("/signup")
    fill_in_signup(page, somebody()._replace(email=""))
    with page.expect_request("**/signup/email") as sent:
        leave_address(page, "nobody")
    assert fields(sent.value) == {"email": ["nobody"]}


def test_a_taken_name_is_said_as_soon_as_the_field_is_left(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page.goto("/signup")
    page.get_by_label("User name").fill(person.name.upper())
    page.keyboard.press("Tab")
    expect(slot(page, "username")).to_have_text("Error: That user name is taken. Choose another.")


def test_visiting_empty_fields_says_nothing(screens: Screens) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    page.get_by_label("User name").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.wait_for_timeout(LONG_ENOUGH)
    assert posts == []
    expect(page.locator("p.error", has_text=re.compile("."))).to_have_count(0)


def test_the_slot_stays_in_the_page_and_only_its_inside_changes(screens: Screens) -> None:
    page = screens.open("/signup")
    node = slot(page, "email").element_handle()
    page.evaluate(
        """() => {
          window.changed = [];
          new MutationObserver((changes) => window.changed.push(...changes.map((change) => change.target.id)))
            .observe(document.body, { childList: true, subtree: true });
        }"""
    )
    leave_address(page, "nobody")
    expect(slot(page, "email")).to_contain_text(BAD_ADDRESS)
    assert node.get_attribute("aria-live") == "polite"
    assert node.evaluate("node => node === document.getElementById('email-error')")
    assert set(page.evaluate("window.changed")) == {"email-error"}


def test_typing_on_while_a_check_is_under_way_is_not_overwritten(screens: Screens) -> None:
    page = screens.open("/signup")
    held = hold(page, "**/signup/email")
    with page.expect_request("**/signup/email"):
        leave_address(page, "nobody")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    page.keyboard.type("@example.com")
    held[0].continue_()
    expect(slot(page, "email")).to_contain_text(BAD_ADDRESS)
    expect(page.get_by_label("Email address")).to_have_value("nobody@example.com")
    expect(page.get_by_label("Email address")).to_be_focused()


def test_a_check_does_not_take_back_what_the_submit_said_of_the_address(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page = with_a_clock(page, "/signup")
    fill_in_signup(page, somebody()._replace(email=""))
    type_and_press_enter(page, page.get_by_label("Email address"), person.email)
    expect(slot(page, "email")).to_have_text("Error: Email already registered.")
    page.clock.run_for(LONG_ENOUGH)
    page.wait_for_timeout(ANSWERED)
    expect(slot(page, "email")).to_have_text("Error: Email already registered.")


def test_a_check_does_not_take_back_what_the_submit_said_of_the_password(screens: Screens) -> None:
    page, person = with_a_clock(screens.open(), "/signup"), somebody()
    fill_in_signup(page, person._replace(password=""))
    type_and_press_enter(page, password_of(page), person.name)
    expect(slot(page, "password")).to_contain_text("made of your name")
    page.clock.run_for(LONG_ENOUGH)
    page.wait_for_timeout(ANSWERED)
    expect(slot(page, "password")).to_contain_text("made of your name")


# A form that comes back


def test_one_error_at_sign_up_takes_the_focus_to_its_field(screens: Screens) -> None:
    page = marked(screens.open("/signup"))
    person = somebody()._replace(email="nobody")
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(page).to_have_title(re.compile("^Error: Sign up"))
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("Email address")).to_have_value("nobody")
    expect(page.get_by_label("User name")).to_have_value(person.name)
    assert page.evaluate("window.marker")


def test_several_errors_at_sign_up_take_the_focus_to_the_summary(screens: Screens) -> None:
    page = marked(screens.open("/signup"))
    page.get_by_label("User name").fill("a b")
    press(page, "Sign up")
    expect(page).to_have_title(re.compile("^Error: Sign up"))
    expect(page.get_by_role("alert", name="There is a problem")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_value("a b")
    assert page.evaluate("window.marker")


def test_a_link_in_the_summary_leads_to_its_field(screens: Screens, javascript: bool) -> None:
    page = screens.open("/signup", javascript=javascript)
    press(page, "Sign up")
    page.get_by_role("alert").get_by_role("link", name="Enter your email address.").click()
    expect(page.get_by_label("Email address")).to_be_focused()


def test_a_wrong_password_takes_the_focus_to_its_field(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page = marked(page)
    fill_in_login(page, person._replace(password="wrong horse battery"))
    press(page, "Log in")
    expect(page).to_have_title(re.compile("^Error: Log in"))
    expect(slot(page, "password")).to_have_text("Error: Invalid credentials.")
    expect(password_of(page)).to_be_focused()
    expect(password_of(page)).to_have_value("")
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    assert page.evaluate("window.marker")


def test_several_errors_at_log_in_take_the_focus_to_the_summary(screens: Screens) -> None:
    page = marked(screens.open("/login"))
    press(page, "Log in")
    expect(page).to_have_title(re.compile("^Error: Log in"))
    expect(page.get_by_role("alert", name="There is a problem")).to_be_focused()
    assert page.evaluate("window.marker")


def test_the_second_refusal_takes_the_focus_too(screens: Screens) -> None:
    page = screens.open("/signup")
    press(page, "Sign up")
    expect(page.get_by_role("alert")).to_be_focused()
    fill_in_signup(page, somebody()._replace(email="nobody"))
    press(page, "Sign up")
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)


# Pressing the button


@pytest.mark.parametrize("held_for", [0, 400])
def test_a_click_from_a_field_that_was_just_changed_is_not_lost(screens: Screens, held_for: int) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    fill_in_signup(page, somebody())
    type_over(page.get_by_label("Email address"), "nobody")
    page.get_by_role("button", name="Sign up").click(delay=held_for)
    expect(page.get_by_label("Email address")).to_be_focused()
    page.wait_for_timeout(LONG_ENOUGH)
    assert posts.count("/signup") == 1


def test_an_answer_while_the_button_is_held_down_does_not_lose_the_click(screens: Screens) -> None:
    # So narrow that the sentence takes several lines, so high that no scrolling makes up for them.
    page = screens.open("/signup", viewport={"width": 320, "height": 1600})
    posts = watch_posts(page)
    held = hold(page, "**/signup/username")
    with page.expect_request("**/signup/username"):
        fill_in_signup(page, somebody()._replace(name="a b"))
    page.get_by_role("button", name="Sign up").hover()
    page.mouse.down()
    with page.expect_response("**/signup/username"):
        held[0].continue_()
    page.wait_for_timeout(LONG_ENOUGH)
    page.mouse.up()
    expect(page.get_by_role("alert")).to_be_visible()
    assert posts.count("/signup") == 1


def test_three_quick_clicks_send_one_form(screens: Screens) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    fill_in_signup(page, somebody())
    page.get_by_role("button", name="Sign up").click(click_count=3)
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert posts.count("/signup") == 1


def test_enter_in_a_field_sends_the_form(screens: Screens) -> None:
    page = screens.open("/signup")
    posts = watch_posts(page)
    fill_in_signup(page, somebody())
    page.keyboard.press("Enter")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert posts.count("/signup") == 1


def test_the_button_tells_that_the_form_is_under_way_and_keeps_the_focus(screens: Screens) -> None:
    page = screens.open("/signup")
    held = hold(page, "**/signup")
    fill_in_signup(page, somebody())
    with page.expect_request("**/signup"):
        press(page, "Sign up")
    expect(page.locator("#signup-form")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Sign up")).to_be_focused()
    held[0].continue_()
    expect(heading(page)).to_have_text("Log in")


# From sign-up to log-out


def test_sign_up_ends_in_a_real_navigation_to_the_log_in_page(screens: Screens) -> None:
    page = marked(screens.open("/signup"))
    fill_in_signup(page, somebody())
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert path(page) == "/login"
    assert page.evaluate("window.marker") is None


def test_log_in_ends_in_a_real_navigation_to_the_dashboard(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, person := somebody())
    page = marked(page)
    log_in(page, person)
    assert path(page) == "/dashboard"
    assert page.evaluate("window.marker") is None


def test_the_page_that_was_asked_for_comes_after_sign_up_and_log_in(screens: Screens, javascript: bool) -> None:
    page = screens.open("/dashboard?from=here", javascript=javascript)
    page.locator("main").get_by_role("link", name="Sign up").click()
    fill_in_signup(page, person := somebody())
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    assert page.url.endswith("/dashboard?from=here")


def test_the_page_that_was_asked_for_outlives_an_error(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript)
    sign_up(page, person := somebody())
    page.goto("/dashboard?from=here")
    press(page, "Log in")
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    assert page.url.endswith("/dashboard?from=here")


def test_the_journey_without_javascript(screens: Screens) -> None:
    page, person = screens.open("/signup", javascript=False), somebody()
    fill_in_signup(page, person._replace(email="nobody"))
    press(page, "Sign up")
    expect(page).to_have_title(re.compile("^Error: Sign up"))
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_value(person.name)
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.get_by_role("link", name="Log out").click()
    press(page, "Log out")
    expect(flashes(page)).to_have_text("You are logged out.")


def test_several_errors_take_the_focus_to_the_summary_without_javascript(screens: Screens) -> None:
    page = screens.open("/signup", javascript=False)
    press(page, "Sign up")
    expect(page.get_by_role("alert", name="There is a problem")).to_be_focused()


def test_the_journey_when_htmx_does_not_arrive(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_FAILED")
    page, person = screens.open(), somebody()
    page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto("/signup")
    fill_in_signup(page, person._replace(email="nobody"))
    press(page, "Sign up")
    expect(page.get_by_label("Email address")).to_be_focused()
    become(page, person)


def test_going_back_after_log_out_does_not_show_the_dashboard(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    page.get_by_role("link", name="Log out").click()
    press(page, "Log out")
    expect(flashes(page)).to_have_text("You are logged out.")
    for _ in range(3):
        page.go_back()
        expect(heading(page)).to_have_text("Log in")
        assert person.name not in page.content()


# The dashboard's panel


def test_refresh_changes_the_panel_in_place(screens: Screens) -> None:
    page = marked(become(screens.open(), person := somebody()))
    title = heading(page).element_handle()
    log_in(screens.open(), person)
    press_refresh(page)
    expect(page.locator("#dashboard-panel")).to_contain_text("2 browsers")
    assert title.evaluate("node => node.isConnected")
    assert page.evaluate("window.marker")
    assert path(page) == "/dashboard"
    expect(page).to_have_title(re.compile("^Dashboard"))


def test_refresh_keeps_the_focus(screens: Screens) -> None:
    page = become(screens.open(), person := somebody())
    log_in(screens.open(), person)
    press_refresh(page)
    expect(page.locator("#dashboard-panel")).to_contain_text("2 browsers")
    expect(page.get_by_role("link", name="Refresh")).to_be_focused()


def test_refresh_in_a_session_that_has_ended_leads_to_the_log_in_page(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = become(screens.open(javascript=javascript), person := somebody())
    end_sessions(screens, person)
    press_refresh(page)
    expect(heading(page)).to_have_text("Log in")
    assert path(page) == "/login"
    expect(page.locator("#dashboard-panel")).to_have_count(0)
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


# Trouble on the way


def test_a_form_sent_without_a_network_stays_as_it_was(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page, person = screens.open("/signup"), somebody()
    fill_in_signup(page, person)
    page.context.set_offline(True)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("You are offline. Nothing was sent.")
    assert_filled_in(page, person)
    page.context.set_offline(False)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def test_a_form_that_gets_no_answer_stays_as_it_was(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page, person = screens.open("/signup"), somebody()
    page.route("**/signup", lambda route: route.abort())
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("The server did not answer. Nothing was lost; try again in a moment.")
    assert_filled_in(page, person)


@pytest.mark.parametrize("status", [500, 502])
def test_a_form_that_a_proxy_answers_for_a_broken_server_stays_as_it_was(screens: Screens, status: int) -> None:
    screens.expect_trouble(f"status of {status}")
    page, person = screens.open("/signup"), somebody()
    page.route("**/signup", in_trouble(status))
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(flashes(page)).to_contain_text("Something went wrong on our side.")
    assert_filled_in(page, person)
    expect(page.get_by_text("a proxy's page")).to_have_count(0)


def test_a_panel_that_a_proxy_answers_for_a_broken_server_stays_as_it_was(screens: Screens) -> None:
    screens.expect_trouble("status of 502")
    page = become(screens.open(), somebody())
    page.route("**/dashboard/panel", in_trouble(502))
    press_refresh(page)
    expect(flashes(page)).to_contain_text("Something went wrong on our side.")
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    page.unroute("**/dashboard/panel")
    press_refresh(page)
    expect(flashes(page)).to_have_text("")


def test_what_was_said_before_goes_when_a_form_comes_back(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page = screens.open("/login")
    page.context.set_offline(True)
    press(page, "Log in")
    expect(flashes(page)).to_have_text("You are offline. Nothing was sent.")
    page.context.set_offline(False)
    press(page, "Log in")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(flashes(page)).to_have_text("")


# A page that was open for too long


def test_a_sign_up_with_a_stale_token_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page, person = screens.open("/signup", javascript=javascript), somebody()
    fill_in_signup(page, person)
    page.context.clear_cookies()
    press(page, "Sign up")
    expect(flashes(page)).to_contain_text("This page had been open for too long")
    expect(page.get_by_label("User name")).to_have_value(person.name)
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    password_of(page).fill(person.password)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def test_a_log_in_with_a_stale_token_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript)
    sign_up(page, person := somebody())
    fill_in_login(page, person)
    page.context.clear_cookies()
    press(page, "Log in")
    expect(flashes(page)).to_contain_text("This page had been open for too long")
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    password_of(page).fill(person.password)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


# Showing the password


def test_without_javascript_there_is_no_button_to_show_the_password(screens: Screens) -> None:
    for address in ("/signup", "/login"):
        page = screens.open(address, javascript=False)
        expect(page.get_by_role("button", name="Show password")).to_have_count(0)


def test_the_password_is_shown_and_hidden_again(screens: Screens) -> None:
    page = screens.open("/login")
    button = page.get_by_role("button", name="Show password")
    button.click()
    expect(password_of(page)).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Your password is shown.")).to_be_attached()
    button.click()
    expect(password_of(page)).to_have_attribute("type", "password")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("Your password is hidden.")).to_be_attached()


def test_a_shown_password_is_hidden_again_when_it_is_sent(screens: Screens) -> None:
    page = screens.open("/login")
    held = hold(page, "**/login")
    fill_in_login(page, somebody())
    page.get_by_role("button", name="Show password").click()
    with page.expect_request("**/login"):
        press(page, "Log in")
    expect(password_of(page)).to_have_attribute("type", "password")
    held[0].continue_()
    expect(slot(page, "password")).to_have_text("Error: Invalid credentials.")
    expect(password_of(page)).to_have_attribute("type", "password")


def test_the_password_can_be_shown_after_the_form_came_back(screens: Screens) -> None:
    page = screens.open("/login")
    press(page, "Log in")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("button", name="Show password").click()
    expect(password_of(page)).to_have_attribute("type", "text")


def test_a_password_can_be_pasted(screens: Screens) -> None:
    page, person = screens.open("/login"), somebody()
    page.get_by_label("Email address").fill(person.password)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+c")
    password_of(page).focus()
    page.keyboard.press("ControlOrMeta+v")
    expect(password_of(page)).to_have_value(person.password)


def leave_address(page: Page, text: str) -> None:
    """Type as people do, and go on to the next field."""
    page.get_by_label("Email address").fill("")
    page.get_by_label("Email address").press_sequentially(text)
    page.keyboard.press("Tab")


def type_and_press_enter(page: Page, field: Locator, text: str) -> None:
    """And stop the clock: the check that is due after a while is still to come when the form's answer is there."""
    field.press_sequentially(text)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
    page.keyboard.press("Enter")


def press_refresh(page: Page) -> None:
    page.get_by_role("link", name="Refresh").focus()
    page.keyboard.press("Enter")


def end_sessions(screens: Screens, person: Person) -> None:
    with closing(screens.server.database()) as db:
        user = users.by_email(db, person.email)
        assert user is not None
        assert db.run("DELETE FROM sessions WHERE user_id = :id", id=user.id)


def fields(request: Request) -> dict[str, list[str]]:
    """What was sent in the body."""
    return parse_qs(request.post_data or "", keep_blank_values=True)


def assert_filled_in(page: Page, person: Person) -> None:
    """Nothing that was typed is lost."""
    expect(page.get_by_label("User name")).to_have_value(person.name)
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    expect(password_of(page)).to_have_value(person.password)
    expect(page.get_by_role("button", name="Sign up")).to_be_visible()
