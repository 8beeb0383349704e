"""Going back with the service worker at work: browsers keep the pages that were left, some in spite of `no-store`."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.screens import (
    NO_ANSWER,
    Person,
    Screens,
    flashes,
    go_back,
    heading,
    log_in,
    log_out,
    password_of,
    sign_up,
    somebody,
    wait_for_worker,
)
from tests.server import Server

# What can be read on a page that was kept, in each of its frames.
READ_ALONG = """
addEventListener("pageshow", ({ persisted }) => {
  const read = () => {
    console.info(`read: ${document.body.innerText}`);
    requestAnimationFrame(read);
  };
  if (persisted) read();
});
"""


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(screens: Screens) -> Page:
    return with_worker(screens, screens.server.url)


def test_after_log_out_nothing_of_the_account_is_seen(page: Page) -> None:
    read = reading_along(page)
    by_hand(page, person := somebody())
    log_out(page)
    go_back(page)
    expect(flashes(page)).to_have_text("")
    expect(heading(page)).to_have_text("Log in")
    go_back(page)
    expect(page).to_have_url(re.compile("next=/dashboard"))
    expect(heading(page)).to_have_text("Log in")
    assert person.name not in "".join(read)


def test_whoever_logs_in_next_sees_nothing_of_the_account_before(page: Page) -> None:
    read = reading_along(page)
    sign_up(page, charlie := somebody())
    by_hand(page, alice := somebody())
    page.get_by_role("link", name="Account", exact=True).click()
    expect(heading(page)).to_have_text("Profile")
    tab = page.context.new_page()
    tab.goto("/dashboard")
    log_out(tab)
    log_in(tab, charlie)
    go_back(page)
    expect(heading(page)).to_have_text(f"Welcome back, {charlie.name}!")
    assert alice.name not in "".join(read)


def test_while_the_server_is_away_nothing_of_the_account_is_seen(
    screens: Screens, start_server: Callable[..., Server]
) -> None:
    screens.expect_trouble(NO_ANSWER)
    page = with_worker(screens, (server := start_server()).url)
    read = reading_along(page)
    by_hand(page, person := somebody())
    page.get_by_role("link", name="Account", exact=True).click()
    expect(heading(page)).to_have_text("Profile")
    server.stop()
    go_back(page)
    expect(heading(page)).to_have_text("You are offline")
    assert person.name not in "".join(read)


def test_whoever_is_still_logged_in_finds_what_was_typed(page: Page) -> None:
    by_hand(page, somebody()).goto("/account")
    page.get_by_label("User name").fill("half a na")
    page.get_by_role("link", name="Dashboard", exact=True).click()
    expect(heading(page)).to_contain_text("Welcome back")
    go_back(page)
    expect(heading(page)).to_have_text("Profile")
    expect(heading(page)).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value("half a na")


def test_a_stranger_finds_what_was_typed(page: Page) -> None:
    page.goto("/signup")
    page.get_by_label("User name").fill("half a na")
    page.get_by_role("navigation").get_by_role("link", name="Log in").click()
    expect(heading(page)).to_have_text("Log in")
    go_back(page)
    expect(heading(page)).to_have_text("Sign up")
    expect(heading(page)).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value("half a na")


def test_a_password_that_was_sent_is_gone(page: Page) -> None:
    by_hand(page, somebody())
    page.context.clear_cookies()
    go_back(page)
    expect(heading(page)).to_have_text("Log in")
    expect(password_of(page)).to_have_value("")


def by_hand(page: Page, person: Person) -> Page:
    """Sign up and log in, which leaves pages to go back to."""
    sign_up(page, person)
    log_in(page, person)
    return page


def with_worker(screens: Screens, url: str) -> Page:
    """A page of a browser in which the service worker answers."""
    page = screens.open("/login", base_url=url, service_workers="allow")
    wait_for_worker(page)
    return page


def reading_along(page: Page) -> list[str]:
    """All that can be read, from now on, on pages that were kept."""
    texts: list[str] = []
    page.add_init_script(READ_ALONG)
    page.on("console", lambda message: texts.append(message.text))
    return texts
