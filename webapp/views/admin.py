"""The admin's dashboard: numbers, charts, the blocks, the latest events and the newest people."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp.accounts import admin, blocks, people
from webapp.auth import admin_required, unseen
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import render, render_aside
from webapp.languages.sentences import say

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
NAVIGATION = (
    Link("site", "admin.show", say("Admin"), 30, covers=True, audience="admins"),
    Link("admin", "admin.show", say("Overview"), 10, "chart", covers=True, audience="admins"),
)


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    asked, db = as_id(request.args.get("days", "")), database()
    span = asked if asked in admin.SPANS else admin.SPANS[0]
    numbers, days = admin.numbers(db, span)
    return render(
        "admin.html",
        "admin_overview.html",
        spans=admin.SPANS,
        span=span,
        cards=numbers,
        days=days,
        blocks=blocks.now(db),
        newest=admin.newest(db),
        listed=people.page(db, people.Query(), numbers.people),
        query=people.Query(),
    )


@blueprint.get("/cards")
@admin_required
@unseen
def cards() -> ResponseReturnValue:
    """Show the cards alone, for which a page asks every half minute; without JavaScript as a page of their own."""
    return render_aside("admin_cards.html", "admin_cards.html", cards=admin.cards(database()))
