"""A real Chromium on the real server: pages that note whatever goes wrong on them, and people who act through them."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Locator,
    Page,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from db import users
from tests import programs
from tests.server import Server
from webapp.accounts import people, roles

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Playwright turns the back/forward cache off, which people have on.
REAL_LIFE = ["--disable-back-forward-cache"]
# Chromium notes each refusal of a form in its console.
REFUSED_FORM = r"status of 422"
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
PHONE: ViewportSize = {"width": 320, "height": 480}
DESK: ViewportSize = {"width": 1280, "height": 800}

# In milliseconds; a machine that is busy with other things is slow, not broken.
expect.set_options(timeout=15_000)


class Person(NamedTuple):
    """Somebody who has not signed up yet."""

    name: str
    email: str
    password: str = "correct horse battery"


def somebody(length: int = 12) -> Person:
    """A person whom no other test knows, with a name of this length."""
    name = uuid4().hex[:length]
    return Person(name, f"{name}@example.com")


Keys = dict[bool, StorageState]


class Screens:
    """Opens pages in browsers of their own and collects the troubles of all of them."""

    def __init__(self, browser: Browser, server: Server, keys: Keys) -> None:
        self._browser, self.server, self._keys = browser, server, keys
        self._contexts: list[BrowserContext] = []
        self._troubles: list[str] = []
        self._expected = [REFUSED_FORM]

    def open(self, path: str = "/", *, javascript: bool = True, **options: Any) -> Page:
        """Open an address in a browser that knows nobody."""
        # A service worker would hide requests from `page.route`.
        options = {"base_url": self.server.url, "viewport": DESK, "service_workers": "block"} | options
        page = self.watch(self._browser.new_context(java_script_enabled=javascript, **options)).new_page()
        page.goto(path)
        return page

    def key(self, is_admin: bool) -> StorageState:
        """The cookies of somebody who is logged in: one person for all tests that only look."""
        if is_admin not in self._keys:
            page = become(self.open(), person := somebody(32))
            if is_admin:
                promote(self.server, person)
                add_crowd(self.server)
            self._keys[is_admin] = page.context.storage_state()
        return self._keys[is_admin]

    def watch(self, context: BrowserContext) -> BrowserContext:
        self._contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._note)
        context.on("weberror", lambda error: self._troubles.append(str(error.error)))
        return context

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._troubles.append(message.text)

    def expect_trouble(self, pattern: str) -> None:
        """From here on, messages in the console that match this are part of the story."""
        self._expected.append(pattern)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        unexpected = [text for text in self._troubles if not any(re.search(known, text) for known in self._expected)]
        assert not unexpected, "\n".join(unexpected)


# Not for the whole session: while it lives the thread has a running event loop, and `asyncio.run` fails there.
@pytest.fixture(scope="module")
def chromium_type() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def launch_options() -> dict[str, Any]:
    path = programs.chromium()
    assert path, "no Chromium found; `just test` installs one"
    return {"executable_path": path, "args": ARGUMENTS, "ignore_default_args": REAL_LIFE}


@pytest.fixture(scope="module")
def chromium(chromium_type: BrowserType, launch_options: dict[str, Any]) -> Iterator[Browser]:
    with chromium_type.launch(**launch_options) as browser:
        yield browser


@pytest.fixture(scope="session")
def keys(server: Server) -> Keys:
    return {}


@pytest.fixture
def screens(chromium: Browser, server: Server, keys: Keys) -> Iterator[Screens]:
    screens = Screens(chromium, server, keys)
    yield screens
    screens.close()


def fill_in_signup(page: Page, person: Person) -> None:
    page.get_by_label("User name").fill(person.name)
    page.get_by_label("Email address").fill(person.email)
    password_of(page).fill(person.password)


def password_of(page: Page) -> Locator:
    """The field; the name of the button that shows it has its label's word too."""
    return page.get_by_label("Password", exact=True)


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def sign_up(page: Page, person: Person) -> None:
    page.goto("/signup")
    fill_in_signup(page, person)
    press(page, "Sign up")
    expect(page.locator("#flashes")).to_have_text("Account created! Please log in.")


def fill_in_login(page: Page, person: Person) -> None:
    page.get_by_label("Email address").fill(person.email)
    password_of(page).fill(person.password)


def log_in(page: Page, person: Person) -> None:
    page.goto("/login")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def become(page: Page, person: Person) -> Page:
    """Sign up and log in."""
    sign_up(page, person)
    log_in(page, person)
    return page


def promote(server: Server, person: Person) -> None:
    with closing(server.database()) as db:
        roles.promote(db, person.email)


def add_crowd(server: Server) -> None:
    """So many people that the admin's list has a second page."""
    with closing(server.database()) as db, db.transaction():
        for person in (somebody(32) for _ in range(people.PAGE)):
            users.add(db, person.name, person.email, "no hash")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def flashes(page: Page) -> Locator:
    return page.locator("#flashes")


def slot(page: Page, field: str) -> Locator:
    """The place beside a field where its error is said."""
    return page.locator(f"#{field}-error")


@pytest.fixture(params=[True, False], ids=["javascript", "plain"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


# Each page and each state that it can be in.


def _stranger_at(path: str) -> Callable[[Screens, Any], Page]:
    return lambda screens, options: screens.open(path, **options)


def _refused(path: str, button: str) -> Callable[[Screens, Any], Page]:
    def open_page(screens: Screens, options: Any) -> Page:
        page = screens.open(path, **options)
        press(page, button)
        expect(page.get_by_role("alert")).to_be_visible()
        return page

    return open_page


def _refused_address(screens: Screens, options: Any) -> Page:
    page = screens.open("/signup", **options)
    fill_in_signup(page, somebody()._replace(email="nobody"))
    press(page, "Sign up")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def _just_signed_up(screens: Screens, options: Any) -> Page:
    page = screens.open(**options)
    sign_up(page, somebody())
    return page


def _member_at(path: str) -> Callable[[Screens, Any], Page]:
    return lambda screens, options: screens.open(path, storage_state=screens.key(is_admin=False), **options)


def _admin_at(path: str) -> Callable[[Screens, Any], Page]:
    return lambda screens, options: screens.open(path, storage_state=screens.key(is_admin=True), **options)


def _missing(screens: Screens, options: Any) -> Page:
    screens.expect_trouble("status of 404")
    return screens.open("/nowhere", **options)


def _forbidden(screens: Screens, options: Any) -> Page:
    screens.expect_trouble("status of 403")
    return _member_at("/admin")(screens, options)


STATES: dict[str, Callable[[Screens, Any], Page]] = {
    "home": _stranger_at("/"),
    "signup": _stranger_at("/signup"),
    "signup with errors": _refused("/signup", "Sign up"),
    "signup with one error": _refused_address,
    "login": _stranger_at("/login"),
    "login for a page": _stranger_at("/dashboard"),
    "login after signup": _just_signed_up,
    "login with errors": _refused("/login", "Log in"),
    "dashboard": _member_at("/dashboard"),
    "logout": _member_at("/logout"),
    "forbidden": _forbidden,
    "admin": _admin_at("/admin"),
    "missing": _missing,
    "offline": _stranger_at("/offline"),
}


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> Callable[..., Page]:
    """Opens each page in each state in turn; takes what `Screens.open` takes."""
    screens = request.getfixturevalue("screens")
    return lambda **options: STATES[request.param](screens, options)
