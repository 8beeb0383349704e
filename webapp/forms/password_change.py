"""The form to change a password."""

from typing import ClassVar

from webapp.accounts.fields import known_password_objection
from webapp.forms import Form


def password_objection(_: str) -> str | None:
    """No objection: a new password's length and strength are checked by `accounts.strength`."""
    return None


class PasswordForm(Form):
    checks: ClassVar = {"current_password": known_password_objection, "new_password": password_objection}
