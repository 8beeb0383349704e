"""What is typed to change a password."""

from typing import ClassVar

from webapp.accounts.fields import known_password_objection
from webapp.forms import Form


def password_objection(_: str) -> str | None:
    """A new password's length and strength are rules of `accounts.passwords`."""
    return None


class PasswordForm(Form):
    checks: ClassVar = {"current_password": known_password_objection, "new_password": password_objection}
