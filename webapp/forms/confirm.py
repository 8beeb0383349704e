"""The forms that ask the user for the password again, or for a code."""

from typing import ClassVar

from webapp.accounts.fields import known_password_objection
from webapp.forms import Form
from webapp.languages.sentences import say


class ConfirmForm(Form):
    checks: ClassVar = {"password": known_password_objection}


class ConfirmCodeForm(Form):
    checks: ClassVar = {"code": lambda value: None if value.strip() else say("Enter a code.")}
