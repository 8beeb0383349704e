"""Waiting and failing: what takes its time says so, nothing is sent twice, and a refusal says for how long."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.screens import (
    NO_ANSWER,
    PHONE,
    Screens,
    become,
    fill_in_login,
    fill_in_signup,
    flashes,
    go_back,
    heading,
    hold,
    marked,
    password_of,
    press,
    somebody,
    watch_posts,
    with_a_clock,
)

# Below this an answer is quick, and words would only flicker.
SLOW = 400
BAR = """button => {
  const { content, animationName, animationDuration } = getComputedStyle(button, "::after");
  return [content, animationName.split(",")[0], animationDuration.split(",")[0]];
}"""
TELL = """() => {
  const words = document.querySelector(".waiting");
  new MutationObserver(() => console.log("told", words.textContent)).observe(words, { childList: true });
}"""
TOO_OFTEN = "There were too many failed log-ins."


# What takes its time


def test_a_slow_answer_is_told_after_400_ms_and_not_before(screens: Screens) -> None:
    page = with_a_clock(screens.open(), "/signup")
    held = hold(page, "**/signup")
    fill_in_signup(page, somebody())
    send_at_a_standstill(page, "**/signup")
    page.clock.run_for(SLOW - 1)
    expect(words(page)).to_have_text("")
    page.clock.run_for(1)
    expect(words(page)).to_have_text("“Sign up” is under way …")
    assert page.get_by_role("button", name="Sign up").evaluate(BAR) == ['""', "late", "0.4s"]
    page.clock.resume()
    held[0].continue_()
    expect(heading(page)).to_have_text("Log in")


def test_nothing_moves_when_a_slow_answer_is_told(screens: Screens) -> None:
    page = screens.open("/signup")
    hold(page, "**/signup")
    fill_in_signup(page, somebody())
    button = page.get_by_role("button", name="Sign up")
    button.click()
    before = button.bounding_box()
    expect(words(page)).not_to_have_text("")
    assert button.bounding_box() == before


def test_a_slow_link_is_told_and_forgotten_with_its_answer(screens: Screens) -> None:
    page = become(screens.open(), somebody(), "/dashboard")
    held = hold(page, "**/dashboard/panel", "GET")
    page.get_by_role("link", name="Refresh").click()
    expect(words(page)).to_have_text("“Refresh” is under way …")
    held[0].continue_()
    expect(words(page)).to_have_text("")
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_a_slow_link_to_another_page_is_told_and_forgotten_when_its_page_comes_back(screens: Screens) -> None:
    page = screens.open("/login")
    held = hold(page, "**/signup", "GET")
    page.evaluate(TELL)
    with page.expect_console_message(lambda message: message.text.startswith("told “")) as heard:
        page.get_by_role("link", name="Sign up").first.click(no_wait_after=True)
    assert heard.value.text == "told “Sign up” is under way …"
    held[0].continue_()
    expect(heading(page)).to_have_text("Sign up")
    go_back(page)
    expect(heading(page)).to_have_text("Log in")
    expect(words(page)).to_have_text("")
    expect(page.locator("[aria-busy]")).to_have_count(0)


@pytest.mark.parametrize("how", ["a new tab", "a place on this page", "a file"])
def test_a_link_that_leaves_the_page_as_it_is_is_not_told(screens: Screens, how: str) -> None:
    page = with_a_clock(become(screens.open(), somebody()), "/account/activity")
    link = page.get_by_role("link", name={"a file": "as CSV", "a new tab": "Dashboard"}.get(how, "Skip to the content"))
    if how == "a file":
        with page.expect_download():
            link.click()
    elif how == "a new tab":
        with page.context.expect_page():
            link.click(modifiers=["ControlOrMeta"])
    else:
        link.press("Enter")
        expect(page.locator("#main")).to_be_focused()
    page.clock.run_for(2 * SLOW)
    expect(words(page)).to_have_text("")
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_a_link_that_brings_no_page_after_all_is_forgotten(screens: Screens) -> None:
    page = with_a_clock(screens.open(), "/login")
    page.evaluate("addEventListener('click', (event) => event.preventDefault())")
    page.get_by_role("link", name="Sign up").first.click()
    expect(words(page)).to_have_text("“Sign up” is under way …")
    page.clock.run_for(20_000)
    expect(words(page)).to_have_text("")


def test_a_check_and_what_a_page_asks_by_itself_are_not_told(screens: Screens) -> None:
    page = become(screens.open(), somebody())
    page.clock.install()
    page.goto("/account")
    held = hold(page, "**/account/username/check")
    page.get_by_label("User name").fill("a b")
    with page.expect_request("**/account/username/check"):
        page.get_by_label("User name").blur()
    page.clock.run_for(2 * SLOW)
    expect(words(page)).to_have_text("")
    held[0].continue_()


def test_a_form_without_htmx_tells_too(screens: Screens) -> None:
    page = without_htmx(screens, "/signup")
    held = hold(page, "**/signup")
    fill_in_signup(page, somebody())
    assert press_and_listen(page, "Sign up") == "told “Sign up” is under way …"
    held[0].continue_()
    expect(heading(page)).to_have_text("Log in")


# Nothing is sent twice


def test_a_form_without_htmx_is_sent_once(screens: Screens) -> None:
    page = without_htmx(screens, "/signup")
    posts, held = watch_posts(page), hold(page, "**/signup")
    fill_in_signup(page, somebody())
    page.evaluate(
        "addEventListener('submit', (event) => setTimeout(() => event.submitter.click(), 50), { once: true })"
    )
    press_and_listen(page, "Sign up")
    held[0].continue_()
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert posts == ["/signup"]


def test_a_form_is_not_sent_again_while_the_page_it_led_to_is_on_its_way(screens: Screens) -> None:
    page = screens.open("/signup")
    posts, held = watch_posts(page), hold(page, "**/login", "GET")
    fill_in_signup(page, somebody())
    page.evaluate(
        """() => addEventListener("htmx:finally:request", () => setTimeout(() => {
          document.querySelector("main button:not([type])").click();
          setTimeout(() => console.log("pressed again"), 50);
        }, 50))"""
    )
    press_and_listen(page, "Sign up", "pressed again")
    held[0].continue_()
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    assert posts.count("/signup") == 1


def test_a_form_can_be_sent_again_once_the_browser_was_stopped(screens: Screens) -> None:
    page = without_htmx(screens, "/signup")
    held = hold(page, "**/signup")
    fill_in_signup(page, somebody())
    page.evaluate("addEventListener('submit', () => setTimeout(() => stop(), 1000), { once: true })")
    press_and_listen(page, "Sign up")
    expect(words(page)).to_have_text("")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    press_and_listen(page, "Sign up")
    held[1].continue_()
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def test_a_form_can_be_sent_again_when_its_page_comes_back_as_it_was(screens: Screens) -> None:
    page = screens.open("/signup")
    hold(page, "**/signup")
    fill_in_signup(page, somebody())
    press(page, "Sign up")
    expect(words(page)).not_to_have_text("")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(words(page)).to_have_text("")
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_a_file_is_asked_for_once_and_a_little_later_again(screens: Screens) -> None:
    page = become(screens.open(), somebody())
    page.clock.install()
    page.goto("/account/data")
    posts, files = watch_posts(page), []
    page.on("download", lambda file: files.append(file))
    with page.expect_download():
        for _ in range(3):
            press(page, "Download your data")
    assert posts == ["/account/data"]
    page.clock.run_for(3000)
    with page.expect_download():
        press(page, "Download your data")
    assert len(files) == 2


def test_a_search_that_gave_way_to_the_next_is_still_under_way(screens: Screens) -> None:
    page = screens.open("/admin/users", storage_state=screens.key("admin"))
    held = hold(page, "**/admin/users?**", "GET")
    for letter in "ab":
        with page.expect_request("**/admin/users?**"):
            page.get_by_label("Name or address").press_sequentially(letter)
    expect(words(page)).to_have_text("“Search” is under way …")
    expect(page.locator("#users-search")).to_have_attribute("aria-busy", "true")
    held[1].continue_()
    expect(page.locator("#users-search")).not_to_have_attribute("aria-busy", "true")
    expect(words(page)).to_have_text("")


# What fails


def test_a_form_without_htmx_is_not_sent_without_a_network(screens: Screens) -> None:
    page, person = without_htmx(screens, "/signup"), somebody()
    fill_in_signup(page, person)
    page.context.set_offline(True)
    press(marked(page), "Sign up")
    expect(flashes(page)).to_have_text("You are offline. Nothing was sent.")
    assert page.evaluate("window.marker")
    page.context.set_offline(False)
    press(page, "Sign up")
    expect(flashes(page)).to_have_text("Account created! Please log in.")


def test_words_end_where_no_answer_comes(screens: Screens) -> None:
    screens.expect_trouble(NO_ANSWER)
    page = screens.open("/login")
    held = hold(page, "**/login")
    press(page, "Log in")
    expect(words(page)).to_have_text("“Log in” is under way …")
    held[0].abort()
    expect(words(page)).to_have_text("")
    expect(flashes(page)).to_have_text("The server did not answer. Nothing was lost; try again in a moment.")


def test_a_proxy_that_is_asked_too_often_replaces_no_form(screens: Screens) -> None:
    screens.expect_trouble("status of 429")
    page = screens.open("/login")
    page.route("**/login", refuse("the proxy's page", {"Retry-After": "90"}))
    fill_in_login(page, person := somebody())
    press(page, "Log in")
    expect(flashes(page)).to_contain_text("That was too often. Nothing was lost;")
    expect(timer(page)).to_have_text(re.compile(r"^You can try again in 1:\d\d\.$"))
    expect(password_of(page)).to_have_value(person.password)


# A refusal counts down


def test_too_many_tries_count_down_and_lose_nothing(screens: Screens, javascript: bool) -> None:
    screens.expect_trouble("status of 429")
    page = guessed_too_often(screens, javascript=javascript, viewport=PHONE)
    expect(flashes(page).locator(".error")).to_be_in_viewport()
    expect(flashes(page)).to_contain_text(TOO_OFTEN)
    expect(page.get_by_label("Keep me logged in")).to_be_checked()
    expect(page.get_by_label("Email address")).to_have_value(re.compile("@example.com$"))
    if javascript:
        expect(timer(page)).to_have_text(re.compile(r"^in [45]:\d\d$"))
        expect(flashes(page)).to_have_text(re.compile(r"try again in [45]:\d\d\.\s*$"))
        expect(password_of(page)).not_to_have_value("")
    else:
        expect(flashes(page)).to_contain_text("try again in 5 minutes.")
        expect(timer(page)).to_have_count(0)


def test_a_page_that_came_without_htmx_counts_down_too(screens: Screens) -> None:
    screens.expect_trouble("status of 429")
    page = without_htmx(screens, "/login")
    guess_too_often(page)
    expect(timer(page)).to_have_text(re.compile(r"^in [45]:\d\d$"))


def test_its_end_is_told_once_and_its_ticking_is_not(screens: Screens) -> None:
    screens.expect_trouble("status of 429")
    page = with_a_clock(screens.open(), "/login")
    page.route("**/login", refuse(refusal(4), {"Vary": "HX-Request", "HX-Reswap": "none"}))
    press(page, "Log in")
    expect(timer(page)).to_have_text("You can try again in 0:04.")
    expect(timer(page)).to_have_attribute("aria-live", "off")
    page.evaluate(
        """() => {
          window.told = [];
          new MutationObserver((changes) => window.told.push(...changes.map(({ target }) => target.id)))
            .observe(document.getElementById("flashes"), { childList: true });
        }"""
    )
    page.clock.run_for(2000)
    expect(timer(page)).to_have_text("You can try again in 0:02.")
    page.clock.run_for(3000)
    expect(flashes(page)).to_have_text("You can try again now.")
    page.clock.run_for(10_000)
    assert page.evaluate("window.told") == ["flashes"]


def test_it_counts_on_while_the_computer_sleeps(screens: Screens) -> None:
    screens.expect_trouble("status of 429")
    page = with_a_clock(screens.open(), "/login")
    page.route("**/login", refuse(refusal(3000), {"Vary": "HX-Request", "HX-Reswap": "none"}))
    press(page, "Log in")
    expect(timer(page)).to_have_text(re.compile("in (50:00|49:5.)"))
    page.clock.fast_forward(2_990_000)
    expect(timer(page)).to_have_text(re.compile(r"in 0:(10|0\d)"))


def test_what_lasts_longer_than_an_hour_is_said_in_words_alone(screens: Screens) -> None:
    screens.expect_trouble("status of 429")
    page = screens.open("/login")
    page.route("**/login", refuse(refusal(86_400), {"Vary": "HX-Request", "HX-Reswap": "none"}))
    press(page, "Log in")
    expect(flashes(page)).to_have_text("Too often.")
    expect(timer(page)).to_have_count(0)


def words(page: Page) -> Locator:
    """What is said to be under way."""
    return page.locator(".waiting[role=status]")


def timer(page: Page) -> Locator:
    return flashes(page).get_by_role("timer")


def send_at_a_standstill(page: Page, address: str) -> None:
    """And stop the clock, so that nothing happens but what a test lets happen."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
    with page.expect_request(address):
        page.keyboard.press("Enter")


