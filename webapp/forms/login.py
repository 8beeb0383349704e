"""The log-in form."""

from collections.abc import Mapping
from typing import ClassVar

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import as_stored, known_email_objection, known_password_objection
from webapp.forms import Form


class LoginForm(Form):
    checks: ClassVar = {"email": known_email_objection, "password": known_password_objection}

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.values["email"] = as_stored(self.sent["email"])
        self.remember = bool(sent.get("remember"))
