"""What an admin types to do something to somebody."""

from typing import ClassVar

from webapp.accounts.fields import reason_objection
from webapp.forms import Form
from webapp.languages.sentences import say


class ActForm(Form):
    """What an admin does to somebody, and why."""

    checks: ClassVar = {"reason": reason_objection}


class RoleForm(Form):
    checks: ClassVar = {"role": lambda value: None if value else say("Choose a role."), "reason": reason_objection}
