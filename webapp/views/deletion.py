"""Deleting the user's own account, and taking that back."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import deletion
from webapp.accounts.fields import Refused
from webapp.auth import login_required, own_session, take_token
from webapp.auth.actor import actor
from webapp.config import settings
from webapp.database import database
from webapp.forms.confirm import ConfirmForm
from webapp.hypermedia import flash, render
from webapp.languages.sentences import say
from webapp.languages.times import spoken

blueprint = Blueprint("deletion", __name__, url_prefix="/account/delete")


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    return _page(ConfirmForm(request.form))


@blueprint.post("")
@login_required
def create() -> ResponseReturnValue:
    form, days = ConfirmForm(request.form), settings().deletion_days
    if not form.check():
        return _page(form, 422)
    try:
        gone_at = deletion.ask(database(), actor(), form.values["password"], days)
    except Refused as refused:
        form.refuse(refused)
        return _page(form, 422)
    take_token()
    told = say("Your account is kept until %(time)s. To keep it for good, log in before then.", time=spoken(gone_at))
    flash(told)
    return redirect(url_for("login.show"), 303)


@blueprint.get("/undo")
@login_required
def show_undo() -> ResponseReturnValue:
    if own_session().user.deletion_at is None:
        return redirect(url_for("data.show"), 303)
    return _page(ConfirmForm(request.form))


@blueprint.post("/undo")
@login_required
def undo() -> ResponseReturnValue:
    if not deletion.take_back(database(), actor()):
        abort(401)
    flash(say("Your account stays."))
    return redirect(url_for("dashboard.show"), 303)


def _page(form: ConfirmForm, status: int = 200) -> ResponseReturnValue:
    is_marked = own_session().user.deletion_at is not None
    partial = "deletion_undo_form.html" if is_marked else "deletion_form.html"
    days = settings().deletion_days
    return render("deletion.html", partial, status, form=form, is_marked=is_marked, days=days)
