"""The forms about passkeys: what the browser gives, and a passkey's name."""

from typing import ClassVar

from webapp.accounts.fields import passkey_name_objection
from webapp.forms import Form


class PasskeyForm(Form):
    """The answer of the browser, as JSON; a rule looks at it."""

    checks: ClassVar = {"credential": lambda _: None}

    def check(self, *_names: str) -> bool:
        """True: what is no text is no answer either, and counted as one that was refused."""
        return True


class PasskeyNameForm(Form):
    checks: ClassVar = {"name": passkey_name_objection}
