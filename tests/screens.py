"""A real browser on the real server: pages that note whatever goes wrong on them, and people who act through them."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)
from werkzeug.serving import make_server

from db import events, factors, passkeys, stored, users
from db.passkeys import Passkey
from tests import programs
from tests.browser import TOKEN
from tests.factors import code
from tests.fixtures import WRONG
from tests.server import Server
from webapp.accounts import factors_reset, limits, people, roles, throttle
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.fields import LONGEST_PASSKEY_NAME

# A second process for each page, in case that it leads elsewhere, takes longer than most pages.
LEAN = "--disable-features=SpareRendererForSitePerProcess,IsolateOrigins,site-per-process,PaintHolding,Translate"
ARGUMENTS = [
    LEAN,
    "--disable-site-isolation-trials",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # One process for each window. Our pages are closed to other sites (Cross-Origin-Opener-Policy), so each would leave
    # the process of the empty page that a window begins with; to start one takes a tenth of a second.
    "--renderer-process-limit=1",
]
# Playwright turns the back/forward cache off, which people have on.
REAL_LIFE = ["--disable-back-forward-cache"]
# Chromium notes each refusal of a form in its console.
REFUSED_FORM = r"status of 422"
# Firefox notes what a page still wanted of the service worker when it was left.
GIVEN_UP = r"A ServiceWorker intercepted the request and encountered an unexpected error"
NO_ANSWER = "net::ERR_|htmx:error"
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
PHONE: ViewportSize = {"width": 320, "height": 480}
DESK: ViewportSize = {"width": 1280, "height": 800}
# An ordinary session ends an hour after it was last seen, and a day after the password was checked.
IN_THE_LAST_TWO_MINUTES = timedelta(minutes=58.5)
OVER = timedelta(hours=2)
LAST_MINUTE_OF_THE_DAY = timedelta(hours=23, minutes=59)
# A field is checked a moment after it was left.
CHECKED_AFTER = 300
# Two minutes before that end, counted from when the page was loaded, it asks how long the session has left.
ASKED = 58 * 60 * 1000 + 1000
SECRET = re.compile('<code id="totp-secret">([A-Z2-7 ]+)<')
IT_IS_OVER = "You are logged out. What you typed on this page is still here; send it, and it comes back"

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


# Whom the admin in `KEYS` looks at: one for all tests that only look.
ACQUAINTANCE = somebody(32)

Keys = dict[str, StorageState]


class Screens:
    """Opens pages in browsers of their own and collects the troubles of all of them."""

    def __init__(self, browser: Browser, server: Server, keys: Keys) -> None:
        self._browser, self.server, self._keys = browser, server, keys
        self._contexts: list[BrowserContext] = []
        self._troubles: list[str] = []
        self._expected = [REFUSED_FORM, GIVEN_UP]

    def open(self, path: str | None = None, *, javascript: bool = True, **options: Any) -> Page:
        """A page at this address, or none yet, in a browser that knows nobody."""
        # A service worker would hide requests from `page.route`.
        options = {"base_url": self.server.url, "viewport": DESK, "service_workers": "block"} | options
        return at(path, self.watch(self._browser.new_context(java_script_enabled=javascript, **options)).new_page())

    def key(self, name: str) -> StorageState:
        """The cookies of somebody in `KEYS` who is logged in: one person for all tests that only look."""
        if name not in self._keys:
            page = become(self.open(), person := somebody(32))
            KEYS[name](self, page, person)
            self._keys[name] = page.context.storage_state()
        return self._keys[name]

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


@pytest.fixture(scope="module")
def engine() -> str:
    """Which browser the tests of a module drive, as Playwright names it; a module may have another."""
    return "chromium"


class Driver:
    """Drives one browser at a time, and keeps it for the next file of tests that asks for the same.

    From then on this thread has a running event loop, and `asyncio.run` fails in it: see `fixtures.awaited`.
    """

    def __init__(self) -> None:
        self._engine, self._options = "", dict[str, Any]()
        self._playwright, self._launched = ExitStack(), ExitStack()

    def type(self, engine: str) -> BrowserType:
        if engine != self._engine:
            self.close()
            self._engine, self._type = engine, self._playwright.enter_context(_playwright(engine))
        return self._type

    def browser(self, engine: str, options: dict[str, Any]) -> Browser:
        if (engine, options) != (self._engine, self._options) or not self._browser.is_connected():
            self._launched.close()
            browser = self.type(engine).launch(**options)
            self._options, self._browser = options, self._launched.enter_context(browser)
        return self._browser

    def close(self) -> None:
        self._engine, self._options = "", {}
        self._launched.close()
        self._playwright.close()


@contextmanager
def _playwright(engine: str) -> Iterator[BrowserType]:
    with pytest.MonkeyPatch.context() as patch:
        # Playwright would wait for the load of a page that comes back from Firefox's back/forward cache: it has none.
        patch.setenv("PLAYWRIGHT_SKIP_NAVIGATION_CHECK", "1" if engine == "firefox" else "")
        with sync_playwright() as playwright:
            yield getattr(playwright, engine)


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    with closing(Driver()) as driver:
        yield driver


@pytest.fixture(scope="module")
def browser_type(driver: Driver, engine: str) -> BrowserType:
    return driver.type(engine)


@pytest.fixture(scope="module")
def launch_options(engine: str) -> dict[str, Any]:
    return firefox_options() if engine == "firefox" else chromium_options()


@pytest.fixture(scope="module")
def real_browser(driver: Driver, engine: str, launch_options: dict[str, Any]) -> Browser:
    return driver.browser(engine, launch_options)


def chromium_options() -> dict[str, Any]:
    path = programs.chromium()
    assert path, "no Chromium found; `./just test` installs one"
    return {"executable_path": path, "args": ARGUMENTS, "ignore_default_args": REAL_LIFE}


def firefox_options() -> dict[str, Any]:
    """For the Firefox that everybody has; in CI it must be there, and the tests fail without it."""
    path = programs.firefox()
    if not path and os.environ.get("CI") != "true":
        pytest.skip("Firefox is not installed")
    return {"executable_path": path, "channel": "moz-firefox"}


@pytest.fixture(scope="session")
def keys(server: Server) -> Keys:
    return {}


@pytest.fixture
def screens(real_browser: Browser, server: Server, keys: Keys) -> Iterator[Screens]:
    screens = Screens(real_browser, server, keys)
    yield screens
    screens.close()


def fill_in_signup(page: Page, person: Person) -> None:
    page.get_by_label("User name").fill(person.name)
    page.get_by_label("Email address").fill(person.email)
    password_of(page).fill(person.password)


def type_over(field: Locator, text: str) -> None:
    """As people do. In Firefox `fill` leaves in a field for an address what was there, and no `change` comes of it."""
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)


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
    """In place of the address that stands there after a sign-up."""
    type_over(page.get_by_label("Email address"), person.email)
    password_of(page).fill(person.password)


def log_in(page: Page, person: Person) -> None:
    page.goto("/login")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    # The heading is there before the scripts are, and a link that is clicked between the two just leads on.
    page.wait_for_load_state()


# The same, not by hand: few stories are about that, and no page needs to be shown.


def become(page: Page, person: Person, path: str | None = None) -> Page:
    """Sign up and log in, then open this address."""
    join(page, person)
    return get_in(page, person, path)


def join(page: Page, person: Person) -> None:
    """Sign up."""
    answer = send(page, "/signup", username=person.name, email=person.email, password=person.password)
    assert answer.status == 303, answer.text()


def get_in(page: Page, person: Person, path: str | None = None) -> Page:
    """Log in, then open this address."""
    answer = send(page, "/login", email=person.email, password=person.password)
    assert answer.status == 303, answer.text()
    return at(path, page)


def fail_to_get_in(page: Page, person: Person) -> None:
    answer = send(page, "/login", email=person.email, password=WRONG)
    assert answer.status == 422 and "Invalid credentials." in answer.text()


def send(page: Page, path: str, **fields: str) -> APIResponse:
    """Fill in the form at this address and send it, with the cookies of this browser."""
    client = page.context.request
    token = TOKEN.search(client.get(path).text())
    assert token
    return client.post(path, form={**fields, "csrf_token": token[1]}, max_redirects=0)


def at(path: str | None, page: Page) -> Page:
    """The page, once it has opened this address, if any."""
    if path:
        page.goto(path)
    return page


def add_app(page: Page) -> str:
    """Add an authenticator app; give its secret. Its next code is that of the next half minute."""
    shown = SECRET.search(page.context.request.get("/account/totp").text())
    assert shown
    answer = send(page, "/account/totp", code=code(shown[1], datetime.now(UTC)))
    assert answer.status == 303, answer.text()
    return shown[1]


def next_code(secret: str) -> str:
    return code(secret, datetime.now(UTC) + timedelta(seconds=30))


def add_passkey(server: Server, person: Person) -> None:
    """Behind the server's back, and of no use: its key is in no device."""
    with closing(server.database()) as db, db.transaction():
        user = users.by_email(db, person.email)
        assert user is not None
        name = "Phone".ljust(LONGEST_PASSKEY_NAME, ".")
        passkeys.add(db, Passkey(uuid4().hex, user.id, uuid4().hex, "", 0, "internal", "", 1, 1, name, db.now(), None))
        factors.give_user_handle(db, user.id, uuid4().hex)
        factors.set_has_factor(db, user.id)


