"""The forms about passkeys: what the browser gives, and a passkey's name."""

from typing import ClassVar

from webapp.accounts.fields import passkey_name_objection
from webapp.forms import Form


class PasskeyForm(Form):
    """The answer of the browser, as JSON; a rule looks at it."""

    checks: ClassVar = {"credential": lambda _: None}

    def check(self, *_names: str) -> bool:
        """Always True: the rule refuses and counts a bad answer, also one that is not text."""
        return True


class PasskeyNameForm(Form):
    checks: ClassVar = {"name": passkey_name_objection}
