"""The form that asks the user for the password again."""

from typing import ClassVar

from webapp.accounts.fields import known_password_objection
from webapp.forms import Form


class ConfirmForm(Form):
    checks: ClassVar = {"password": known_password_objection}