def ask_for_reset(server: Server, person: Person) -> None:
    """An admin removes this person's second factors tomorrow."""
    with closing(server.database()) as db:
        factors_reset.ask(db, COMMAND_LINE, people.by_email(db, person.email), 24, "Lost phone, called from work.")


def localhost(server: Server) -> str:
    """Where passkeys work: an address of numbers has none."""
    return server.url.replace("127.0.0.1", "localhost")


def promote(server: Server, person: Person) -> None:
    with closing(server.database()) as db:
        roles.give(db, COMMAND_LINE, people.by_email(db, person.email), "admin")


def admin_at(screens: "Screens", path: str, **options: Any) -> Page:
    """An admin of this test's own, whose password was checked just now."""
    page = become(screens.open(**options), person := somebody())
    promote(screens.server, person)
    page.goto(path)
    return page


def add_crowd(server: Server, prefix: str = "") -> list[str]:
    """So many people that the admin's list has a second page; gives their names in order."""
    crowd = sorted(f"{prefix}{number:02}-{somebody(8).name}" for number in range(people.PAGE + 5))
    with closing(server.database()) as db, db.transaction():
        for name in crowd:
            users.add(db, name, f"{name}@example.com", "no hash")
    return crowd


def page_about(server: Server, person: Person) -> str:
    """Where an admin sees this person."""
    with closing(server.database()) as db:
        return f"/admin/users/{people.by_email(db, person.email).id}"


