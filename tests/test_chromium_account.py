"""One's own account in a real Chromium: sessions, a session that ends, interrupted forms, password, data, deletion."""

import csv
import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.screens import (
    ASKED,
    IN_THE_LAST_TWO_MINUTES,
    IT_IS_OVER,
    LAST_MINUTE_OF_THE_DAY,
    OVER,
    PHONE,
    Person,
    Screens,
    become,
    fail_to_log_in,
    fill_in_login,
    flashes,
    heading,
    let_pass,
    log_in,
    marked,
    password_of,
    path,
    press,
    sign_up,
    slot,
    somebody,
    told_too_late,
    type_over,
    warned,
    warning,
    with_half_a_name,
)

AGENTS = {
    "Firefox on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Safari on iOS": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1",
    "Edge on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
}
NEW_PASSWORD = "staple battery horse"
IS_IN_SIGHT = """field => {
  const { left, top, right, bottom } = field.getBoundingClientRect();
  const corners = [[left + 9, top + 3], [left + 9, bottom - 3], [right - 9, bottom - 3]];
  return corners.every(([x, y]) => document.elementFromPoint(x, y) === field);
}"""
# The answer to such a question takes a tenth of this.
ANSWERED = 300


# Sessions


def test_a_session_ended_from_the_list_is_over_at_its_next_request(screens: Screens, javascript: bool) -> None:
    page, person = at_sessions(screens, "Firefox on Windows", javascript=javascript)
    other = log_in_with(screens, person, "Edge on Windows")
    page.reload()
    press(page, "Log out Edge on Windows")
    expect(flashes(page)).to_have_text("Edge on Windows is logged out.")
    expect(end_buttons(page)).to_have_text(["Log out Firefox on Windows"])
    assert_is_out(other)
    assert_is_in(page)


def test_ending_a_session_changes_the_list_in_place(screens: Screens) -> None:
    page, _ = at_sessions(screens, "Firefox on Windows")
    title = heading(marked(page)).element_handle()
    press(page, "Log out Firefox on Windows")
    expect(end_buttons(page)).to_have_count(0)
    assert page.evaluate("window.marker")
    assert title.evaluate("node => node.isConnected")
    assert path(page) == "/account/sessions"
    expect(page).to_have_title(re.compile("^Sessions"))


def test_the_focus_goes_to_the_neighbour_of_the_session_that_was_ended(screens: Screens) -> None:
    page, _ = at_sessions(screens, *AGENTS)
    first, second, third = end_buttons(page).all_inner_texts()
    for ended, focused in ((second, third), (third, first)):
        press(page, ended)
        expect(page.get_by_role("button", name=ended)).to_have_count(0)
        expect(page.get_by_role("button", name=focused)).to_be_focused()
    press(page, first)
    expect(page.get_by_text("You are logged in nowhere else.")).to_be_focused()


