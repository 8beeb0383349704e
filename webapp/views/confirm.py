"""Confirming that it is you, before an act that calls for it; the act goes on afterwards."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import confirmation
from webapp.auth import give_token, login_required, own_session
from webapp.client import client
from webapp.database import database
from webapp.drafts import resume
from webapp.forms import ConfirmForm
from webapp.hypermedia import next_path, render

blueprint = Blueprint("confirm", __name__, url_prefix="/confirm")


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    return _page(ConfirmForm(request.form))


@blueprint.post("")
@login_required
def create() -> ResponseReturnValue:
    form, session = ConfirmForm(request.form), own_session()
    if not form.check():
        return _page(form, 422)
    try:
        token = confirmation.confirm(database(), client(), session, form.values["password"])
    except confirmation.WrongPassword:
        form.object("password", gettext("That is not your password."))
        return _page(form, 422)
    give_token(token, session.remember)
    return resume(request.args.get("draft", "")) or redirect(next_path(), 303)


def _page(form: ConfirmForm, status: int = 200) -> ResponseReturnValue:
    return render("confirm.html", "confirm_form.html", status, form=form)
