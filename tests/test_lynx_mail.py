"""The journey by mail in lynx, which reads the mails too; w3m reads them as well."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mailbox import Letter
from tests.screens import Person, somebody
from tests.server import QUICK, Server
from tests.test_lynx import LOGIN, SIGNUP, STRANGER, Lynx, lynx

__all__ = ["lynx"]

# What Tab goes to, from the top of each page.
SENT = [*STRANGER, "sign up again", "reset"]
VERIFY = [*STRANGER, "password", "submit"]
LOGIN_WITH_MAIL = [*LOGIN, "reset", "by mail", "sign up below"]
RESET = [*STRANGER, "email", "submit"]
LOGIN_LINK = [*STRANGER, "email", "remember", "submit"]
CODE = [*STRANGER, "code", "submit"]
# Lynx shows the field for password managers, too.
NEW_PASSWORD = [*STRANGER, "account", "password", "submit"]
UNDO = [*STRANGER, "submit"]


@pytest.fixture
def mailing(start_server: Callable[..., Server], tmp_path: Path) -> Server:
    return start_server(command=QUICK, MAIL_URL=f"folder:{tmp_path}/mail")


@pytest.fixture
def newest(tmp_path: Path) -> Callable[[int], Letter]:
    """Waits until so many mails are there, and gives the last."""

    def newest(number: int) -> Letter:
        for _ in range(300):
            if len(files := sorted((tmp_path / "mail").glob("*.eml"))) >= number:
                return Letter(files[number - 1].read_bytes())
            time.sleep(0.05)
        raise AssertionError("no mail")

    return newest


def _open(lynx: Lynx, letter: Letter, folder: Path) -> str:
    """The mail's HTML part as a file, whose first link is that of the mail."""
    (folder / "mail.html").write_text(letter.html)
    lynx.again().enter()
    return str(folder / "mail.html")


def test_somebody_signs_up_resets_and_logs_in_with_lynx_alone(
    lynx: Lynx, mailing: Server, newest: Callable[[int], Letter], tmp_path: Path
) -> None:
    person: Person = somebody()
    lynx.go_to(SIGNUP, "name").type(person.name).go_to(SIGNUP, "email").type(person.email)
    lynx.go_to(SIGNUP, "password").type(person.password).go_to(SIGNUP, "submit").enter().keep("sent")
    lynx.run(f"{mailing.url}/signup")
    assert f"We have sent a mail to {person.email}." in lynx.screen("sent")

    mail = _open(lynx, newest(1), tmp_path)
    lynx.keep("verify").go_to(VERIFY, "password").type("wrong").go_to(VERIFY, "submit").enter().keep("wrong").run(mail)
    assert "You signed up in another browser" in lynx.screen("verify")
    assert "That is not the password that was chosen at the sign-up." in lynx.screen("wrong")
    mail = _open(lynx, newest(1), tmp_path)
    lynx.go_to(VERIFY, "password").type(person.password).go_to(VERIFY, "submit").enter().keep("made").run(mail)
    assert "Account created! Please log in." in lynx.screen("made")

    lynx.again().go_to(LOGIN_WITH_MAIL, "reset").enter().go_to(RESET, "email").type(person.email)
    lynx.go_to(RESET, "submit").enter().keep("asked").run(f"{mailing.url}/login")
    assert "Check your mail" in lynx.screen("asked")
    mail = _open(lynx, newest(2), tmp_path)
    lynx.go_to(NEW_PASSWORD, "password").type("another horse battery").go_to(NEW_PASSWORD, "submit").enter()
    lynx.keep("reset").run(mail)
    assert "Your password is changed. Please log in." in lynx.screen("reset")

    mail = _open(lynx, newest(3), tmp_path)
    lynx.go_to(UNDO, "submit").enter().keep("undone").run(mail)
    assert "The account is locked" in lynx.screen("undone")

    lynx.again().go_to(LOGIN_WITH_MAIL, "by mail").enter().go_to(LOGIN_LINK, "email").type(person.email)
    lynx.go_to(LOGIN_LINK, "submit").enter().keep("code").run(f"{mailing.url}/login")
    assert "Eight letters, like BCDF-GHJK." in lynx.screen("code")
    mail = _open(lynx, newest(5), tmp_path)
    lynx.go_to(UNDO, "submit").enter().keep("in").run(mail)
    assert f"Welcome back, {person.name}!" in lynx.screen("in")


@pytest.mark.parametrize("command", [["lynx", "-cfg=/dev/null", "-dump"], ["w3m", "-dump", "-T", "text/html"]])
def test_a_text_browser_shows_the_whole_mail(
    mailing: Server, newest: Callable[[int], Letter], tmp_path: Path, lynx: Lynx, command: list[str]
) -> None:
    if not shutil.which(command[0]) and os.environ.get("CI") != "true":
        pytest.skip(f"{command[0]} is not installed")
    person = somebody()
    lynx.go_to(RESET, "email").type(person.email).go_to(RESET, "submit").enter().run(f"{mailing.url}/reset")
    letter = newest(1)
    (tmp_path / "mail.html").write_text(letter.html)
    shown = subprocess.run([*command, "mail.html"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    words = "".join(shown.split())
    assert letter.subject.replace(" ", "") in words
    for paragraph in letter.plain.partition("\n-- ")[0].split("\n\n"):
        assert "".join(paragraph.split()) in words
