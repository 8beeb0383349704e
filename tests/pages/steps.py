"""What several stories do on a page, step by step."""

from playwright.sync_api import Locator, Page, expect

from tests.screens import (
    Person,
    Screens,
    get_in,
    heading,
    password_of,
    press,
)

# A check starts 250 ms after its field was left; so long without one, none will come.
LONG_ENOUGH = 500
# The answer to such a question takes a tenth of this.
ANSWERED = 300
AGENTS = {
    "Firefox on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Safari on iOS": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1",
    "Edge on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
}
NEW_PASSWORD = "staple battery horse"
# Which admin looks at a page.
ADMIN_OF: dict[Page, Person] = {}


def press_refresh(page: Page) -> None:
    page.get_by_role("link", name="Refresh").focus()
    page.keyboard.press("Enter")


def log_in_with(screens: Screens, person: Person, device: str) -> Page:
    """Another browser that is logged in, by what it calls itself."""
    return get_in(screens.open(user_agent=AGENTS[device]), person)


def assert_is_in(page: Page) -> None:
    page.goto("/dashboard")
    expect(page.locator("#dashboard-panel")).to_be_visible()


def assert_is_out(page: Page) -> None:
    page.goto("/dashboard")
    expect(heading(page)).to_have_text("Log in")


def confirm(page: Page, person: Person) -> None:
    expect(heading(page)).to_have_text("Confirm it is you")
    password_of(page).fill(person.password)
    press(page, "Confirm")


def fill_in_passwords(page: Page, current: str, new: str) -> None:
    page.get_by_label("Current password", exact=True).fill(current)
    page.get_by_label("New password", exact=True).fill(new)


def title(page: Page) -> Locator:
    return page.locator("#users-table-title")


def failed_card(page: Page) -> Locator:
    return page.locator("#admin-cards .card", has_text="Failed log-ins today").get_by_role("definition")


def failed(page: Page) -> int:
    """How many log-ins failed today, as the page has it."""
    return int(failed_card(page).inner_text().split()[0])
