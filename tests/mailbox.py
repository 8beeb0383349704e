"""A site that sends mail, to a folder, and the mailboxes of the people who read it."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock
from webapp import create_app
from webapp.mail.sender import of

LINK = re.compile(r"^(https?://[^/\s]+)(/(?:verify|reset|login/link|invitation|undo)/\S+)$", re.MULTILINE)
CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


class Letter:
    """A mail as its reader has it."""

    def __init__(self, content: bytes) -> None:
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.message, self.to, self.subject = message, str(message["To"]), str(message["Subject"])
        self.plain, self.html = self._part("plain"), self._part("html")

    @property
    def link(self) -> str:
        """The path of the one link that does something."""
        ((_, path),) = LINK.findall(self.plain)
        return str(path)

    @property
    def code(self) -> str:
        (code,) = CODE.findall(self.plain)
        return str(code)

    @property
    def has_link(self) -> bool:
        return bool(LINK.search(self.plain))

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


class Mailbox:
    """What the app has mailed, to all of its people; each mail is read once."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app, self._folder, self._read = app, folder, set[Path]()

    def new(self) -> list[Letter]:
        """The mails since the last look, in their order."""
        of(self._app).send_due()
        found = [path for path in sorted(self._folder.glob("*.eml")) if path not in self._read]
        self._read.update(found)
        return [Letter(path.read_bytes()) for path in found]

    def one(self) -> Letter:
        """The one mail since the last look."""
        (letter,) = self.new()
        return letter


@pytest.fixture
def mail_settings(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """For a site that sends mail."""
    return settings | {"MAIL_URL": f"folder:{tmp_path}/mail"}


@pytest.fixture
def mailing(mail_settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Flask]:
    """A site that sends mail."""
    app = create_app(mail_settings, clock)
    yield app
    app.extensions["database"].close()


@pytest.fixture
def mailbox(mailing: Flask, tmp_path: Path) -> Mailbox:
    return Mailbox(mailing, tmp_path / "mail")


def ask_to_sign_up(browser: Browser, name: str, email: str = "") -> Browser:
    typed = {"username": name, "email": email or f"{name}@example.com", "password": PASSWORD}
    return browser.visit("/signup").submit("signup-form", **typed)


def joined(browser: Browser, mailbox: Mailbox, name: str) -> Browser:
    """Signed up by mail and logged in."""
    ask_to_sign_up(browser, name)
    browser.visit(mailbox.one().link).submit("verify-form")
    return browser.submit("login-form", password=PASSWORD)
