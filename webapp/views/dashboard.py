"""The dashboard, and its panel alone for htmx."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import dashboard
from webapp.accounts.first_steps import put_away
from webapp.auth import first_steps, login_required, own_session, quick_if
from webapp.auth.actor import actor
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.hypermedia import cards, flash, render
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


@blueprint.get("/dashboard/steps")
@login_required
def show_steps() -> ResponseReturnValue:
    """Show the dashboard: a refused form comes back to this address."""
    return _dashboard("first_steps.html") if first_steps.of(own_session()) else redirect(url_for(".show"), 303)


@blueprint.post("/dashboard/steps")
@login_required
def put_steps_away() -> ResponseReturnValue:
    put_away(database(), actor())
    flash(say("The first steps are hidden."))
    return redirect(url_for(".show"), 303)


def _dashboard(partial: str = "dashboard_panel.html") -> ResponseReturnValue:
    own = own_session()
    return render("dashboard.html", partial, dashboard=dashboard.of(database(), own), steps=first_steps.of(own))
