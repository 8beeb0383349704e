"""The forms of a log-in by mail: the address that asks, and the code."""

from collections.abc import Mapping
from typing import ClassVar

from werkzeug.datastructures import MultiDict

from webapp.forms import Form
from webapp.forms.reset import AddressForm
from webapp.languages.sentences import say


class LoginLinkForm(AddressForm):
    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.remember = bool(sent.get("remember"))


class CodeForm(Form):
    checks: ClassVar = {"code": lambda value: None if value else say("Enter the code from the mail.")}
