"""The page on which developers read what was mailed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.browser import Browser
from tests.fixtures import Clock
from tests.mailbox import ask_to_sign_up
from webapp import create_app
from webapp.commands import dev


@pytest.fixture
def developers(
    mail_settings: dict[str, Any], clock: Clock, cheap_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """A site as its developers run it: no thread sends, each request does."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = create_app(mail_settings, clock)
    yield app
    app.extensions["database"].close()


def test_what_was_mailed_is_there_at_once_with_its_link(developers: Flask) -> None:
    browser = Browser(developers)
    assert "Nothing was mailed yet." in browser.visit("/outbox").text()
    ask_to_sign_up(browser, "alice")
    browser.visit("/outbox")
    assert "Confirm your email address at 127.0.0.1" in browser.text() and "alice@example.com" in browser.text()
    (link,) = [str(link["href"]) for link in browser.page.select("main a") if "/verify/" in str(link["href"])]
    browser.visit(link.removeprefix("http://127.0.0.1:8000")).submit("verify-form")
    assert browser.path == "/login"


def test_the_newest_comes_first(developers: Flask, clock: Clock) -> None:
    browser = Browser(developers)
    for name in ("alice", "bob"):
        ask_to_sign_up(browser, name)
        clock.advance(minutes=1)
    told = [str(place.text) for place in browser.visit("/outbox").page.select("dd") if "@example.com" in place.text]
    assert told == ["bob@example.com", "alice@example.com"]


def test_each_mail_is_shown_as_html_too(developers: Flask) -> None:
    answer = Browser(developers).client.get("/styleguide/mail/reset/de")
    assert answer.status_code == 200 and 'lang="de"' in answer.text
    assert "style-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    for path in ("/styleguide/mail/odd/en", "/styleguide/mail/reset/xx"):
        assert Browser(developers).client.get(path).status_code == 404


def test_a_server_for_everybody_in_debug_mode_shows_no_mails(developers: Flask) -> None:
    browser = Browser(developers)
    browser.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    assert browser.client.get("/outbox").status_code == 404


@pytest.mark.parametrize("path", ["/outbox", "/styleguide/mail", "/styleguide/mail/reset/en"])
def test_in_production_there_is_no_such_page(mailing: Flask, path: str) -> None:
    assert mailing.test_client().get(path).status_code == 404


def test_a_site_of_a_developer_without_a_folder_has_none(
    settings: dict[str, Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = create_app(settings, clock)
    assert app.test_client().get("/outbox").status_code == 404
    app.extensions["database"].close()


def test_just_dev_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[str] = []
    monkeypatch.setattr(dev.cli, "main", lambda *given, **options: ran.append(dev.os.environ["LATCHKEY_MAIL_URL"]))
    monkeypatch.setattr(dev.sys, "path", ["", *dev.sys.path])
    monkeypatch.setenv("LATCHKEY_MAIL_URL", "")
    monkeypatch.delenv("LATCHKEY_MAIL_URL")
    monkeypatch.setenv("LATCHKEY_INSTANCE", str(tmp_path))
    dev._serve("8000")
    monkeypatch.setenv("LATCHKEY_MAIL_URL", "smtp://mail.example.org")
    dev._serve("8000")
    assert ran == [f"folder:{tmp_path}/mail", "smtp://mail.example.org"]