def press_and_listen(page: Page, name: str, wanted: str = "told “") -> str:
    """Press a button and give what the page says then: while the next one is on its way nothing can be asked."""
    page.evaluate(TELL)
    with page.expect_console_message(lambda message: message.text.startswith(wanted)) as heard:
        page.get_by_role("button", name=name, exact=True).click(no_wait_after=True)
    return heard.value.text


def without_htmx(screens: Screens, path: str) -> Page:
    """With our own JavaScript alone."""
    screens.expect_trouble("net::ERR_FAILED")
    page = screens.open()
    page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto(path)
    return page


def guessed_too_often(screens: Screens, **options: Any) -> Page:
    page = screens.open("/login", **options)
    guess_too_often(page)
    return page


def guess_too_often(page: Page) -> None:
    """Until no more is tried, for a person who has ticked the box."""
    page.get_by_label("Keep me logged in").check()
    person = somebody()
    for _ in range(5):
        fill_in_login(page, person)
        press(page, "Log in")
        expect(password_of(page)).to_have_value("")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(flashes(page)).to_contain_text(TOO_OFTEN)


def refuse(body: str, headers: dict[str, str]) -> Callable[[Route], None]:
    """As an answer to a form."""

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=429, content_type="text/html", body=body, headers=headers)
        else:
            route.continue_()

    return answer


def refusal(seconds: int) -> str:
    """As the server writes it."""
    flash = f'<p class="flash error" data-retry-after="{seconds}">Too often.</p>'
    return f'<div id="flashes" role="status" data-hx-swap-oob="innerHTML">{flash}</div>'
