"""The admin's page: who is here."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp.accounts import people
from webapp.auth import admin_required
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import render

blueprint = Blueprint("admin", __name__)


@blueprint.get("/admin")
@admin_required
def show() -> ResponseReturnValue:
    before = as_id(request.args.get("before", ""))
    return render("admin.html", "admin_table.html", listed=people.newest(database(), before), before=before)
