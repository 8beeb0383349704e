"""Typing the password again before an act that calls for it; the act goes on afterwards."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from webapp.accounts import confirm
from webapp.accounts.fields import Refused
from webapp.auth import give_token, login_required, own_session
from webapp.auth.actor import actor
from webapp.auth.drafts import resume, retyped_at, told
from webapp.database import database
from webapp.forms.confirm import ConfirmForm
from webapp.hypermedia import next_path, render

blueprint = Blueprint("confirm", __name__, url_prefix="/confirm")


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    if filled_in := retyped_at(_draft_id()):
        return redirect(filled_in, 303)
    return _page(ConfirmForm(request.form))


@blueprint.post("")
@login_required
def create() -> ResponseReturnValue:
    form, session = ConfirmForm(request.form), own_session()
    if not form.check():
        return _page(form, 422)
    try:
        token = confirm.confirm(database(), actor(), form.values["password"])
    except Refused as refused:
        form.refuse(refused)
        return _page(form, 422)
    give_token(token, session.remember)
    return resume(_draft_id()) or redirect(retyped_at(_draft_id()) or next_path(), 303)


def _draft_id() -> str:
    return request.args.get("draft", "")


def _page(form: ConfirmForm, status: int = 200) -> ResponseReturnValue:
    return render("confirm.html", "confirm_form.html", status, form=form, act=told(_draft_id()))
