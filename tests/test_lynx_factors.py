"""Second factors in lynx, which reads the secret of the app and the recovery codes from its own screen."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from tests.factors import code
from tests.screens import Person, let_pass, somebody
from tests.server import Server
from tests.test_lynx import ACCOUNT, DASHBOARD, LOGIN, LOGOUT, MEMBER, STRANGER, Lynx, log_in, sign_up
from webapp.accounts import factors_reset, people
from webapp.accounts.actor import COMMAND_LINE

# What Tab goes to, from the top of each page.
HUB = [*ACCOUNT, "app", "passkeys", "codes", "your sessions", "end"]
NEW_APP = [*ACCOUNT, "open the app", "code", "add", "cancel", "end"]
CODES = [*ACCOUNT, "download", "kept", "make new ones", "end"]
APP = [*ACCOUNT, "move", "remove", "end"]
REMOVAL = [*ACCOUNT, "remove", "keep it", "end"]
SECOND_STEP = [*STRANGER, "code", "submit", "recovery code", "back"]
REFUSED_SECOND_STEP = [*STRANGER, "link to the error", *SECOND_STEP[len(STRANGER) :]]
RECOVERY = [*STRANGER, "code", "submit", "back"]
CONFIRM = [*MEMBER, "account name", "password", "confirm", "cancel", "code", "confirm by code", "end"]
# Lynx shows the form that waits for JavaScript, too.
LOGIN_UNDER_A_NAME = [*LOGIN, "passkey"]
# What waits stands above all that the page is about.
WAITING = [*MEMBER, "stop it", *ACCOUNT[len(MEMBER) :]]

SECRET = re.compile(r"^ +((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})$", re.MULTILINE)
RECOVERY_CODE = re.compile(r"(?:[0-9a-z]{4}-){5}[0-9a-z]{4}")
WHY = "Lost the phone"


class LiveLynx(Lynx):
    """Gets each key as it is pressed, so that what is on the screen can say which one is next."""

    def open(self, url: str) -> Self:
        keys, hand = os.pipe()
        self._process = self._start(f"/dev/fd/{keys}", url, keys)
        os.close(keys)
        self._hand = os.fdopen(hand, "w", buffering=1)
        self._seen = 0
        return self

    def look(self) -> str:
        """What the page shows now, in one line; it begins at its top again."""
        self._seen += 1
        self.keep(f"seen-{self._seen}").keep(mark := f"whole-{self._seen}")
        # A file that lynx has begun may be half written; once the next is there, it is whole.
        for _ in range(600):
            if (self._folder / mark).exists():
                return self.screen(f"seen-{self._seen}")
            time.sleep(0.05)
        raise AssertionError(f"lynx shows nothing: {self._process.poll()}")

    def reload(self) -> Self:
        self._reached = 0
        self._press("^R")
        return self

    def close(self) -> None:
        self._hand.close()
        self._process.kill()
        self._process.wait()

    def _press(self, *keys: str) -> Self:
        for key in keys:
            self._hand.write(f"key {key}\n")
        return self


@pytest.fixture
def person() -> Person:
    return somebody()


@pytest.fixture
def lynx(tmp_path: Path, server: Server) -> Iterator[LiveLynx]:
    """At the page to sign up. In CI it must be there, and the tests fail without it."""
    if not shutil.which("lynx") and os.environ.get("CI") != "true":
        pytest.skip("lynx is not installed")
    lynx = LiveLynx(tmp_path).open(f"{server.url}/signup")
    yield lynx
    lynx.close()


@pytest.fixture
def secret(lynx: LiveLynx, person: Person, tmp_path: Path) -> str:
    """That of the app which this person has added; lynx shows the recovery codes."""
    log_in(sign_up(lynx, person), person)
    to_hub(lynx).go_to(HUB, "app").enter()
    lynx.keep("secret").look()
    found = SECRET.search((tmp_path / "secret").read_text())
    assert found
    lynx.go_to(NEW_APP, "code").type(code(found[1], now())).go_to(NEW_APP, "add").enter()
    return found[1]


def now() -> datetime:
    return datetime.now(UTC)


def to_hub(lynx: LiveLynx) -> LiveLynx:
    """By the menus, from the dashboard."""
    return lynx.go_to(DASHBOARD, "account").enter().go_to(ACCOUNT, "security").enter()


def log_out(lynx: LiveLynx) -> LiveLynx:
    """And go to where one logs in again."""
    return lynx.go_to(MEMBER, "log out").enter().go_to(LOGOUT, "submit").enter().go_to(STRANGER, "log in").enter()


def let_the_code_pass(server: Server, person: Person) -> None:
    """Behind the server's back: the step whose code was used is over."""
    with closing(server.database()) as db:
        user = people.by_email(db, person.email)
        assert db.run("UPDATE totp SET last_step = 0 WHERE user_id = :id", id=user.id)


