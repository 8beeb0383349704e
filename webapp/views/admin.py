"""The admin's page: who is here."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp.accounts import people
from webapp.auth import admin_required
from webapp.database import database
from webapp.hypermedia import render

blueprint = Blueprint("admin", __name__)


@blueprint.get("/admin")
@admin_required
def show() -> ResponseReturnValue:
    before = _id(request.args.get("before", ""))
    return render("admin.html", "admin_table.html", listed=people.newest(database(), before), before=before)


def _id(text: str) -> int | None:
    """An id as it may stand in an address, or None: somebody who edits the address gets the first page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
