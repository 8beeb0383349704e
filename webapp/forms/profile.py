"""The forms of a profile, one for each field."""

from typing import ClassVar

from webapp.accounts.fields import email_objection, username_objection
from webapp.forms import Form
from webapp.languages.sentences import say


class UsernameForm(Form):
    checks: ClassVar = {"username": username_objection}


class LanguageForm(Form):
    checks: ClassVar = {"language": lambda value: None if value else say("Choose a language.")}


class EmailForm(Form):
    checks: ClassVar = {"email": email_objection}
