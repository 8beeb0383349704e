"""The dashboard, and its panel alone for htmx."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.accounts import sessions
from webapp.auth import current_session, login_required
from webapp.database import database
from webapp.hypermedia import render

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/dashboard")
@login_required
def show() -> ResponseReturnValue:
    return _dashboard()


@blueprint.get("/dashboard/panel")
@login_required
def panel() -> ResponseReturnValue:
    return _dashboard()


def _dashboard() -> ResponseReturnValue:
    session = current_session()
    assert session is not None
    return render("dashboard.html", "dashboard_panel.html", overview=sessions.overview(database(), session))
