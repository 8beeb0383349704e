"""The forms of a profile, one for each field."""

from typing import ClassVar

from webapp.accounts.fields import email_objection, username_objection
from webapp.forms import Form
from webapp.languages.sentences import say

# For a user who has set no language, or no time zone.
AS_BROWSER = "browser"


class UsernameForm(Form):
    checks: ClassVar = {"username": username_objection}


class LanguageForm(Form):
    checks: ClassVar = {"language": lambda value: None if value else say("Choose a language.")}


class TimeZoneForm(Form):
    checks: ClassVar = {"time_zone": lambda value: None if value else say("Choose a time zone.")}


class EmailForm(Form):
    checks: ClassVar = {"email": email_objection}


class KeysForm(Form):
    checks: ClassVar = {"keys": lambda value: None if value else say("Choose whether keys lead to pages.")}


FORMS: dict[str, type[Form]] = {
    "username": UsernameForm,
    "email": EmailForm,
    "language": LanguageForm,
    "time_zone": TimeZoneForm,
    "keys": KeysForm,
}
