"""The whole journey in lynx, which knows neither JavaScript nor style sheets."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

import pytest

from tests.fixtures import WRONG
from tests.screens import Person, add_crowd, promote, somebody
from tests.server import Server

# What Tab goes to, from the top of each page.
STRANGER = ["skip", "brand", "log in", "sign up"]
SIGNUP = [*STRANGER, "name", "email", "password", "submit"]
REFUSED_SIGNUP = [*STRANGER, "link to the error", "name", "email", "password", "submit"]
LOGIN = [*STRANGER, "email", "password", "remember", "submit"]
MEMBER = ["skip", "brand", "dashboard", "account", "log out"]
# Lynx shows what waits for JavaScript, too: last on the page of whoever is logged in, a link to when the session ends.
# A newcomer's, who has first steps to take, and no three days for a chart.
DASHBOARD = [
    *MEMBER, "language step", "name step", "sessions step", "security step", "hide steps", "session", "sessions",
    "password advice", "factor advice", "session advice", "log-in advice", "its session", "all activity", "refresh",
    "end",
]  # fmt: skip
ACCOUNT = [*MEMBER, "profile", "password", "security", "sessions", "activity", "data"]
PROFILE = [*ACCOUNT, "name", "save name", "email", "save email", "end"]
SESSIONS = [*ACCOUNT, "this session", "log out here", "other session", "end other", "end all others", "end"]
ACTIVITY = [*ACCOUNT, "kind", "show"]
ADMIN = ["skip", "brand", "dashboard", "account", "admin", "log out", "overview", "people", "events", "blocks"]
FILTERS = ["text", "role", "state", "second factor", "search"]
COLUMNS = ["by name", "by address", "by role", "by state", "by day"]
PEOPLE = [*ADMIN, *FILTERS]
FOUND = [*PEOPLE, "view name", "save view", *COLUMNS, "first tick", "first person"]
LOGOUT = [*MEMBER, "submit", "stay", "end"]


class Lynx:
    """Notes which keys to press, presses them all at once, and then knows what was on the screen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: list[str] = []
        self._reached = 0

    def go_to(self, stops: list[str], stop: str) -> Self:
        """Press Tab until this one of the page's stops is reached."""
        steps = stops.index(stop) - self._reached
        assert steps >= 0, f"{stop} was passed"
        self._reached += steps
        return self._press(*["<tab>"] * steps)

    def type(self, text: str) -> Self:
        """Into a field, in place of what is there."""
        return self._press("^U", *("<space>" if letter == " " else letter for letter in text))

    def enter(self) -> Self:
        """Press the button or follow the link; the next page begins at its top."""
        self._reached = 0
        return self._press("^J")

    def choose_next(self) -> Self:
        """In a list, what stands below the choice that it shows."""
        return self._press("^J", "Down Arrow", "^J")

    def keep(self, name: str) -> Self:
        """Print the screen into a file of this name; the page begins at its top again."""
        self._reached = 0
        return self._press("p", "^J", "^U", *name, "^J")

    def again(self) -> Self:
        """Begin with no key pressed."""
        self._keys, self._reached = [], 0
        return self

    def screen(self, name: str) -> str:
        """What was kept under this name, in one line."""
        return " ".join((self._folder / name).read_text(encoding="utf-8").split())

    def run(self, url: str) -> Self:
        script = self._folder / "keys"
        script.write_text("".join(f"key {key}\n" for key in [*self._keys, "q", "y"]))
        assert self._start(script, url).wait(timeout=30) == 0
        return self

    def _start(self, script: str | Path, url: str, *inherited: int) -> subprocess.Popen[bytes]:
        screen = {"TERM": "vt100", "LINES": "60", "COLUMNS": "100", "HOME": str(self._folder)}
        return subprocess.Popen(
            ["lynx", "-cfg=/dev/null", "-display_charset=UTF-8", "-accept_all_cookies", "-nopause",
             f"-cmd_script={script}", url],
            cwd=self._folder, env=os.environ | screen, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            pass_fds=inherited,
        )  # fmt: skip

    def _press(self, *keys: str) -> Self:
        self._keys += keys
        return self


@pytest.fixture
def lynx(tmp_path: Path) -> Lynx:
    """In CI it must be there, and the tests fail without it."""
    if not shutil.which("lynx") and os.environ.get("CI") != "true":
        pytest.skip("lynx is not installed")
    return Lynx(tmp_path)


@pytest.fixture
def person() -> Person:
    return somebody()


@pytest.fixture
def journey(lynx: Lynx, server: Server, person: Person) -> Lynx:
    """Sign up with a wrong address, then with a right one, log in, look at the dashboard anew, log out."""
    sign_up(lynx, person)
    log_in(lynx, person).keep("dashboard")
    lynx.go_to(DASHBOARD, "refresh").enter().keep("refreshed")
    lynx.go_to(DASHBOARD, "log out").enter().keep("logout")
    return lynx.go_to(LOGOUT, "submit").enter().keep("end").run(f"{server.url}/signup")