def log_in_on_other_days(server: Server, person: Person) -> None:
    """Behind the server's back: this person logged in on the last two days too, so the dashboard has a chart."""
    with closing(server.database()) as db:
        user = users.by_email(db, person.email)
        assert user is not None
        for days in (1, 2):
            at = stored(db.clock() - timedelta(days))
            events.add(db, user.id, "logged_in", None, "", "203.0.113.7", "Curl", "", at)


def let_pass(
    server: Server, person: Person, *, unseen: timedelta | None = None, unconfirmed: timedelta | None = None
) -> None:
    """Behind the server's back: all sessions of this person were last seen, or confirmed, so long ago."""
    with closing(server.database()) as db:
        user = users.by_email(db, person.email)
        assert user is not None
        assert db.run(
            """UPDATE sessions SET last_seen_at = coalesce(:seen, last_seen_at),
                                   confirmed_at = coalesce(:confirmed, confirmed_at) WHERE user_id = :id""",
            seen=stored(db.clock() - unseen) if unseen else None,
            confirmed=stored(db.clock() - unconfirmed) if unconfirmed else None,
            id=user.id,
        )


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app's address, while it is served from here: an app with languages or a clock of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def flashes(page: Page) -> Locator:
    return page.locator("#flashes")


def slot(page: Page, field: str) -> Locator:
    """The place beside a field where its error is said."""
    return page.locator(f"#{field}-error")