def recovery_codes(lynx: LiveLynx) -> list[str]:
    return RECOVERY_CODE.findall(lynx.look())


def test_the_app_is_added_and_its_recovery_codes_stay_until_they_are_kept(lynx: LiveLynx, secret: str) -> None:
    shown = lynx.look()
    codes = RECOVERY_CODE.findall(shown)
    assert "The authenticator app is added. From now on a log-in asks for its code." in shown
    assert len(codes) == 10 and "10 codes are left, made just now." in shown
    assert "Download (BUTTON) I have kept them" in shown
    assert recovery_codes(lynx.reload()) == codes
    shown = lynx.go_to(CODES, "kept").enter().look()
    assert "Authenticator app On since" in shown and "Recovery codes 10 left" in shown
    assert recovery_codes(lynx.go_to(HUB, "codes").enter()) == []


def test_logging_in_by_a_code_of_the_app(lynx: LiveLynx, server: Server, person: Person, secret: str) -> None:
    log_in(log_out(lynx), person)
    shown = lynx.look()
    assert "Second step Show once more that it is you: by a code from your authenticator app." in shown
    shown = lynx.go_to(SECOND_STEP, "code").type("12345").go_to(SECOND_STEP, "submit").enter().look()
    assert "There is a problem * That code is not right." in shown and "Error: That code is not right." in shown
    let_the_code_pass(server, person)
    lynx.go_to(REFUSED_SECOND_STEP, "code").type(code(secret, now())).go_to(REFUSED_SECOND_STEP, "submit").enter()
    shown = lynx.look()
    assert f"Welcome back, {person.name}!" in shown
    assert "Logged in (by password and authenticator app)" in shown


def test_logging_in_by_a_recovery_code(lynx: LiveLynx, person: Person, secret: str) -> None:
    first = recovery_codes(lynx)[0]
    log_in(log_out(lynx), person).go_to(SECOND_STEP, "recovery code").enter()
    shown = lynx.go_to(RECOVERY, "code").type(first).go_to(RECOVERY, "submit").enter().look()
    assert f"9 recovery codes are left. Make new ones at Account, Security. Welcome back, {person.name}!" in shown


def test_an_act_is_confirmed_by_a_code_and_removes_the_app(
    lynx: LiveLynx, server: Server, person: Person, secret: str
) -> None:
    lynx.go_to(CODES, "kept").enter().go_to(HUB, "app").enter().go_to(APP, "remove").enter().look()
    let_pass(server, person, unconfirmed=timedelta(minutes=16))
    let_the_code_pass(server, person)
    shown = lynx.go_to(REMOVAL, "remove").enter().look()
    assert "Before this goes on, show again that it is you, in one of these ways" in shown
    assert "What will be done: Remove the authenticator app." in shown
    lynx.go_to(CONFIRM, "code").type(code(secret, now())).go_to(CONFIRM, "confirm by code").enter()
    shown = lynx.look()
    assert "The authenticator app is removed." in shown and "Authenticator app Off." in shown
    log_in(log_out(lynx), person)
    assert f"Welcome back, {person.name}!" in lynx.look()


def test_a_removal_that_an_admin_asked_for_is_told_on_every_page_and_stopped(
    lynx: LiveLynx, server: Server, person: Person, secret: str
) -> None:
    lynx.look()
    with closing(server.database()) as db:
        assert factors_reset.ask(db, COMMAND_LINE, people.by_email(db, person.email), 24, WHY)
    # Lynx keeps the pages that it has shown: the dashboard is asked for anew.
    lynx.go_to(ACCOUNT, "dashboard").enter().reload()
    for stop in ("account", "security", "log out"):
        assert f"UTC: {WHY} (BUTTON) Stop it" in lynx.look()
        lynx.go_to(WAITING, stop).enter().reload()
    assert "An admin will remove your second factors on" in lynx.look()
    shown = lynx.go_to(WAITING, "stop it").enter().look()
    assert "Stopped: your second factors stay." in shown and WHY not in shown


def test_a_passkey_asks_for_javascript(lynx: LiveLynx, server: Server) -> None:
    lynx.close()
    lynx.open(f"{server.url.replace('127.0.0.1', 'localhost')}/login")
    shown = lynx.go_to(LOGIN_UNDER_A_NAME, "passkey").enter().look()
    assert "A passkey needs JavaScript. Use another way. Log in Email address" in shown
