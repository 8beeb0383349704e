"""The sign-up form."""

from collections.abc import Mapping
from typing import ClassVar

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import email_objection, new_password_objection, username_objection
from webapp.accounts.fields.declared import Fields
from webapp.accounts.fields.values import Filled
from webapp.forms import Form
from webapp.forms.fields import checks


class SignupForm(Form):
    """The sign-up form with a team's own `fields`; `is_sent_again` if the account may have been made before.

    `is_registered` if the address was refused because an account has it.
    """

    checks: ClassVar = {"username": username_objection, "email": email_objection, "password": new_password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str], fields: Fields = ()) -> None:
        super().__init__(sent, {**self.checks, **checks(fields)})
        self.is_sent_again = bool(sent.get("again"))
        self.is_registered = False
        self.fields = fields

    @property
    def account(self) -> tuple[str, str, str]:
        """User name, address and password."""
        return self.values["username"], self.values["email"], self.values["password"]

    @property
    def filled(self) -> Filled:
        return Filled(self.fields, self.values)
