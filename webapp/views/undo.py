"""“This was not me”: the page behind the link in a notice, which works logged out."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import events, undo
from webapp.auth import mailed, public
from webapp.auth.actor import visitor
from webapp.config import sends_mail
from webapp.database import database
from webapp.hypermedia import flash, render
from webapp.languages.sentences import say

blueprint = Blueprint("undo", __name__, url_prefix="/undo")
IS_FOR = sends_mail


@blueprint.get("/done")
@public
@mailed
def done() -> ResponseReturnValue:
    return render("check_mail.html", "check_mail.html", what="undo", email="")


@blueprint.get("/<token>")
@public
@mailed
def show(token: str) -> ResponseReturnValue:
    notice = undo.notice(database(), token)
    return render("undo.html", "undo_form.html", token=token, notice=notice, told=events.in_words(notice.kind))


@blueprint.post("/<token>")
@public
@mailed
def create(token: str) -> ResponseReturnValue:
    if not undo.undo(database(), visitor(), token):
        flash(say("The address cannot be given back: another account has it by now. Ask an admin for help."), "error")
    return redirect(url_for("undo.done"), 303)
