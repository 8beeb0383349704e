"""The forms of a reset: the address that asks for a link, and the new password."""

from typing import ClassVar

from webapp.accounts.fields import asked_email_objection, new_password_objection
from webapp.forms import Form


class AddressForm(Form):
    """An address to which a mail is asked for."""

    checks: ClassVar = {"email": asked_email_objection}


class NewPasswordForm(Form):
    checks: ClassVar = {"password": new_password_objection}
