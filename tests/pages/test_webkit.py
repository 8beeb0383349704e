"""The shortest journeys in Debian's WebKit, by selenium: Playwright drives none but a WebKit of its own."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.fixtures import WRONG
from tests.screens import Person, promote, somebody
from tests.server import Server, free_port

# What was on the page before may go while it is looked at.
PASSING = (NoSuchElementException, StaleElementReferenceException)


class Window:
    """One of a browser that knows nobody."""

    def __init__(self, driver: webdriver.Remote, server: Server) -> None:
        self.driver, self._server = driver, server

    def open(self, path: str) -> "Window":
        self.driver.get(f"{self._server.url}{path}")
        return self

    def type(self, field: str, text: str) -> None:
        """Into the field of this id, in place of what is there."""
        self._find(By.ID, field).clear()
        self._find(By.ID, field).send_keys(text)

    def value(self, field: str) -> str:
        return str(self._find(By.ID, field).get_property("value"))

    def press(self, button: str) -> None:
        self._find(By.XPATH, f"//main//button[normalize-space()='{button}']").click()

    def follow(self, link: str) -> None:
        self._find(By.XPATH, f"//nav//a[normalize-space()='{link}']").click()

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def sees(self, selector: str, text: str) -> None:
        """Wait until this is what can be read there."""
        self.until(lambda driver: _text(driver.find_element(By.CSS_SELECTOR, selector)) == text)

    def until(self, fact: Callable[[webdriver.Remote], Any]) -> Any:
        return WebDriverWait(self.driver, 20, ignored_exceptions=PASSING).until(fact)

    def _find(self, by: str, what: str) -> WebElement:
        found: WebElement = self.until(lambda driver: driver.find_element(by, what))
        return found


def _text(element: WebElement) -> str:
    """Read aloud, too; none while the page is withheld."""
    return str(element.get_property("innerText")).strip()


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen that nobody sees. In CI it must be there, and WebKit too: the tests fail without them."""
    if not (shutil.which("Xvfb") and shutil.which("WebKitWebDriver")) and os.environ.get("CI") != "true":
        pytest.skip("WebKit or Xvfb is not installed")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process, open(reading) as number:
        os.close(writing)
        yield f":{number.readline().strip()}"
        process.terminate()


@pytest.fixture(scope="module")
def driver_url(display: str) -> Iterator[str]:
    service = Service(shutil.which("WebKitWebDriver"), free_port(), env=os.environ | {"DISPLAY": display})
    service.start()
    yield service.service_url
    service.stop()


@pytest.fixture
def window(driver_url: str, server: Server) -> Iterator[Window]:
    options = Options()
    options.add_argument("--automation")
    # A page that comes back from the back/forward cache has no load to wait for.
    options.page_load_strategy = "none"
    _wait_until_free(driver_url)
    connection = RemoteConnection(client_config=ClientConfig(driver_url))
    with webdriver.Remote(connection, options=options) as driver:
        yield Window(driver, server)


def _wait_until_free(driver_url: str) -> None:
    """The driver has one session at a time, and the last test's may still be closing."""
    deadline = time.monotonic() + 20
    while not json.load(urllib.request.urlopen(f"{driver_url}/status", timeout=5))["value"]["ready"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def person(window: Window) -> Person:
    """Signed up, at the log-in page, with the service worker at work."""
    sign_up(window.open("/signup"), person := somebody())
    return person


def test_a_mistake_is_said_beside_the_field(window: Window) -> None:
    window.open("/signup").type("email", f"nobody{Keys.TAB}")
    window.sees("#email-error", "Error: Enter an email address, like name@example.com.")


def test_somebody_logs_in(window: Window, person: Person) -> None:
    fill_in_login(window, person._replace(password=WRONG))
    window.press("Log in")
    window.sees("#password-error", "Error: Invalid credentials.")
    log_in(window, person)


def test_going_back_after_log_out_shows_nothing_of_the_account(window: Window, person: Person) -> None:
    log_in(window, person)
    window.follow("Log out")
    window.sees("h1", "Log out?")
    window.press("Log out")
    window.sees("#flashes", "You are logged out.")
    window.run("setTimeout(() => history.go(-2))")
    window.until(lambda driver: driver.current_url.endswith("/login?next=/dashboard"))
    window.sees("h1", "Log in")
    assert person.name not in window.driver.page_source


def test_whoever_is_still_logged_in_finds_what_was_typed(window: Window, person: Person) -> None:
    log_in(window, person)
    window.follow("Account")
    window.sees("h1", "Profile")
    window.type("username", "half a na")
    window.follow("Dashboard")
    window.sees("h1", f"Welcome back, {person.name}!")
    window.run("setTimeout(() => history.back())")
    window.sees("h1", "Profile")
    assert window.value("username") == "half a na"


def test_going_back_from_a_person_brings_the_search(window: Window, person: Person, server: Server) -> None:
    log_in(window, person)
    promote(server, person)
    window.open("/admin/users")
    window.sees("h1", "People")
    window.type("q", person.name)
    window.sees("#users-table tbody th", person.name)
    window.until(lambda driver: f"q={person.name}" in driver.current_url)
    window.run("document.querySelector('#users-table tbody a').click()")
    window.sees("h1", person.name)
    window.run("setTimeout(() => history.back())")
    window.sees("h1", "People")
    window.sees("#users-table tbody th", person.name)
    assert window.value("q") == person.name


def sign_up(window: Window, person: Person) -> None:
    window.type("username", person.name)
    window.type("email", person.email)
    window.type("password", person.password)
    window.press("Sign up")
    window.sees("#flashes", "Account created! Please log in.")


def fill_in_login(window: Window, person: Person) -> None:
    window.type("email", person.email)
    window.type("password", person.password)


def log_in(window: Window, person: Person) -> None:
    fill_in_login(window, person)
    window.press("Log in")
    window.sees("h1", f"Welcome back, {person.name}!")
