"""The form to change a password."""

from typing import ClassVar

from webapp.accounts.fields import known_password_objection, new_password_objection
from webapp.forms import Form


class PasswordForm(Form):
    checks: ClassVar = {"current_password": known_password_objection, "new_password": new_password_objection}
