"""Logging out: a page with a button, since a mere link would let any other page log people out."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import sessions
from webapp.auth import current_token, current_user, public, quick, take_token
from webapp.auth.actor import visitor
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.hypermedia import flash, render
from webapp.languages.sentences import say

blueprint = Blueprint("logout", __name__)
NAVIGATION = (Link("site", "logout.show", say("Log out"), 90),)


@blueprint.get("/logout")
@public
@quick
def show() -> ResponseReturnValue:
    if not current_user():
        return redirect(url_for("login.show"), 303)
    return render("logout.html", "logout_form.html")


@blueprint.post("/logout")
@public
def create() -> ResponseReturnValue:
    if token := current_token():
        sessions.log_out(database(), visitor(), token)
    take_token()
    flash(say("You are logged out."))
    return redirect(url_for("login.show"), 303)
