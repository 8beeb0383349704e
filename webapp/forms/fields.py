"""The form for a person's own fields, and their part of the sign-up form."""

from collections.abc import Mapping
from functools import partial

from werkzeug.datastructures import MultiDict

from webapp.accounts.fields import reason_objection
from webapp.accounts.fields.declared import Fields
from webapp.accounts.fields.values import Filled
from webapp.forms import Check, Form


class FieldsForm(Form):
    """These fields, filled in by the user; else by an admin, who gives a reason."""

    def __init__(self, sent: Mapping[str, str] | MultiDict[str, str], fields: Fields, by_user: bool = True) -> None:
        super().__init__(sent, checks(fields, by_user) | ({} if by_user else {"reason": reason_objection}))
        self.fields = fields
        # A page that was opened before a field was declared says nothing about it.
        self.filled = Filled(tuple(field for field in fields if field.name in sent), self.values)


def checks(fields: Fields, by_user: bool = True) -> dict[str, Check]:
    return {field.name: partial(field.objection, by_user=by_user) for field in fields}
