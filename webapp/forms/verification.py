"""The form behind the link that proves an address: a button, and what else must be known."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import known_password_objection, username_objection
from webapp.forms import Check, Form


class VerifyForm(Form):
    """`is_own`: in the browser that signed up, no password is asked for; a name that `is_taken` is chosen anew."""

    def __init__(
        self, sent: Mapping[str, str] | MultiDict[str, str], is_own: bool = True, is_taken: bool = False
    ) -> None:
        asked: dict[str, Check] = {}
        if is_taken:
            asked["username"] = username_objection
        if not is_own:
            asked["password"] = known_password_objection
        super().__init__(sent, asked)