def marked(page: Page) -> Page:
    """With a mark that is gone once the page has been loaded anew."""
    page.evaluate("window.marker = true")
    return page


def wait_for_worker(page: Page) -> None:
    """From here on the service worker answers for each page."""
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")


def log_out(page: Page) -> None:
    page.get_by_role("link", name="Log out").click()
    press(page, "Log out")
    expect(flashes(page)).to_have_text("You are logged out.")


def go_back(page: Page, pages: int = 1) -> None:
    """Playwright's own waits for a load, which a page that the browser has kept does not have."""
    page.evaluate("pages => { setTimeout(() => history.go(-pages)) }", pages)


def watch_posts(page: Page) -> list[str]:
    """The paths of all forms and checks that are sent from now on."""
    posts: list[str] = []
    page.on("request", lambda request: posts.extend([urlsplit(request.url).path] * (request.method == "POST")))
    return posts


def hold(page: Page, address: str, method: str = "POST") -> list[Route]:
    """Keep back what is sent to this address by this method, until the test lets it go."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route) if route.request.method == method else route.continue_())
    return held


def in_trouble(status: int) -> Callable[[Route], None]:
    body = "<!doctype html><title>Bad</title><h1>a proxy's page</h1>"
    return lambda route: route.fulfill(status=status, content_type="text/html", body=body)


def with_a_clock(page: Page, path: str) -> Page:
    """At this address, with a clock that a test can stop."""
    page.clock.install(time=0)
    page.goto(path)
    return page


def path(page: Page) -> str:
    return urlsplit(page.url).path


def with_half_a_name(screens: Screens, **options: Any) -> tuple[Page, Person]:
    """In the middle of typing a new user name, with a clock that a test can move."""
    page = become(screens.open(**options), person := somebody())
    page.clock.install()
    page.goto("/account")
    type_over(page.get_by_label("User name"), "half a na")
    page.get_by_label("User name").blur()
    # Its check is a sign that somebody is there, and must be over before time is said to have passed without one.
    page.clock.run_for(CHECKED_AFTER)
    expect(slot(page, "username")).to_contain_text("User name must be")
    page.get_by_label("User name").focus()
    return marked(page), person


def warned(screens: Screens, **options: Any) -> tuple[Page, Person]:
    """So, and told that the session ends soon."""
    page, person = with_half_a_name(screens, **options)
    let_pass(screens.server, person, unseen=IN_THE_LAST_TWO_MINUTES)
    page.clock.fast_forward(ASKED)
    expect(warning(page)).to_be_visible()
    return page, person


def told_too_late(screens: Screens, **options: Any) -> tuple[Page, Person]:
    """So, and told that the session is over."""
    page, person = with_half_a_name(screens, **options)
    let_pass(screens.server, person, unseen=OVER)
    page.clock.fast_forward(ASKED)
    expect(page.locator(".expiry")).to_contain_text(IT_IS_OVER)
    return page, person


def warning(page: Page) -> Locator:
    return page.get_by_role("status").get_by_text(re.compile("^This session ends"))


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


def _at(path: str, key: str = "member") -> Callable[[Screens, Any], Page]:
    return lambda screens, options: screens.open(path, storage_state=screens.key(key), **options)


def _refused_at(path: str, button: str, **typed: str) -> Callable[[Screens, Any], Page]:
    """As `_refused`, for somebody who is logged in and has typed this into the fields of these ids."""

    def open_page(screens: Screens, options: Any) -> Page:
        page = _at(path)(screens, options)
        for field, text in typed.items():
            page.locator(f"#{field}").fill(text)
        press(page, button)
        expect(page.get_by_role("alert")).to_be_visible()
        return page

    return open_page


def _one_session(screens: Screens, options: Any) -> Page:
    page = _at("/account/sessions", "busy")(screens, options)
    page.locator("#session-list").get_by_role("link", name=re.compile("Chrome")).last.click()
    expect(heading(page)).to_have_text("Session")
    return page


def _open_numbers(screens: Screens, options: Any) -> Page:
    page = _at("/dashboard", "busy")(screens, options)
    page.get_by_text("The same in numbers").click()
    expect(page.get_by_role("columnheader", name="Failed")).to_be_visible()
    # A bar under the pointer shows its words.
    page.mouse.move(0, 0)
    return page


def _to_be_confirmed(screens: Screens, options: Any) -> Page:
    page = become(screens.open(**options), person := somebody(32), "/account")
    let_pass(screens.server, person, unconfirmed=timedelta(minutes=20))
    press(page, "Save email address")
    expect(heading(page)).to_have_text("Confirm it is you")
    return page


def _soon_over(screens: Screens, options: Any) -> Page:
    """Its last minute, however busy: so the warning is in the page from the start, without JavaScript too."""
    page = become(screens.open(**options), person := somebody(32))
    let_pass(screens.server, person, unconfirmed=LAST_MINUTE_OF_THE_DAY)
    page.goto("/account")
    expect(page.locator("#expiry-notice")).to_contain_text("This session ends")
    return page


def _enrolled(screens: Screens, options: Any, path: str | None = None) -> tuple[Page, Person]:
    """Somebody with each kind of factor, at this address, where passkeys work."""
    page = become(screens.open(base_url=localhost(screens.server), **options), person := somebody(32))
    _enroll(screens, page, person)
    return at(path, page), person


def _enrolled_at(path: str) -> Callable[[Screens, Any], Page]:
    return lambda screens, options: _enrolled(screens, options, path)[0]


def _without_passkey(screens: Screens, options: Any) -> Page:
    return become(screens.open(base_url=localhost(screens.server), **options), somebody(32), "/account/passkeys")


def _badly_named(screens: Screens, options: Any) -> Page:
    page, _ = _enrolled(screens, options, "/account/passkeys")
    page.get_by_text("Rename").click()
    page.get_by_label("Name", exact=True).fill("")
    press(page, "Save name")
    expect(page.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    return page


def _passkey_removal(screens: Screens, options: Any) -> Page:
    page, _ = _enrolled(screens, options, "/account/passkeys")
    page.get_by_role("link", name="Remove").click()
    expect(heading(page)).to_have_text("Remove a passkey")
    return page


def _confirm_with_wrong_code(screens: Screens, options: Any) -> Page:
    page, _ = _enrolled(screens, options, "/confirm")
    page.get_by_label("Or a code").fill("000000")
    press(page, "Confirm by code")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def _second_step(path: str = "/login/second", button: str = "", is_to_be_reset: bool = False) -> Callable[..., Page]:
    """The right password was typed, then with a `button` a wrong code."""

    def open_page(screens: Screens, options: Any) -> Page:
        page, person = _enrolled(screens, options)
        if is_to_be_reset:
            ask_for_reset(screens.server, person)
        page.context.clear_cookies()
        get_in(page, person, path)
        if button:
            page.locator("#code").fill("000000")
            press(page, button)
            expect(page.get_by_role("alert")).to_be_visible()
        return page

    return open_page


def _to_be_reset(screens: Screens, options: Any) -> Page:
    page, person = _enrolled(screens, options)
    ask_for_reset(screens.server, person)
    return at("/account/security", page)


def _about_acquaintance(path: str = "") -> Callable[[Screens, Any], Page]:
    def open_page(screens: Screens, options: Any) -> Page:
        key = screens.key("admin")
        return screens.open(page_about(screens.server, ACQUAINTANCE) + path, storage_state=key, **options)

    return open_page


def _refused_act(screens: Screens, options: Any) -> Page:
    screens.key("admin")
    page = admin_at(screens, f"{page_about(screens.server, ACQUAINTANCE)}/disable", **options)
    press(page, f"Disable {ACQUAINTANCE.name}")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def _admin_themselves(screens: Screens, options: Any) -> Page:
    page = become(screens.open(**options), person := somebody(32))
    promote(screens.server, person)
    page.goto(page_about(screens.server, person))
    expect(page.get_by_text("This is you.")).to_be_visible()
    return page


def _second_people(screens: Screens, options: Any) -> Page:
    page = _at("/admin/users", "admin")(screens, options)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="First")).to_be_visible()
    # Another button lies under the pointer as soon as the window is another.
    page.mouse.move(0, 0)
    return page


def _open_admin_numbers(screens: Screens, options: Any) -> Page:
    page = _at("/admin?days=90", "admin")(screens, options)
    page.get_by_text("The same in numbers").last.click()
    expect(page.get_by_role("columnheader", name="Failed")).to_be_visible()
    page.mouse.move(0, 0)
    return page


def _missing(screens: Screens, options: Any) -> Page:
    screens.expect_trouble("status of 404")
    return screens.open("/nowhere", **options)


def _blocks(screens: Screens, options: Any) -> Page:
    _guess(screens, somebody())
    page = _at("/admin/blocks", "admin")(screens, options)
    expect(page.get_by_text("An address that nobody has").first).to_be_visible()
    return page


def _throttled(screens: Screens, options: Any) -> Page:
    screens.expect_trouble("status of 429")
    page = screens.open("/login", **options)
    _guess(screens, person := somebody())
    fill_in_login(page, person)
    press(page, "Log in")
    expect(page.locator("#flashes")).to_contain_text("There were too many failed log-ins.")
    return page


def _guess(screens: Screens, person: Person) -> None:
    """Behind the server's back, until strangers must wait for this account and no other."""
    accounts = throttle.of_login(Actor("203.0.113.7", "Curl"), person.email, None, known=False)[:1]
    with closing(screens.server.database()) as db, db.transaction():
        db.run("DELETE FROM throttles")
        for _ in range(limits.STRANGERS.most):
            throttle.take(db, accounts)


