"""The form that saves a view of a list."""

from typing import ClassVar

from webapp.accounts.fields import view_name_objection
from webapp.forms import Form


class SavedViewForm(Form):
    """The view's name; its filters and order are in the address."""

    checks: ClassVar = {"view_name": view_name_objection}
