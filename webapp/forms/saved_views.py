"""The form that saves a view of a list."""

from typing import ClassVar

from webapp.accounts.fields import view_name_objection
from webapp.forms import Form


class SavedViewForm(Form):
    """The view's name; `query` holds the filters and the order of the list that was seen."""

    checks: ClassVar = {"view_name": view_name_objection, "query": lambda _: None}