def _forbidden(screens: Screens, options: Any) -> Page:
    screens.expect_trouble("status of 403")
    return _at("/admin")(screens, options)


def _fill_with_people(screens: Screens, page: Page, person: Person) -> None:
    """And log-ins that failed, of somebody who is logged in elsewhere."""
    promote(screens.server, person)
    add_crowd(screens.server)
    with closing(screens.server.database()) as db:
        is_here = people.has_account(db, ACQUAINTANCE.email)
    # Another browser may have been here with its own admin.
    if not is_here:
        become(screens.open(), ACQUAINTANCE)
        add_passkey(screens.server, ACQUAINTANCE)
    fail_to_get_in(screens.open(), ACQUAINTANCE)
    fail_to_get_in(screens.open(), somebody())


def _log_in_often(screens: Screens, page: Page, person: Person) -> None:
    """From two more browsers, and on other days; then two log-ins fail, and the last one tells of them."""
    log_in_on_other_days(screens.server, person)
    for _ in range(2):
        get_in(screens.open(), person)
    for _ in range(2):
        fail_to_get_in(screens.open(), person)
    page.context.clear_cookies()
    get_in(page, person)


def _ask_for_deletion(screens: Screens, page: Page, person: Person) -> None:
    page.goto("/account/delete")
    page.get_by_label("Your password", exact=True).fill(person.password)
    press(page, "Delete my account")
    expect(heading(page)).to_have_text("Log in")
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text("Keep your account")


