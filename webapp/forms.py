"""Forms: values and errors by field. Shape only: no form looks anybody up."""

import re
from collections.abc import Callable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from functools import cached_property
from typing import ClassVar
from urllib.parse import parse_qsl

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest

from webapp.sentences import say

# The HTML standard's pattern for <input type="email">.
EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
# RFC 5321 4.5.3.1.3 leaves 254 for an address.
LONGEST_EMAIL = 254
# ASCII only: Cyrillic and full-width letters pass for others, zero-width ones for none.
USERNAME = re.compile(r"[A-Za-z0-9._-]{2,32}")
MOST_FIELDS = 100
# A sentence or two.
LONGEST_REASON = 200

Check = Callable[[str], str | None]


class Request(flask.Request):
    """A request whose form keeps bytes that are no UTF-8 as lone surrogates, for `is_text` to find.

    Werkzeug would turn `%ff` into the three characters `%FF`, and three bad bytes into a nine-letter password; in a
    multipart body it would replace them. No form of ours is multipart, so such a body is an empty form.
    """

    @cached_property
    def form(self) -> ImmutableMultiDict[str, str]:
        if self.mimetype != "application/x-www-form-urlencoded":
            return ImmutableMultiDict()
        body = self.get_data().decode("utf-8", "surrogateescape")
        try:
            fields = parse_qsl(body, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_FIELDS)
        except ValueError as error:
            raise BadRequest(say("The form had more fields than any form here.")) from error
        return ImmutableMultiDict(fields)


def is_secret(name: str) -> bool:
    """Whether what is typed into this field is shown to nobody and kept nowhere."""
    return name.endswith("password") or name == "csrf_token"


def as_id(text: str) -> int | None:
    """An id as it may stand in an address, or None: somebody who edits the address gets the first page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def is_text(value: str) -> bool:
    """Whether this was UTF-8 when it was sent."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def username_objection(value: str) -> str | None:
    if not value:
        return say("Enter a user name.")
    if not USERNAME.fullmatch(value):
        return say("User name must be 2 to 32 letters (a to z), digits, dots, hyphens or underscores.")
    return None


def email_objection(value: str) -> str | None:
    if not value:
        return say("Enter your email address.")
    if len(value) > LONGEST_EMAIL:
        return say("Email address must be at most %(number)s characters.", number=LONGEST_EMAIL)
    if not EMAIL.fullmatch(value):
        return say("Enter an email address, like name@example.com.")
    return None if _is_mailable(value) else say("No mail can be written to this address. Look for a typing mistake.")


def known_email_objection(value: str) -> str | None:
    """Looser than for a new address: the tutorial took any text for one, and its people log in with it."""
    if not value:
        return say("Enter your email address.")
    return say("Enter an email address, like name@example.com.") if "\0" in value else None


def password_objection(_: str) -> str | None:
    """A new password's length and strength are rules of `accounts.passwords`."""
    return None


def known_password_objection(value: str) -> str | None:
    return None if value else say("Enter your password.")


def _is_mailable(email: str) -> bool:
    """Whether Python can write mail to this address.

    The HTML standard lets dots stand anywhere (RFC 5322 3.2.3 does not), and takes `=?utf-8?q?bob?=@example.com`, which
    a mailer reads as Bob's address (RFC 2047).
    """
    try:
        Address(addr_spec=email)
    except (MessageError, ValueError):
        return False
    return True


def _tidied(name: str, value: str) -> str:
    """A password as it is, the rest without the spaces around it; only ASCII has one lower case for all."""
    if is_secret(name):
        return value
    value = value.strip(" \t")
    return value.lower() if name == "email" and value.isascii() else value


class Form:
    """What was sent for each field in `checks`, and a sentence for each that will not do.

    Unknown fields are not looked at; of a repeated field the first counts.
    """

    checks: ClassVar[Mapping[str, Check]] = {}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        self.sent = {name: sent.get(name, "") for name in self.checks}
        self.values = {name: _tidied(name, value) for name, value in self.sent.items()}
        self.errors: dict[str, str] = {}

    def check(self, *names: str) -> bool:
        """Look at the named fields, or at all; say whether their shape is right."""
        for name in names or self.checks:
            value = self.values[name]
            not_text = say("This holds bytes that are not text.")
            self.object(name, self.checks[name](value) if is_text(value) else not_text)
        return not self.errors

    def object(self, name: str, sentence: str | None) -> None:
        """Refuse a field; the first objection stands."""
        if sentence:
            self.errors.setdefault(name, sentence)

    def shown(self, name: str) -> str:
        """What goes back into the field: as typed, but never a password, and nothing that HTML cannot hold."""
        if is_secret(name):
            return ""
        return re.sub(
            r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", "\ufffd", self.sent[name]
        )


class SignupForm(Form):
    """`is_sent_again` after an answer that left open whether the account was made."""

    checks: ClassVar = {"username": username_objection, "email": email_objection, "password": password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.is_sent_again = bool(sent.get("again"))


class UsernameForm(Form):
    checks: ClassVar = {"username": username_objection}


class LanguageForm(Form):
    checks: ClassVar = {"language": lambda value: None if value else say("Choose a language.")}


class EmailForm(Form):
    checks: ClassVar = {"email": email_objection}


class PasswordForm(Form):
    checks: ClassVar = {"current_password": known_password_objection, "new_password": password_objection}


class ConfirmForm(Form):
    checks: ClassVar = {"password": known_password_objection}


def reason_objection(value: str) -> str | None:
    if not value:
        return say("Enter a reason. The person reads it in their activity.")
    if len(value) > LONGEST_REASON:
        return say("A reason must be at most %(number)s characters.", number=LONGEST_REASON)
    return None if value.isprintable() else say("A reason must be one line of text.")


class ActForm(Form):
    """What an admin does to somebody, and why."""

    checks: ClassVar = {"reason": reason_objection}


class RoleForm(Form):
    checks: ClassVar = {"role": lambda value: None if value else say("Choose a role."), "reason": reason_objection}


class LoginForm(Form):
    checks: ClassVar = {"email": known_email_objection, "password": known_password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        # As the tutorial stored it, which lowered every alphabet and took any space off.
        self.values["email"] = self.sent["email"].strip().lower()
        self.remember = bool(sent.get("remember"))
