"""Forms: values and errors by field; a form checks shape alone and looks up no user."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import ClassVar
from urllib.parse import parse_qsl

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest

from webapp.accounts.fields import NO_TEXT, Refused, is_text, tidied, tidied_email
from webapp.languages.sentences import say

MOST_FIELDS = 100
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

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
    """Whether the value of this field must never be shown again or stored."""
    return name.endswith("password") or name in {"csrf_token", "code"}


def as_id(text: str) -> int | None:
    """The id in an address as a number, or None: a user who edits the address gets the first page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def as_day(text: str) -> date | None:
    """The day in an address, `YYYY-MM-DD`, or None."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) and text < "9999" else None
    except ValueError:
        return None


def _tidied(name: str, value: str) -> str:
    """The value without the spaces around it; a secret as it is."""
    if is_secret(name):
        return value
    return tidied_email(value) if name == "email" else tidied(value)


class Form:
    """The value sent for each field in `checks`, and a sentence for each wrong one.

    Unknown fields are ignored; the first value of a repeated field counts. `checks` may be given, if fields depend on
    what a team declares.
    """

    checks: ClassVar[Mapping[str, Check]] = {}

    def __init__(
        self, sent: Mapping[str, str] | MultiDict[str, str], checks: Mapping[str, Check] | None = None
    ) -> None:
        if checks is not None:
            self.checks = checks  # type: ignore[misc]
        self.sent = {name: sent.get(name, "") for name in self.checks}
        self.values = {name: _tidied(name, value) for name, value in self.sent.items()}
        self.errors: dict[str, str] = {}

    def check(self, *names: str) -> bool:
        """Check the shape of the named fields, or of all; return whether the form has no errors."""
        for name in names or self.checks:
            value = self.values[name]
            self.add_objection(name, self.checks[name](value) if is_text(value) else NO_TEXT)
        return not self.errors

    def add_objection(self, name: str, sentence: str | None) -> None:
        """Refuse a field with this sentence, if there is one; the first objection stands."""
        if sentence:
            self.errors.setdefault(name, sentence)

    def refuse(self, refused: Refused) -> None:
        """Refuse each field that a rule has refused, with the rule's sentence."""
        for name, sentence in refused.errors.items():
            self.add_objection(name, sentence)

    def shown(self, name: str) -> str:
        """Text to put back into the field: as typed, but empty for a password and without what HTML cannot hold."""
        if is_secret(name):
            return ""
        return re.sub(
            r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", "\ufffd", self.sent[name]
        )