def _do_nothing(screens: Screens, page: Page, person: Person) -> None:
    """Somebody who has just signed up."""


def _enroll(screens: Screens, page: Page, person: Person) -> None:
    """An app, its recovery codes still shown, and a passkey."""
    add_app(page)
    add_passkey(screens.server, person)


KEYS: dict[str, Callable[[Screens, Page, Person], None]] = {
    "member": _do_nothing,
    "busy": _log_in_often,
    "leaving": _ask_for_deletion,
    "enrolled": _enroll,
    "admin": _fill_with_people,
}


STATES: dict[str, Callable[[Screens, Any], Page]] = {
    "home": _stranger_at("/"),
    "signup": _stranger_at("/signup"),
    "signup with errors": _refused("/signup", "Sign up"),
    "signup with one error": _refused_address,
    "login": _stranger_at("/login"),
    "login for a page": _stranger_at("/dashboard"),
    "login after signup": _just_signed_up,
    "login with errors": _refused("/login", "Log in"),
    "dashboard": _at("/dashboard"),
    "dashboard with failed attempts": _at("/dashboard", "busy"),
    "dashboard with numbers": _open_numbers,
    "profile": _at("/account"),
    "profile with an error": _refused_at("/account", "Save user name", username="a b"),
    "password": _at("/account/password"),
    "password with errors": _refused_at("/account/password", "Change password"),
    "password with one error": _refused_at("/account/password", "Change password", new_password="staple horse battery"),
    "sessions": _at("/account/sessions"),
    "sessions with others": _at("/account/sessions", "busy"),
    "one session": _one_session,
    "activity": _at("/account/activity", "busy"),
    "activity of a kind that did not happen": _at("/account/activity?kind=disabled"),
    "data": _at("/account/data"),
    "deletion": _at("/account/delete"),
    "deletion with an error": _refused_at("/account/delete", "Delete my account"),
    "deletion asked for": _at("/account/delete", "leaving"),
    "dashboard before deletion": _at("/dashboard", "leaving"),
    "confirm": _at("/confirm"),
    "confirm before an act": _to_be_confirmed,
    "confirm with an error": _refused_at("/confirm", "Confirm", password=WRONG),
    "confirm in three ways": _enrolled_at("/confirm"),
    "confirm with a wrong code": _confirm_with_wrong_code,
    "login where passkeys work": lambda screens, options: screens.open(
        "/login", base_url=localhost(screens.server), **options
    ),
    "second step": _second_step(),
    "second step with a wrong code": _second_step(button="Log in"),
    "second step before a reset": _second_step(is_to_be_reset=True),
    "recovery": _second_step("/login/recovery"),
    "recovery with a wrong code": _second_step("/login/recovery", "Log in"),
    "security": _at("/account/security"),
    "security with factors": _enrolled_at("/account/security"),
    "security before a reset": _to_be_reset,
    "app off": _at("/account/totp"),
    "app with a wrong code": _refused_at("/account/totp", "Add the app", code="000000"),
    "app on": _enrolled_at("/account/totp"),
    "app removal": _enrolled_at("/account/totp/remove"),
    "recovery codes": _enrolled_at("/account/recovery-codes"),
    "recovery codes without a factor": _at("/account/recovery-codes"),
    "passkeys": _enrolled_at("/account/passkeys"),
    "passkeys before the first": _without_passkey,
    "passkeys with a bad name": _badly_named,
    "passkeys elsewhere": _at("/account/passkeys"),
    "passkey removal": _passkey_removal,
    "expiry": _at("/expiry"),
    "expiry when it is over": _stranger_at("/expiry"),
    "soon over": _soon_over,
    "logout": _at("/logout"),
    "forbidden": _forbidden,
    "admin": _at("/admin", "admin"),
    "admin with numbers": _open_admin_numbers,
    "admin cards": _at("/admin/cards", "admin"),
    "people": _at("/admin/users", "admin"),
    "people on the second page": _second_people,
    "people nobody found": _at("/admin/users?q=nobody+has+such+a+name&role=admin", "admin"),
    "one person": _about_acquaintance(),
    "one person oneself": _admin_themselves,
    "act role": _about_acquaintance("/role"),
    "act sign-out": _about_acquaintance("/sign-out"),
    "act with an error": _refused_act,
    "act factors reset": _about_acquaintance("/factors-reset"),
    "events": _at("/admin/events", "admin"),
    "events with problems": _at("/admin/events?person=nobody+at+all&since=yesterday&until=soon", "admin"),
    "blocks": _blocks,
    "login throttled": _throttled,
    "missing": _missing,
    "offline": _stranger_at("/offline"),
}


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest, screens: Screens) -> Callable[..., Page]:
    """Opens each page in each state in turn; takes what `Screens.open` takes."""
    return lambda **options: STATES[request.param](screens, options)
