"""The welcome page."""

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.auth import comes_back, current_user, public, quick

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
@comes_back
@quick
def show() -> ResponseReturnValue:
    if current_user():
        return redirect(url_for("dashboard.show"), 303)
    return Response(render_template("home.html"), headers={"Vary": "Accept-Language"})
