"""What mails say, and how: plain first, the same as HTML, in every language, nothing that looks like phishing."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock
from tests.mailbox import Letter, Mailbox, ask_to_sign_up
from tests.sentences import PSEUDO, outside_brackets, write_pseudo
from webapp import create_app
from webapp.accounts import outbox, signup, tokens
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.outbox import Kind
from webapp.languages import catalogs
from webapp.mail.messages import LINKS
from webapp.mail.sender import of

LANGUAGES = ("en", "de")
# Words of a hurry, and of a link that does not say where it leads.
PHISHING = re.compile(r"click here|hier klicken|urgent|dringend|immediately|sofort|act now|verify your account", re.I)


def _sample(app: Flask, kind: Kind, code: str) -> Any:
    return of(app).messages.sample(kind, app.extensions["languages"][code])


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_plain_and_html_say_the_same(mailing: Flask, kind: Kind, code: str) -> None:
    text = _sample(mailing, kind, code)
    page = BeautifulSoup(text.html, "html.parser")
    body, _, signature = text.plain.partition("\n-- \n")
    paragraphs = [" ".join(part.split()) for part in body.split("\n\n")]
    assert [" ".join(part.get_text().split()) for part in page.select("p")][:-1] == [p for p in paragraphs if p]
    assert page.h1 is not None and page.h1.text == text.subject
    assert signature.split() == ["Latchkey", "http://127.0.0.1:8000/"]
    assert page.html is not None and page.html["lang"] == code and page.html["dir"] == "ltr"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_nothing_in_it_looks_like_phishing(mailing: Flask, kind: Kind, code: str) -> None:
    text = _sample(mailing, kind, code)
    assert "127.0.0.1" in text.subject and len(text.subject) < 78 and "%" not in text.subject
    assert not PHISHING.search(text.plain) and PASSWORD not in text.plain
    page = BeautifulSoup(text.html, "html.parser")
    assert not page.select("img, script, style, link, form, iframe, button") and "url(" not in text.html
    for link in page.select("a"):
        assert link.text == link["href"], "a link says where it leads"
        assert str(link["href"]).startswith("http://127.0.0.1:8000/")
    assert not re.search(r"background|[^-]color:|#[0-9a-f]{3}", text.html), "the client's own colours"
    assert len(page.select(f'a[href*="{"x" * 43}"]')) == (kind in LINKS)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind in LINKS])
def test_its_link_stands_on_a_line_of_its_own(mailing: Flask, kind: Kind) -> None:
    lines = _sample(mailing, kind, "en").plain.splitlines()
    assert f"http://127.0.0.1:8000/{LINKS[kind]}/{'x' * 43}" in lines
    assert ("BCDF-GHJK" in lines) is (kind == Kind.LOGIN)
    assert all(len(line) <= 72 or "/" in line for line in lines)


def test_every_kind_has_a_text_and_words_for_admins(mailing: Flask) -> None:
    assert set(outbox.WORDS) == set(Kind)
    for kind in Kind:
        assert _sample(mailing, kind, "en").subject


def test_no_sentence_goes_past_the_catalogs(
    mail_settings: dict[str, Any], tmp_path: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "translations").mkdir()
    write_pseudo(tmp_path / "translations")
    monkeypatch.setattr(catalogs, "FOLDER", tmp_path / "translations")
    catalogs.read.cache_clear()
    app = create_app(mail_settings, clock)
    for kind in Kind:
        text = _sample(app, kind, PSEUDO)
        left = outside_brackets(text.subject + text.plain)
        left = re.sub(r"https?://\S+|127\.0\.0\.1|Latchkey|BCDF-GHJK|-- |\s", "", left)
        assert not left, (kind, left)
        assert 'dir="rtl"' in text.html
    app.extensions["database"].close()
    catalogs.read.cache_clear()


@pytest.mark.parametrize("name", ["evil.com", "O'Brien-ltd.example"])
def test_no_name_of_a_person_is_in_it(mailing: Flask, mailbox: Mailbox, name: str) -> None:
    name = re.sub(r"[^\w.-]", "", name)
    ask_to_sign_up(Browser(mailing), name, "bob@example.org")
    letter = mailbox.one()
    assert name not in letter.plain and name not in letter.html


def test_a_browser_that_a_mail_program_would_make_a_link_of_is_not_named(mailing: Flask, mailbox: Mailbox) -> None:
    db: Database = mailing.extensions["database"]
    for device in ("evil.com/x on Linux", "Firefox on Linux", ""):
        with db.transaction():
            outbox.add(db, Actor("203.0.113.7", device), Kind.NO_ACCOUNT, "bob@example.org")
    told = [" ".join(letter.plain.split()) for letter in mailbox.new()]
    assert "evil.com" not in told[0] and "with Unknown browser, from 203.0.113.7" in told[0]
    assert "with Firefox on Linux, from 203.0.113.7" in told[1] and "with Unknown browser" in told[2]


def test_a_stranger_reads_the_language_of_the_request(mailing: Flask, mailbox: Mailbox) -> None:
    browser = Browser(mailing)
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    ask_to_sign_up(browser, "alice")
    letter = mailbox.one()
    assert letter.message["Content-Language"] == "de" and "ü" in letter.plain + letter.subject
    assert 'lang="de"' in letter.html


def test_a_name_of_ones_own_is_in_every_mail(mail_settings: dict[str, Any], clock: Clock, tmp_path: Any) -> None:
    given = {"NAME": "Acme & Söhne", "PUBLIC_URL": "https://id.example.org", "MAIL_FROM": "Acme <id@example.org>"}
    app = create_app(mail_settings | given, clock)
    db = app.extensions["database"]
    signup.sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    with db.transaction():
        token = tokens.make(db, tokens.Purpose.RESET, "alice@example.com", 1)
        outbox.add(db, Actor(), Kind.RESET, "alice@example.com", token=token)
    letter = Mailbox(app, tmp_path / "mail").one()
    assert letter.subject == "Choose a new password at id.example.org"
    assert str(letter.message["From"]) == "Acme <id@example.org>"
    assert "Acme & Söhne, id.example.org" in " ".join(letter.plain.split()) and "Acme &amp; Söhne" in letter.html
    assert "https://id.example.org/reset/" in letter.plain and "Latchkey" not in letter.plain + letter.html
    app.extensions["database"].close()


def test_a_text_that_cannot_be_written_is_given_up_with_its_reason(
    mail_settings: dict[str, Any], clock: Clock, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own/templates/mail"
    folder.mkdir(parents=True)
    monkeypatch.setattr("webapp.OWN", tmp_path / "own")
    for text in ("Welcome to {{ nowhere }}\n\nHello.\n", "{% if %}"):
        (folder / "signup.txt").write_text(text)
        app = create_app(mail_settings, clock)
        ask_to_sign_up(Browser(app), "alice")
        assert not Mailbox(app, tmp_path / "mail").new()
        (mail,) = outbox.page(app.extensions["database"], is_failed=True).mails[:1]
        assert mail.error.startswith("its text cannot be written: "), text
        app.extensions["database"].close()


def test_a_text_of_a_teams_own_takes_the_place_of_ours(
    mail_settings: dict[str, Any], clock: Clock, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own/templates/mail"
    folder.mkdir(parents=True)
    (folder / "signup.txt").write_text("Welcome to {{ site }}\n\nHere you go:\n\n{{ link }}\n")
    monkeypatch.setattr("webapp.OWN", tmp_path / "own")
    app = create_app(mail_settings, clock)
    ask_to_sign_up(Browser(app), "alice")
    letter: Letter = Mailbox(app, tmp_path / "mail").one()
    assert letter.subject == "Welcome to Latchkey" and letter.link.startswith("/verify/")
    app.extensions["database"].close()
