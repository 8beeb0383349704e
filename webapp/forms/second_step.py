"""The forms of the second step: a code from the app, or a recovery code."""

from typing import ClassVar

from webapp.forms import Form
from webapp.languages.sentences import say


class CodeForm(Form):
    checks: ClassVar = {"code": lambda value: None if value.strip() else say("Enter the code from the app.")}


class RecoveryCodeForm(Form):
    checks: ClassVar = {"code": lambda value: None if value.strip() else say("Enter one of your recovery codes.")}
