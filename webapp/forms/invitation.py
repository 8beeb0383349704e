"""The forms of an invitation: an admin's, and that of the person who is invited."""

from collections.abc import Mapping
from typing import ClassVar

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import email_objection, new_password_objection, username_objection
from webapp.accounts.fields.declared import Fields
from webapp.accounts.fields.values import Filled
from webapp.forms import Form
from webapp.forms.fields import checks
from webapp.languages.sentences import say


class InviteForm(Form):
    """`is_shown`: the link is shown to the admin, not mailed."""

    checks: ClassVar = {"email": email_objection, "role": lambda value: None if value else say("Choose a role.")}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.is_shown = bool(sent.get("shown"))


class InvitationForm(Form):
    """The sign-up form without an address, with a team's own `fields`."""

    checks: ClassVar = {"username": username_objection, "password": new_password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str], fields: Fields = ()) -> None:
        super().__init__(sent, {**self.checks, **checks(fields)})
        self.fields = fields

    @property
    def account(self) -> tuple[str, str]:
        """User name and password."""
        return self.values["username"], self.values["password"]

    @property
    def filled(self) -> Filled:
        return Filled(self.fields, self.values)
