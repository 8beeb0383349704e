"""What too many tries have blocked, and lifting a block."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import blocks, roles
from webapp.auth import admin_required
from webapp.client import acting_admin
from webapp.database import database
from webapp.hypermedia import render

blueprint = Blueprint("admin_blocks", __name__, url_prefix="/admin/blocks")


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    return render("admin_blocks.html", "admin_blocks.html", blocks=blocks.now(database()))


@blueprint.post("")
@admin_required
def lift() -> ResponseReturnValue:
    try:
        blocks.lift(database(), acting_admin(), request.form.get("key", ""))
    except blocks.NoSuchBlock:
        flash(gettext("That block was over already."), "success")
    except roles.NotAllowed:
        abort(403)
    else:
        flash(gettext("The block is lifted."), "success")
    return redirect(url_for("admin_blocks.show"), 303)
