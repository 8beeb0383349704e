"""A mail as it arrives: its headers, its lines, its language, and to which addresses one can be written."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.fixtures import Clock
from tests.relay import Received, Relay
from webapp import create_app
from webapp.accounts import outbox, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.outbox import NOTICE_LIVES, Kind
from webapp.accounts.tokens import Purpose
from webapp.mail import sender
from webapp.mail.messages import LINKS, Unsendable

PURPOSES = {"verify": Purpose.SIGNUP, "reset": Purpose.RESET, "login/link": Purpose.LOGIN, "undo": Purpose.UNDO}
# Once it is wrapped a line begins with a dot (RFC 5321 4.5.2).
REASON = f"{'a' * 60} .dotted"
# As accounts that were adopted may have them, and as nobody should get mail that is for another.
NO_ADDRESSES = [
    "a..b@example.com", ".a@example.com", "a@", "@example.com", "nobody", "a@b@example.com", "a b@example.com",
    "a\r\nBcc: eve@example.com", "a@example.com\nBcc: eve@example.com", "a@example.com\r", "a\x85b@example.com",
    "a\u2028b@example.com", "a@exam\u00a0ple.com", "a\x7f@example.com", "=?utf-8?q?bob?=@example.com",
    "a@example.com(b)", "a(b)@example.com", '"a b"@example.com', '"ab"@example.com', "<a@example.com>",
    "a@example.com,b@example.com", "a@example.com>", "group:a@example.com;", "a@-..-", f"a@{'x' * 64}é.example",
    "a@straße.example", "a@ｅxample.com", "a@example。com", "a@[1.2.3.4", "\u202ea@example.com@", "é" * 300,
]  # fmt: skip


@pytest.fixture
def settings(settings: dict[str, Any], relay: Relay) -> dict[str, Any]:
    return settings | relay.settings


def write(db: Database, kind: Kind, recipient: str = "alice@example.com", language: str = "en") -> None:
    """Leave a mail in the outbox, with the token that belongs to it."""
    actor = Actor("203.0.113.7", "Firefox on Windows", language=language)
    purpose = PURPOSES.get(LINKS.get(kind, ""), Purpose.INVITATION)
    with db.transaction():
        token = tokens.make(db, purpose, recipient) if kind in LINKS else None
        outbox.add(db, actor, kind, recipient, token=token, lives=NOTICE_LIVES, why=REASON, role="admin")


def arrived(app: Flask, relay: Relay) -> Received:
    """The one mail that waits, once it has arrived."""
    assert sender.of(app).send_due() == 1
    return relay.mails[-1]


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_the_headers_are_these_and_no_others(app: Flask, db: Database, relay: Relay) -> None:
    write(db, Kind.RESET)
    message = arrived(app, relay).message
    assert re.fullmatch(r"<1\.[0-9a-f]{16}@example\.org>", str(message["Message-ID"]))
    assert str(message["Content-Type"]).startswith("multipart/alternative; boundary=")
    told = {name: str(value) for name, value in message.items() if name not in {"Message-ID", "Content-Type"}}
    assert told == {
        "From": "Our site <id@example.org>",
        "To": "alice@example.com",
        "Subject": "Choose a new password at id.example.org",
        "Date": "Sat, 14 Mar 2026 15:09:26 +0000",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Language": "en",
    }
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", Kind)
def test_each_line_is_short_and_ascii_and_both_parts_say_the_same(
    app: Flask, db: Database, relay: Relay, kind: Kind, language: str
) -> None:
    write(db, kind, language=language)
    mail = arrived(app, relay)
    assert max(map(len, mail.content.split(b"\r\n"))) <= 78 and mail.content.isascii()
    assert b"\n" not in mail.content.replace(b"\r\n", b"") and b"8bit" not in mail.content
    assert mail.message["Content-Language"] == language
    plain = part(mail.message, "plain")
    page = part(mail.message, "html")
    assert f'<html lang="{language}" dir="ltr">' in page
    links = re.findall(r"^https://\S+$", plain, re.MULTILINE)
    assert links and set(links) == set(re.findall('<a href="([^"]+)"', page))
    assert (kind in LINKS) == any(len(link) > 60 for link in links)


def test_letters_beyond_ascii_arrive_by_a_relay_that_knows_ascii_alone(
    settings: dict[str, Any], clock: Clock, relay: Relay
) -> None:
    app = create_app(settings | {"NAME": "Käserei „Süß“", "MAIL_FROM": '"Käserei, Süß" <id@example.org>'}, clock)
    write(app.extensions["database"], Kind.SIGNED_OUT, "ann@müller.example", "de")
    mail = arrived(app, relay)
    app.extensions["database"].close()
    assert mail.content.isascii() and mail.options == []
    assert mail.message["From"] == '"Käserei, Süß" <id@example.org>'
    for kind in ("plain", "html"):
        assert "Käserei „Süß“" in part(mail.message, kind) and "14. März 2026" in part(mail.message, kind)


def test_a_line_that_begins_with_a_dot_arrives_with_it(app: Flask, db: Database, relay: Relay) -> None:
    write(db, Kind.SIGNED_OUT)
    assert "\n.dotted\n" in part(arrived(app, relay).message, "plain")


def test_a_code_stands_on_a_line_of_its_own(app: Flask, db: Database, relay: Relay) -> None:
    write(db, Kind.LOGIN)
    message = arrived(app, relay).message
    code = re.search(r"^[B-Z]{4}-[B-Z]{4}$", part(message, "plain"), re.MULTILINE)
    assert code and code[0] in part(message, "html")


@pytest.mark.parametrize("recipient", NO_ADDRESSES)
def test_an_address_to_which_no_mail_can_be_written_is_given_up_with_a_reason(
    app: Flask, db: Database, relay: Relay, recipient: str
) -> None:
    write(db, Kind.RESET, recipient)
    write(db, Kind.RESET, "bob@example.com")
    assert sender.of(app).send_due() == 1
    assert [mail.recipients for mail in relay.mails] == [["bob@example.com"]]
    given_up = outbox.find(db, 1)
    assert given_up and given_up.failed_at and given_up.error.startswith("no mail can be written to this address: ")


def test_nor_can_one_be_written_to_a_nul(app: Flask, db: Database) -> None:
    """Which PostgreSQL does not even store."""
    write(db, Kind.RESET, "bob@example.com")
    mail = outbox.find(db, 1)
    with pytest.raises(Unsendable, match="no mail can be written to this address"):
        assert mail and sender.of(app).messages.of(db, mail._replace(recipient="a\0b@example.com"))


@pytest.mark.parametrize(
    ("recipient", "sent_to", "options"),
    [
        ("o'hara+id@example.com", "o'hara+id@example.com", []),
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.example", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.example", []),
        ("ann@müller.example", "ann@xn--mller-kva.example", []),
        ("ann@xn--mller-kva.example", "ann@xn--mller-kva.example", []),
        ("ann@mu\u0308ller.example", "ann@xn--mller-kva.example", []),
        ("änn@example.com", "änn@example.com", ["SMTPUTF8"]),
        ("änn@müller.example", "änn@xn--mller-kva.example", ["SMTPUTF8"]),
    ],
)
def test_an_address_beyond_ascii_is_reached(
    app: Flask, db: Database, relay: Relay, recipient: str, sent_to: str, options: list[str]
) -> None:
    write(db, Kind.RESET, recipient)
    mail = arrived(app, relay)
    assert (mail.recipients, mail.options, mail.message["To"]) == ([sent_to], options, sent_to)


def test_a_relay_that_takes_no_such_address_gets_none(app: Flask, db: Database, relay: Relay) -> None:
    relay.restart(speaks_utf8=False)
    write(db, Kind.RESET, "änn@example.com")
    write(db, Kind.RESET, "ann@müller.example")
    assert sender.of(app).send_due() == 1
    given_up = outbox.find(db, 1)
    assert given_up and given_up.failed_at and "SMTPUTF8" in given_up.error