def test_all_other_sessions_are_ended_at_once(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    others = [log_in_with(screens, person, device) for device in AGENTS]
    page.goto("/account/sessions")
    press(page, "Log out all other sessions")
    expect(flashes(page)).to_have_text("3 other sessions ended.")
    expect(page.get_by_text("You are logged in nowhere else.")).to_be_visible()
    for other in others:
        assert_is_out(other)
    assert_is_in(page)


def test_ending_all_others_happens_in_place_and_the_focus_goes_to_the_sentence(screens: Screens) -> None:
    page, _ = at_sessions(screens, *AGENTS)
    press(marked(page), "Log out all other sessions")
    expect(page.get_by_text("You are logged in nowhere else.")).to_be_focused()
    assert page.evaluate("window.marker")


def test_two_tabs_end_one_session(screens: Screens, javascript: bool) -> None:
    page, _ = at_sessions(screens, "Firefox on Windows", javascript=javascript)
    tab = page.context.new_page()
    tab.goto("/account/sessions")
    press(page, "Log out Firefox on Windows")
    expect(flashes(page)).to_have_text("Firefox on Windows is logged out.")
    press(tab, "Log out Firefox on Windows")
    expect(flashes(tab)).to_have_text("That session had ended already.")
    expect(end_buttons(tab)).to_have_count(0)


def test_a_session_is_ended_from_its_own_page(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    other = log_in_with(screens, person, "Firefox on Windows")
    page.goto("/account/sessions")
    page.get_by_role("link", name="Firefox on Windows").click()
    expect(page.get_by_text("Logged in", exact=True)).to_be_visible()
    press(page, "Log out this session")
    expect(flashes(page)).to_have_text("Firefox on Windows is logged out.")
    assert_is_out(other)


def test_ending_a_session_in_a_session_that_is_over_leads_to_the_log_in_page(
    screens: Screens, javascript: bool
) -> None:
    screens.expect_trouble("status of 401")
    page, person = at_sessions(screens, "Firefox on Windows", javascript=javascript)
    let_pass(screens.server, person, unseen=OVER)
    press(page, "Log out Firefox on Windows")
    expect(heading(page)).to_have_text("Log in")
    expect(page.locator("#session-list")).to_have_count(0)


# A session that is about to end


def test_two_minutes_before_the_end_the_page_warns_without_taking_the_focus(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    region = page.locator(".expiry").element_handle()
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_be_visible()
    expect(warning(page)).to_contain_text("unless you go on")
    assert region.evaluate("node => node.isConnected && node.getAttribute('role') === 'status'")
    assert_half_a_name(page)


def test_a_page_whose_session_was_seen_elsewhere_does_not_warn(screens: Screens) -> None:
    page, _ = with_half_a_name(screens)
    for _ in range(2):
        with page.expect_response("**/expiry"):
            page.clock.fast_forward(ASKED)
        page.wait_for_timeout(ANSWERED)
        expect(page.locator("#expiry-notice")).not_to_contain_text("ends on")
    assert_half_a_name(page)


def test_staying_logged_in_puts_the_end_off_in_place(screens: Screens) -> None:
    page, person = warned(screens)
    stay(page)
    expect(page.get_by_text("You stay logged in.")).to_be_focused()
    expect(warning(page)).to_have_count(0)
    expect(page.get_by_label("User name")).to_have_value("half a na")
    assert page.evaluate("window.marker")
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_be_visible()
    expect(page.get_by_text("You stay logged in.")).to_have_count(0)


def test_staying_logged_in_gives_the_session_another_hour(screens: Screens) -> None:
    page, _ = warned(screens)
    stay(page)
    expect(page.get_by_text("You stay logged in.")).to_be_visible()
    assert_ends_in_an_hour(page)


def test_a_session_at_the_end_of_its_day_asks_for_the_password(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_contain_text("however busy you are")
    expect(page.get_by_role("button", name="Stay logged in")).to_have_count(0)
    assert_half_a_name(page)


def test_confirming_the_password_begins_another_day(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.goto("/expiry")
    page.get_by_role("link", name="Confirm your password to stay").click()
    confirm(page, person)
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    expect(warning(page)).to_have_count(0)
    assert_ends_in_an_hour(page)


def test_without_javascript_too_a_page_in_the_last_two_minutes_of_the_day_warns(screens: Screens) -> None:
    page = become(screens.open(javascript=False), person := somebody())
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.goto("/account")
    expect(warning(page)).to_contain_text("however busy you are")


def test_confirming_the_password_leaves_what_was_typed(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.clock.fast_forward(ASKED)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Confirm your password to stay").click()
    confirm(opened.value, person)
    expect(heading(opened.value)).to_have_text(f"Welcome back, {person.name}!")
    page.clock.fast_forward(62_000)
    expect(warning(page)).to_have_count(0)
    expect(page.get_by_label("User name")).to_have_value("half a na")
    page.get_by_label("User name").fill(name := somebody().name)
    press(page, "Save user name")
    expect(flashes(page)).to_have_text(f"Your user name is {name} now.")


def test_a_session_that_is_over_says_so_and_leaves_what_was_typed(screens: Screens) -> None:
    page, _ = told_too_late(screens)
    assert path(page) == "/account"
    assert_half_a_name(page)


def test_what_a_page_whose_session_is_over_promises_is_kept(screens: Screens) -> None:
    screens.expect_trouble("status of 401")
    page, person = told_too_late(screens)
    press(page, "Save user name")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(page.get_by_label("User name")).to_have_value("half a na")


@pytest.mark.parametrize("unseen", [IN_THE_LAST_TWO_MINUTES, OVER])
def test_what_the_page_tells_of_the_end_does_not_cover_the_field(screens: Screens, unseen: timedelta) -> None:
    page, person = with_half_a_name(screens, viewport=PHONE)
    field = page.get_by_label("User name")
    field.evaluate("field => scrollTo(0, scrollY + field.getBoundingClientRect().bottom + 5 - innerHeight)")
    let_pass(screens.server, person, unseen=unseen)
    page.clock.fast_forward(ASKED)
    expect(page.locator(".expiry .shown")).to_be_visible()
    assert field.evaluate(IS_IN_SIGHT)
    assert_half_a_name(page)


def test_a_page_that_gets_no_answer_keeps_quiet_and_asks_again(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_|htmx:error")
    page, person = with_half_a_name(screens)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(ASKED)
    page.wait_for_timeout(ANSWERED)
    expect(flashes(page)).to_have_text("")
    page.context.set_offline(False)
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(31_000)
    expect(warning(page)).to_be_visible()
    assert_half_a_name(page)


@pytest.mark.parametrize("headers", [{}, {"Vary": "HX-Request"}], ids=["a proxy", "the server itself"])
def test_a_page_that_hears_of_trouble_asks_again(screens: Screens, headers: dict[str, str]) -> None:
    screens.expect_trouble("status of 503")
    page, person = with_half_a_name(screens)
    trouble = {"content_type": "text/html", "body": "trouble", "headers": headers}
    page.route("**/expiry", lambda route: route.fulfill(status=503, **trouble))
    with page.expect_response("**/expiry"):
        page.clock.fast_forward(ASKED)
    page.wait_for_timeout(ANSWERED)
    expect(page.get_by_text("trouble")).to_have_count(0)
    expect(flashes(page)).to_have_text("")
    page.unroute("**/expiry")
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(31_000)
    expect(warning(page)).to_be_visible()


def test_a_session_that_somebody_ended_promises_nothing(screens: Screens) -> None:
    page, person = with_half_a_name(screens)
    other = log_in_with(screens, person, "Firefox on Windows")
    other.goto("/account/sessions")
    press(other, "Log out Chrome on Linux")
    expect(flashes(other)).to_have_text("Chrome on Linux is logged out.")
    page.clock.fast_forward(ASKED)
    expect(page.locator(".expiry")).to_contain_text("keep a copy of it before you log in again")
    assert_half_a_name(page)


def test_a_session_that_nobody_put_off_says_that_it_is_over(screens: Screens) -> None:
    page, person = warned(screens)
    let_pass(screens.server, person, unseen=OVER)
    page.clock.fast_forward(92_000)
    expect(page.locator(".expiry")).to_contain_text(IT_IS_OVER)
    assert_half_a_name(page)


def test_staying_logged_in_too_late_says_that_it_is_over(screens: Screens) -> None:
    page, person = warned(screens)
    let_pass(screens.server, person, unseen=OVER)
    stay(page)
    expect(page.locator(".expiry")).to_contain_text(IT_IS_OVER)
    expect(page.get_by_label("User name")).to_have_value("half a na")
    assert page.evaluate("window.marker")


def test_the_page_about_the_end_puts_it_off(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.goto("/expiry")
    expect(heading(page)).to_have_text("Stay logged in?")
    press(page, "Stay logged in")
    expect(page.get_by_text("You stay logged in.") if javascript else page.locator("#dashboard-panel")).to_be_visible()
    assert_ends_in_an_hour(page)


# A form that was interrupted


def test_a_form_sent_after_the_end_comes_back_filled_in_after_the_log_in(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = become(screens.open("/", javascript=javascript), person := somebody())
    renamed = somebody()
    page.goto("/account")
    page.get_by_label("User name").fill(renamed.name)
    let_pass(screens.server, person, unseen=OVER)
    press(page, "Save user name")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Profile")
    expect(flashes(page)).to_have_text("Nothing was done yet. Look at what you typed and send it again.")
    expect(page.get_by_label("User name")).to_have_value(renamed.name)
    expect(page.get_by_label("Email address")).to_have_value(person.email)
    assert name_in(page.context.new_page()) == person.name
    press(page, "Save user name")
    expect(flashes(page)).to_have_text(f"Your user name is {renamed.name} now.")
    assert name_in(page) == renamed.name


def test_a_form_that_was_interrupted_is_for_nobody_else(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = screens.open("/", javascript=javascript)
    sign_up(page, charlie := somebody())
    alice = somebody()
    become(page, alice).goto("/account")
    page.get_by_label("User name").fill("what-alice-typed")
    let_pass(screens.server, alice, unseen=OVER)
    press(page, "Save user name")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, charlie)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Profile")
    expect(page.get_by_label("User name")).to_have_value(charlie.name)
    assert "what-alice-typed" not in page.content()


def test_a_new_password_sent_after_the_end_is_not_kept(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page = become(screens.open("/", javascript=javascript), person := somebody())
    page.goto("/account/password")
    fill_in_passwords(page, person.password, NEW_PASSWORD)
    let_pass(screens.server, person, unseen=OVER)
    press(page, "Change password")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Password")
    expect(page.get_by_label("Current password", exact=True)).to_have_value("")
    expect(page.get_by_label("New password", exact=True)).to_have_value("")
    with closing(screens.server.database()) as db:
        assert db.all("SELECT fields FROM drafts WHERE fields LIKE :typed", typed=f"%{NEW_PASSWORD}%") == []


def test_a_form_from_before_a_log_out_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page = become(screens.open("/", javascript=javascript), person := somebody())
    renamed = somebody()
    page.goto("/account")
    page.get_by_label("User name").fill(renamed.name)
    log_out_and_in(page.context.new_page(), person)
    press(page, "Save user name")
    expect(flashes(page)).to_contain_text("This page had been open for too long, so nothing was done.")
    expect(page.get_by_label("User name")).to_have_value(renamed.name)
    press(page, "Save user name")
    expect(flashes(page)).to_have_text(f"Your user name is {renamed.name} now.")


# Confirming that it is you


def test_an_act_goes_on_with_what_was_typed_once_it_is_confirmed(screens: Screens, javascript: bool) -> None:
    page, person, moved = at_confirmation(screens, javascript)
    confirm(page, person._replace(password="wrong horse battery"))
    expect(slot(page, "password")).to_have_text("Error: That is not your password.")
    expect(password_of(page)).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: Confirm it is you"))
    confirm(page, person)
    expect(flashes(page)).to_have_text(
        f"Your email address is {moved.email} now. Log in with it from the next time on."
    )
    expect(heading(page)).to_have_text("Profile")
    expect(page.get_by_label("Email address")).to_have_value(moved.email)
    log_in(screens.open(), person._replace(email=moved.email))


def test_an_act_that_is_refused_after_all_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    page, person, moved = at_confirmation(screens, javascript)
    sign_up(screens.open(), moved)
    confirm(page, person)
    expect(heading(page)).to_have_text("Profile")
    expect(page.get_by_label("Email address")).to_have_value(moved.email)
    press(page, "Save email address")
    expect(slot(page, "email")).to_have_text("Error: Email already registered.")


def test_all_other_sessions_are_ended_once_it_is_confirmed(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    other = log_in_with(screens, person, "Firefox on Windows")
    page.goto("/account/sessions")
    let_pass(screens.server, person, unconfirmed=timedelta(minutes=20))
    press(page, "Log out all other sessions")
    confirm(page, person)
    expect(flashes(page)).to_have_text("1 other session ended.")
    expect(heading(page)).to_have_text("Sessions")
    assert_is_out(other)
    assert_is_in(page)


def test_cancelling_leaves_everything_as_it_was(screens: Screens, javascript: bool) -> None:
    page, person, _ = at_confirmation(screens, javascript)
    page.get_by_role("link", name="Cancel").click()
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.goto("/account")
    expect(page.get_by_label("Email address")).to_have_value(person.email)


def test_a_form_in_another_tab_outlives_the_confirmation(screens: Screens, javascript: bool) -> None:
    page, person, _ = at_confirmation(screens, javascript)
    tab, renamed = page.context.new_page(), somebody()
    tab.goto("/account")
    confirm(page, person)
    expect(heading(page)).to_have_text("Profile")
    tab.get_by_label("User name").fill(renamed.name)
    press(tab, "Save user name")
    expect(flashes(tab)).to_have_text(f"Your user name is {renamed.name} now.")


def test_an_act_whose_session_ends_comes_back_filled_in(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 401")
    page, person, moved = at_confirmation(screens, javascript)
    let_pass(screens.server, person, unseen=OVER)
    confirm(page, person)
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(page.get_by_label("Email address")).to_have_value(moved.email)
    press(page, "Save email address")
    expect(flashes(page)).to_contain_text(f"Your email address is {moved.email} now.")


# The profile


@pytest.mark.parametrize("field", ["User name", "Email address"])
def test_what_is_saved_alone_leaves_the_other_as_it_was(screens: Screens, javascript: bool, field: str) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    page.goto("/account")
    other = somebody()
    changed = person._replace(name=other.name) if field == "User name" else person._replace(email=other.email)
    page.get_by_label("User name").fill(other.name)
    page.get_by_label("Email address").fill(other.email)
    press(page, f"Save {field[0].lower()}{field[1:]}")
    expect(flashes(page)).to_contain_text(f"Your {field[0].lower()}{field[1:]} is")
    page.goto("/account")
    expect(page.get_by_label("User name")).to_have_value(changed.name)
    expect(page.get_by_label("Email address")).to_have_value(changed.email)


def test_an_error_takes_the_focus_to_its_field_and_leaves_the_other_form(screens: Screens) -> None:
    page = become(screens.open(), somebody())
    page.goto("/account")
    page.get_by_label("Email address").fill("half an addre")
    page.get_by_label("User name").fill("a b")
    press(marked(page), "Save user name")
    expect(page).to_have_title(re.compile("^Error: Profile"))
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_label("Email address")).to_have_value("half an addre")
    assert page.evaluate("window.marker")


def test_a_taken_name_is_said_on_the_profile_as_soon_as_the_field_is_left(screens: Screens) -> None:
    page = screens.open()
    sign_up(page, other := somebody())
    become(page, person := somebody()).goto("/account")
    leave_name(page, other.name.upper())
    expect(slot(page, "username")).to_have_text("Error: That user name is taken. Choose another.")
    leave_name(page, person.name.upper())
    expect(slot(page, "username")).to_have_text("")


def test_the_summary_goes_when_its_last_problem_is_corrected(screens: Screens) -> None:
    page = become(screens.open(), somebody())
    page.goto("/account")
    page.get_by_label("User name").fill("a b")
    press(page, "Save user name")
    expect(page.get_by_role("alert")).to_be_visible()
    leave_name(page, somebody().name)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("User name")).not_to_have_attribute("aria-invalid", re.compile(".*"))


# The password


def test_a_new_password_logs_out_everywhere_else(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    others = [log_in_with(screens, person, device) for device in list(AGENTS)[:2]]
    page.goto("/account/password")
    fill_in_passwords(page, person.password, NEW_PASSWORD)
    press(page, "Change password")
    expect(flashes(page)).to_have_text("Your password is changed. 2 other sessions were ended.")
    for other in others:
        assert_is_out(other)
    assert_is_in(page)
    fail_to_log_in(screens.open(), person._replace(password="correct horse battery"))
    log_in(screens.open(), person._replace(password=NEW_PASSWORD))


def test_a_wrong_current_password_takes_the_focus_to_its_field(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), somebody())
    page.goto("/account/password")
    fill_in_passwords(page, "wrong horse battery", NEW_PASSWORD)
    press(page, "Change password")
    expect(slot(page, "current_password")).to_have_text("Error: That is not your current password.")
    expect(page.get_by_label("Current password", exact=True)).to_be_focused()
    expect(page.get_by_label("Current password", exact=True)).to_have_value("")


def test_a_bad_new_password_is_said_as_soon_as_the_field_is_left(screens: Screens) -> None:
    page = become(screens.open(), person := somebody())
    page.goto("/account/password")
    page.get_by_label("Current password", exact=True).fill(person.password)
    with page.expect_request("**/account/password/check") as sent:
        leave(page.get_by_label("New password", exact=True), "short")
    assert sent.value.post_data == "new_password=short"
    expect(slot(page, "new_password")).to_contain_text("at least 8 characters")
    leave(page.get_by_label("New password", exact=True), person.name)
    expect(slot(page, "new_password")).to_contain_text("made of your name")
    leave(page.get_by_label("New password", exact=True), NEW_PASSWORD)
    expect(slot(page, "new_password")).to_have_text("")


def test_the_summary_keeps_the_problems_that_are_left(screens: Screens) -> None:
    page = become(screens.open(), somebody())
    page.goto("/account/password")
    press(page, "Change password")
    problems = page.get_by_role("alert").get_by_role("link")
    expect(problems).to_have_count(2)
    leave(page.get_by_label("New password", exact=True), NEW_PASSWORD)
    expect(problems).to_have_text(["Enter your password."])


def test_password_managers_find_the_page(screens: Screens, javascript: bool) -> None:
    page = screens.open(javascript=javascript)
    sign_up(page, person := somebody())
    page.goto("/.well-known/change-password")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Password")


# Deleting the account


def test_an_account_is_deleted_and_the_wish_taken_back(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    other = log_in_with(screens, person, "Firefox on Windows")
    page.goto("/account/data")
    page.get_by_role("link", name="Delete account").click()
    delete(page, person)
    expect(heading(page)).to_have_text("Log in")
    expect(flashes(page)).to_contain_text("Your account will be gone on")
    assert_is_out(other)
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Keep your account")
    press(page, "Keep my account")
    expect(flashes(page)).to_have_text("Your account stays.")
    expect(page.get_by_text("Your account will be deleted on")).to_have_count(0)
    assert_is_in(page)


def test_going_back_after_the_deletion_shows_nothing_of_the_account(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    page.goto("/account")
    page.goto("/account/delete")
    delete(page, person)
    expect(flashes(page)).to_contain_text("Your account will be gone on")
    for _ in range(2):
        page.go_back()
        expect(heading(page)).to_have_text("Log in")
        assert person.name not in page.content()


def test_deleting_takes_the_right_password(screens: Screens, javascript: bool) -> None:
    page = become(screens.open("/", javascript=javascript), person := somebody())
    page.goto("/account/delete")
    delete(page, person._replace(password="wrong horse battery"))
    expect(slot(page, "password")).to_have_text("Error: That is not your password.")
    expect(page.get_by_label("Your password", exact=True)).to_be_focused()
    assert_is_in(page)


def test_every_page_reminds_whoever_asked_for_deletion(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account", javascript=javascript, storage_state=screens.key("leaving"))
    page.get_by_role("link", name="Keep it").click()
    expect(heading(page)).to_have_text("Keep your account")


# Activity and data


def test_everything_that_is_held_is_downloaded_as_json(screens: Screens, javascript: bool) -> None:
    page = become(screens.open(javascript=javascript), person := somebody())
    page.goto("/account/data")
    with page.expect_download() as started:
        press(page, "Download your data")
    held = json.loads(text_of(started.value))
    assert started.value.suggested_filename == f"latchkey-{held['account']['id']}.json"
    assert (held["account"]["username"], held["account"]["email"]) == (person.name, person.email)
    assert {event["kind"] for event in held["events"]} == {"signed_up", "logged_in", "exported"}


def test_the_activity_is_downloaded_as_csv_and_json(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account/activity", javascript=javascript, storage_state=screens.key("busy"))
    with page.expect_download() as started:
        page.get_by_role("link", name="as CSV").click()
    assert started.value.suggested_filename == "activity.csv"
    rows = list(csv.DictReader(text_of(started.value).splitlines()))
    with page.expect_download() as started:
        page.get_by_role("link", name="as JSON").click()
    events = json.loads(text_of(started.value))
    assert [row["sentence"] for row in rows] == [event["sentence"] for event in events]
    assert rows[-1]["sentence"] == "Signed up"


def test_activity_of_one_kind(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account/activity", javascript=javascript, storage_state=screens.key("busy"))
    page.get_by_label("Show").select_option("Failed log-in")
    press(page, "Show")
    expect(page.locator("#activity-list .event strong")).to_have_text(["Failed log-in"] * 2)
    expect(page.get_by_label("Show")).to_have_value("login_failed")
    with page.expect_download() as started:
        page.get_by_role("link", name="as CSV").click()
    assert len(text_of(started.value).splitlines()) == 3


def test_an_event_leads_to_its_session(screens: Screens, javascript: bool) -> None:
    page = screens.open("/account/activity", javascript=javascript, storage_state=screens.key("busy"))
    page.get_by_role("link", name="Its session").first.click()
    expect(heading(page)).to_have_text("Session")
    expect(page.get_by_text("Logged in", exact=True)).to_be_visible()


def test_the_dashboard_tells_of_failed_log_ins(screens: Screens, javascript: bool) -> None:
    page = screens.open("/dashboard", javascript=javascript, storage_state=screens.key("busy"))
    failed = page.locator(".card", has_text="Failed log-ins since your last visit")
    expect(failed.get_by_role("definition")).to_have_text(re.compile("^2 since "))
    page.get_by_role("link", name="Look at the failed log-ins: was it you?").click()
    expect(heading(page)).to_have_text("Activity")


# Other ways to look at it


@pytest.mark.parametrize("address", ["/dashboard", "/account/sessions", "/account/activity", "/account/data"])
def test_on_paper_there_is_the_content_alone(screens: Screens, address: str) -> None:
    page = screens.open(address, storage_state=screens.key("busy"))
    page.emulate_media(media="print")
    expect(page.locator("nav").get_by_role("list").filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("button").filter(visible=True)).to_have_count(0)
    expect(heading(page)).to_be_visible()
    expect(page.locator("main time, main p.lead").filter(visible=True).first).to_be_visible()


def test_what_the_page_tells_of_the_end_is_not_printed(screens: Screens) -> None:
    page, _ = warned(screens)
    page.emulate_media(media="print")
    expect(page.locator(".expiry")).to_be_hidden()


@pytest.mark.parametrize("address", ["/dashboard", "/account", "/account/sessions", "/account/activity"])
def test_forced_colours_and_less_motion_take_nothing_away(screens: Screens, address: str) -> None:
    page = screens.open(address, storage_state=screens.key("busy"))
    before = shown(page)
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    assert shown(page) == before
    current = page.locator("[aria-current]").first
    expect(current).to_be_visible()
    assert current.evaluate("link => parseFloat(getComputedStyle(link).borderBlockEndWidth)") >= 2
    assert page.evaluate("document.getAnimations().length") == 0


def log_in_with(screens: Screens, person: Person, device: str) -> Page:
    """Another browser that is logged in, by what it calls itself."""
    page = screens.open(user_agent=AGENTS[device])
    log_in(page, person)
    return page


def at_sessions(screens: Screens, *devices: str, javascript: bool = True) -> tuple[Page, Person]:
    """The list of the sessions of somebody who is logged in with these too."""
    page = become(screens.open(javascript=javascript), person := somebody())
    for device in devices:
        log_in_with(screens, person, device)
    page.goto("/account/sessions")
    return page, person


def end_buttons(page: Page) -> Locator:
    return page.get_by_role("listitem").get_by_role("button", name=re.compile("^Log out"))


def assert_is_in(page: Page) -> None:
    page.goto("/dashboard")
    expect(page.locator("#dashboard-panel")).to_be_visible()


def assert_is_out(page: Page) -> None:
    page.goto("/dashboard")
    expect(heading(page)).to_have_text("Log in")


def assert_ends_in_an_hour(page: Page) -> None:
    """Asked for in a way that does not itself put the end off."""
    page.goto("/expiry")
    at = page.locator("#expiry-notice time").get_attribute("datetime") or ""
    assert datetime.fromisoformat(at) - datetime.now(UTC) > timedelta(minutes=58)


def log_out_and_in(page: Page, person: Person) -> None:
    page.goto("/logout")
    press(page, "Log out")
    expect(heading(page)).to_have_text("Log in")
    log_in(page, person)


def name_in(page: Page) -> str:
    page.goto("/dashboard")
    return heading(page).inner_text().removeprefix("Welcome back, ").removesuffix("!")


def assert_half_a_name(page: Page) -> None:
    """Nothing has disturbed whoever is typing it."""
    expect(page.get_by_label("User name")).to_have_value("half a na")
    expect(page.get_by_label("User name")).to_be_focused()
    assert page.evaluate("window.marker")


def stay(page: Page) -> None:
    page.get_by_role("button", name="Stay logged in").click()


def at_confirmation(screens: Screens, javascript: bool) -> tuple[Page, Person, Person]:
    """Asked for the password, on the way to another address; with who that is then."""
    page = become(screens.open(javascript=javascript), person := somebody())
    page.goto("/account")
    moved = somebody()
    type_over(page.get_by_label("Email address"), moved.email)
    let_pass(screens.server, person, unconfirmed=timedelta(minutes=20))
    press(page, "Save email address")
    expect(heading(page)).to_have_text("Confirm it is you")
    return page, person, moved


def confirm(page: Page, person: Person) -> None:
    expect(heading(page)).to_have_text("Confirm it is you")
    password_of(page).fill(person.password)
    press(page, "Confirm")


def delete(page: Page, person: Person) -> None:
    page.get_by_label("Your password", exact=True).fill(person.password)
    press(page, "Delete my account")


def fill_in_passwords(page: Page, current: str, new: str) -> None:
    page.get_by_label("Current password", exact=True).fill(current)
    page.get_by_label("New password", exact=True).fill(new)


def leave(field: Locator, text: str) -> None:
    """Type as people do, and go on to what comes after the field."""
    field.fill("")
    field.press_sequentially(text)
    field.press("Tab")


def leave_name(page: Page, text: str) -> None:
    """For somewhere else than the button, which would send it."""
    page.get_by_label("User name").fill("")
    page.get_by_label("User name").press_sequentially(text)
    page.get_by_label("Email address").focus()


def text_of(download: Download) -> str:
    return Path(download.path()).read_text(encoding="utf-8")


def shown(page: Page) -> tuple[str, int]:
    """The words, and how many things can be seen."""
    return page.locator("body").inner_text(), page.locator("body *").filter(visible=True).count()
