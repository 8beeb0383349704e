"""The forms for an admin's acts on a user."""

from typing import ClassVar

from webapp.accounts.fields import reason_objection
from webapp.forms import Form
from webapp.languages.sentences import say


class ActForm(Form):
    """The reason for an act."""

    checks: ClassVar = {"reason": reason_objection}


class RoleForm(Form):
    checks: ClassVar = {"role": lambda value: None if value else say("Choose a role."), "reason": reason_objection}
