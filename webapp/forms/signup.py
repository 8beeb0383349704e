"""The sign-up form."""

from collections.abc import Mapping
from typing import ClassVar

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import email_objection, new_password_objection, username_objection
from webapp.forms import Form


class SignupForm(Form):
    """The sign-up form; `is_sent_again` if an earlier answer left open whether the account was made.

    `is_registered` if the address was refused because an account has it.
    """

    checks: ClassVar = {"username": username_objection, "email": email_objection, "password": new_password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.is_sent_again = bool(sent.get("again"))
        self.is_registered = False
