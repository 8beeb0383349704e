"""The form that names a session."""

from typing import ClassVar

from webapp.accounts.fields import session_name_objection
from webapp.forms import Form


class SessionNameForm(Form):
    checks: ClassVar = {"name": session_name_objection}