@pytest.fixture
def account_journey(lynx: Lynx, server: Server, person: Person, tmp_path: Path) -> Lynx:
    """With another lynx logged in: take another name, end the other's session, see in the activity that it ended."""
    (tmp_path / "other").mkdir()
    log_in(sign_up(Lynx(tmp_path / "other"), person), person).run(f"{server.url}/signup")
    log_in(lynx, person).go_to(DASHBOARD, "account").enter()
    lynx.go_to(PROFILE, "name").type(f"{person.name}-2").go_to(PROFILE, "save name").enter().keep("renamed")
    lynx.go_to(PROFILE, "sessions").enter().keep("sessions")
    lynx.go_to(SESSIONS, "end other").enter().keep("ended")
    lynx.go_to(SESSIONS, "activity").enter().keep("activity")
    return lynx.go_to(ACTIVITY, "sessions").enter().keep("alone").run(f"{server.url}/login")


@pytest.fixture
def crowd(server: Server) -> list[str]:
    return add_crowd(server, f"{somebody(8).name}-")


@pytest.fixture
def admin_journey(lynx: Lynx, server: Server, person: Person, crowd: list[str], tmp_path: Path) -> Lynx:
    """Look at the overview, look somebody up, look at who was found."""
    (tmp_path / "other").mkdir()
    sign_up(Lynx(tmp_path / "other"), person).run(f"{server.url}/signup")
    promote(server, person)
    log_in(lynx, person).go_to(ADMIN, "admin").enter().keep("overview")
    lynx.go_to(ADMIN, "people").enter().keep("people")
    lynx.go_to(PEOPLE, "text").type(crowd[3]).go_to(PEOPLE, "search").enter().keep("found")
    return lynx.go_to(FOUND, "first person").enter().keep("person").run(f"{server.url}/login")


def sign_up(lynx: Lynx, person: Person) -> Lynx:
    """From the page for it, with a wrong address first."""
    lynx.go_to(SIGNUP, "name").type(person.name).go_to(SIGNUP, "email").type("nobody")
    lynx.go_to(SIGNUP, "password").type(person.password).go_to(SIGNUP, "submit").enter().keep("refused")
    lynx.go_to(REFUSED_SIGNUP, "email").type(person.email).go_to(REFUSED_SIGNUP, "password").type(person.password)
    return lynx.go_to(REFUSED_SIGNUP, "submit").enter().keep("accepted")


def log_in(lynx: Lynx, person: Person) -> Lynx:
    """From the page for it."""
    lynx.go_to(LOGIN, "email").type(person.email).go_to(LOGIN, "password").type(person.password)
    return lynx.go_to(LOGIN, "submit").enter()


def test_the_whole_journey(journey: Lynx, person: Person) -> None:
    assert "Error: Enter an email address, like name@example.com." in journey.screen("refused")
    assert "Account created! Please log in. Log in" in journey.screen("accepted")
    assert f"Welcome back, {person.name}! Role: user" in journey.screen("dashboard")
    assert "1 browser, this one included" in journey.screen("refreshed")
    assert f"You are logged in as {person.name}." in journey.screen("logout")
    assert "You are logged out. Log in" in journey.screen("end")


def test_the_account(account_journey: Lynx, person: Person) -> None:
    assert f"Your user name is {person.name}-2 now." in account_journey.screen("renamed")
    assert "Lynx This device" in account_journey.screen("sessions")
    assert "(BUTTON) Log out Lynx" in account_journey.screen("sessions")
    assert "Lynx is logged out." in account_journey.screen("ended")
    assert "A session was ended from the list of sessions" in account_journey.screen("activity")
    assert f"from {person.name} to {person.name}-2" in account_journey.screen("activity")
    assert "You are logged in nowhere else." in account_journey.screen("alone")


def test_the_admin(admin_journey: Lynx, person: Person, crowd: list[str]) -> None:
    assert "Failed log-ins today" in admin_journey.screen("overview")
    assert f"Role changed (from user to admin) by command line {person.name}" in admin_journey.screen("overview")
    assert f"{person.email} admin" in admin_journey.screen("people")
    assert "1 person, newest first" in admin_journey.screen("found")
    assert f"{crowd[3]} {crowd[3]}@example.com user" in admin_journey.screen("found")
    assert f"Email address {crowd[3]}@example.com Role user State active" in admin_journey.screen("person")
    assert "Change role Disable" in admin_journey.screen("person")


def test_a_refused_form_comes_back_filled_in_but_for_the_password(journey: Lynx, person: Person) -> None:
    screen = journey.screen("refused")
    assert f"{person.name}____" in screen
    assert "nobody____" in screen
    assert "*" not in screen.partition("Password")[2]


def test_a_wrong_password(lynx: Lynx, server: Server) -> None:
    lynx.go_to(LOGIN, "email").type("nobody@example.com").go_to(LOGIN, "password").type(WRONG)
    screen = lynx.go_to(LOGIN, "submit").enter().keep("refused").run(f"{server.url}/login").screen("refused")
    assert "There is a problem * Invalid credentials." in screen
    assert "Error: Invalid credentials." in screen
