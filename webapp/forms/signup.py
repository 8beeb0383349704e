"""The sign-up form."""

from collections.abc import Mapping
from typing import ClassVar

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import email_objection, username_objection
from webapp.forms import Form


def password_objection(_: str) -> str | None:
    """No objection: a new password's length and strength are checked by `accounts.strength`."""
    return None


class SignupForm(Form):
    """The sign-up form; `is_sent_again` if an earlier answer left open whether the account was made."""

    checks: ClassVar = {"username": username_objection, "email": email_objection, "password": password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.is_sent_again = bool(sent.get("again"))
