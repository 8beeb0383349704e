"""The dashboard, and its panel alone for htmx."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.accounts import dashboard
from webapp.auth import login_required, own_session, quick_if
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.hypermedia import cards, render
from webapp.languages.sentences import say

blueprint = Blueprint("dashboard", __name__)
NAVIGATION = (Link("site", "dashboard.show", say("Dashboard"), 10, covers=True, key="d"),)


@blueprint.get("/dashboard")
@login_required
@quick_if(cards.are_quick)
def show() -> ResponseReturnValue:
    return _dashboard()


@blueprint.get("/dashboard/panel")
@login_required
@quick_if(cards.are_quick)
def panel() -> ResponseReturnValue:
    return _dashboard()


def _dashboard() -> ResponseReturnValue:
    return render("dashboard.html", "dashboard_panel.html", dashboard=dashboard.of(database(), own_session()))
