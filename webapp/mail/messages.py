"""Messages: a row of the outbox becomes what is sent (RFC 5322), with its link made from the seed at that moment."""

import json
import quopri
import re
import unicodedata
from collections.abc import Callable
from email import policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from jinja2 import TemplateError

from db import Database, moment
from webapp.accounts import devices, events, outbox, roles, tokens
from webapp.accounts.outbox import Kind, Mail
from webapp.config import settings
from webapp.languages import times
from webapp.languages.catalogs import SOURCE, Language
from webapp.languages.sentences import say
from webapp.mail.route import DOMAIN
from webapp.mail.texts import Text, Texts


class _Headers(HeaderRegistry):
    """The classes of headers, each made once; Python's registry makes one whenever a header is set or asked about."""

    @cache  # noqa: B019
    def __getitem__(self, name: str) -> type[BaseHeader]:
        found: type[BaseHeader] = super().__getitem__(name)
        return found


SMTP = policy.SMTP.clone(header_factory=_Headers())
SMTPUTF8 = SMTP.clone(utf8=True)
# Where the link of each kind of mail leads.
LINKS = {
    Kind.SIGNUP: "verify",
    Kind.VERIFY: "verify",
    Kind.NEW_EMAIL: "verify",
    Kind.RESET: "reset",
    Kind.RESET_SENT: "reset",
    Kind.UNDONE: "reset",
    Kind.LOGIN: "login/link",
    Kind.INVITATION: "invitation",
    **dict.fromkeys(
        (
            Kind.PASSWORD_CHANGED, Kind.PASSWORD_RESET, Kind.EMAIL_CHANGED, Kind.USERNAME_CHANGED, Kind.DELETION_ASKED,
            Kind.EXPORTED, Kind.NEW_DEVICE, Kind.FACTORS_CHANGED, Kind.FACTORS_RESET_ASKED,
        ),
        "undo",
    ),
}  # fmt: skip
# RFC 5322 2.1.1.
LONGEST_LINE = 78
# What stands before the @ (RFC 5322 3.4.1, with the letters of RFC 6532); in quotes it may hold more, which nobody has.
NAME = re.compile(r'[^\s"(),.:;<>@[\]\\]+(\.[^\s"(),.:;<>@[\]\\]+)*')
UNKNOWN_PLACE = say("an unknown place")


class Unsendable(Exception):
    """The mail cannot be written, or is of no use any more; a sentence for the operator says why."""


