"""The blocks after too many tries, and lifting a block."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import blocks
from webapp.auth import admin_required, says
from webapp.auth.actor import actor
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.hypermedia import flash, render
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_blocks", __name__, url_prefix="/admin/blocks")
NAVIGATION = (Link("admin", "admin_blocks.show", say("Blocks"), 40, "block", covers=True, audience="admins"),)


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    return render("admin_blocks.html", "admin_blocks.html", blocks=blocks.now(database()))


def _lifting(fields: dict[str, str]) -> Sentence:
    block = blocks.find(database(), fields.get("key", ""))
    if block is None:
        return say("Lift a block that is over.")
    whom = block.username or block.label or say("an address that nobody has")
    return say("Lift the block of %(whom)s: %(about)s", whom=whom, about=block.about)


@blueprint.post("")
@admin_required
@says(_lifting)
def lift() -> ResponseReturnValue:
    try:
        blocks.lift(database(), actor(), request.form.get("key", ""))
    except blocks.NoSuchBlock:
        flash(say("That block was over already."))
    else:
        flash(say("The block is lifted."))
    return redirect(url_for("admin_blocks.show"), 303)