class Messages:
    """Makes messages of an app's site, in the language and the time zone of each recipient.

    That takes Python's lock for longer than a page does: in between, `give_way` is called.
    """

    def __init__(self, app: Flask, folders: list[Path], give_way: Callable[[], None] = lambda: None) -> None:
        given = settings(app)
        self._sender, self._origin = given.mail_sender, given.origin
        self._host = str(urlsplit(given.origin).hostname)
        self._contact = given.contact.text if given.contact else ""
        self._languages: dict[str, Language] = app.extensions["languages"]
        self._texts = Texts(given.name, given.origin, folders)
        self._from = SMTP.header_factory("From", self._sender)
        self._give_way = give_way

    def of(self, db: Database, mail: Mail) -> EmailMessage:
        """The message of a row. Raises Unsendable, also if its link opens nothing any more."""
        language = self._languages.get(mail.language) or self._languages[SOURCE]
        if mail.kind not in LINKS:
            return self._message(mail, language, self._told(language, mail, mail.ends_at))
        live = tokens.live_of_seed(db, mail.seed)
        if live is None:
            raise Unsendable("its link opens nothing any more")
        link = f"{self._origin}/{LINKS[Kind(mail.kind)]}/{live.text}"
        told = self._told(language, mail, live.ends_at) | {"link": link, "code": tokens.in_groups(live.code)}
        return self._message(mail, language, told)

    def test(self, db: Database, recipient: str) -> EmailMessage:
        """A message that shows that mail arrives. Raises Unsendable."""
        now = db.now()
        mail = Mail(0, "test", None, recipient, "", "{}", "", now.replace(" ", "").replace(":", ""), now, now, now, 1,
                    None, None, None, "")  # fmt: skip
        return self._message(mail, self._languages[SOURCE], {"host": self._host})

    def sample(self, kind: Kind, language: Language, **facts: object) -> Text:
        """What such a mail says, with a link that opens nothing."""
        now = "2026-03-14 15:09:26"
        told = {"device": "Firefox on Linux", "address": "203.0.113.7", "why": "Lost a phone", "role": "admin",
                "what": events.Kind.TOTP_ADDED}  # fmt: skip
        mail = Mail(1, kind, None, "", "", json.dumps(told | facts), "", "", now, now, now, 1, None, None, None, "")
        link = f"{self._origin}/{LINKS[kind]}/{'x' * 43}" if kind in LINKS else ""
        return self._texts.of(kind, language, self._told(language, mail, now) | {"link": link, "code": "BCDF-GHJK"})

    def _told(self, language: Language, mail: Mail, ends_at: str) -> dict[str, object]:
        """What the templates name. No user's name: `evil.com` is a valid one, and mail programs make links of it."""
        facts = outbox.facts(mail)
        zone = str(facts.get("zone", "")) or None
        return {
            "host": self._host,
            "when": times.whole(language, zone, mail.created_at),
            "end": times.whole(language, zone, ends_at),
            "device": language.translated(devices.told(_plain(str(facts.get("device", ""))))),
            "address": facts.get("address") or language.say(UNKNOWN_PLACE),
            "why": facts.get("why", ""),
            "what": language.translated(events.in_words(str(facts.get("what", "")))),
            "until": times.whole(language, zone, str(facts.get("until", mail.created_at))),
            "is_known": facts.get("is_known", False),
            "role": language.translated(roles.in_words(str(facts.get("role", "")))),
            "contact": self._contact,
            **{name: f"{self._origin}/{name}" for name in ("login", "reset", "signup")},
        }

    def _message(self, mail: Mail, language: Language, told: dict[str, object]) -> EmailMessage:
        try:
            text = self._texts.of(mail.kind, language, told)
        except (TemplateError, ValueError) as error:
            # In a text of a team's own.
            raise Unsendable(f"its text cannot be written: {error}") from error
        self._give_way()
        try:
            recipient = _address(mail.recipient)
        except ValueError as error:
            raise Unsendable(f"no mail can be written to this address: {error}") from error
        message = EmailMessage(SMTP if recipient.username.isascii() else SMTPUTF8)
        message["From"], message["To"] = self._from, recipient
        message["Subject"] = text.subject
        message["Date"] = moment(mail.created_at)
        message["Message-ID"] = f"<{mail.id}.{mail.message_id}@{self._sender.domain}>"
        message["Auto-Submitted"] = _header("Auto-Submitted", "auto-generated")  # RFC 3834 5
        message["X-Auto-Response-Suppress"] = _header("X-Auto-Response-Suppress", "All")
        message["Content-Language"] = _header("Content-Language", language.code)
        message["MIME-Version"] = _header("MIME-Version", "1.0")
        # The random part was chosen after all that stands in the text, so no line of it is the boundary.
        message["Content-Type"] = f'multipart/alternative; boundary="=_{mail.message_id}"'
        message.set_payload([_part("plain", text.plain, _encoding(text.plain)), _part("html", text.html)])
        return message


@cache
def _header(name: str, value: str) -> BaseHeader:
    """A header that is the same in all mails, parsed once."""
    header: BaseHeader = SMTP.header_factory(name, value)
    return header


def _part(subtype: str, text: str, encoding: str = "quoted-printable") -> EmailMessage:
    """The text as a part of a message; `set_content` would parse each header that it writes, several times."""
    part = EmailMessage(SMTP)
    part["Content-Type"] = _header("Content-Type", f'text/{subtype}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _header("Content-Transfer-Encoding", encoding)
    part.set_payload(text if encoding == "7bit" else quopri.encodestring(text.encode()).decode("ascii"))
    return part


def _address(recipient: str) -> Address:
    """The bare address, its domain in ASCII. Raises ValueError if no mail can be written to it.

    Python's own reader of addresses stumbles over some, and takes none whose name has letters beyond ASCII.
    """
    name, _, domain = recipient.rpartition("@")
    if not (recipient.isprintable() and NAME.fullmatch(name)) or "=?" in name:
        raise ValueError("its name is none, or would be read as another one")
    return Address(username=name, domain=_in_ascii(domain))


def _in_ascii(domain: str) -> str:
    """The domain as it is looked up (RFC 3490). Raises ValueError for none, also if another is meant by its letters.

    `straße.example` would become `strasse.example`, which may be somebody else's.
    """
    written = unicodedata.normalize("NFC", domain).lower()
    host = written.encode("idna") if not written.isascii() else written.encode()
    if not DOMAIN.fullmatch(host.decode()) or written not in {host.decode(), host.decode("idna")}:
        raise ValueError("its domain is none, or would be read as another one")
    return host.decode()


def _plain(device: str) -> str:
    """The device in words; one that mail programs would make a link of is not named."""
    return device if device and not {".", "/"} & set(device) else devices.UNKNOWN


def _encoding(text: str) -> str:
    """How lines are sent: as they are if each is short and ASCII, so that a relay needs no 8BITMIME."""
    is_plain = text.isascii() and max(map(len, text.splitlines())) <= LONGEST_LINE
    return "7bit" if is_plain else "quoted-printable"
