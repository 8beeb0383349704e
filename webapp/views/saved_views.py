"""The views of lists that an admin has saved."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from webapp.accounts import saved_views
from webapp.accounts.fields import Refused
from webapp.auth import admin_required, unconfirmed
from webapp.auth.actor import actor
from webapp.database import database
from webapp.forms.saved_views import SavedViewForm
from webapp.hypermedia import flash, lists
from webapp.languages.sentences import say

blueprint = Blueprint("saved_views", __name__, url_prefix="/admin")


@blueprint.post("/<any(users, events):listed>")
@admin_required
@unconfirmed
def save(listed: str) -> ResponseReturnValue:
    form = SavedViewForm(request.form)
    if form.check():
        try:
            saved_views.save(database(), actor(), listed, form.values["view_name"], _list(listed).view())
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return _page(listed, form)
    flash(say("The view is saved: %(name)s", name=form.values["view_name"]))
    return redirect(_list(listed).here(), 303)


@blueprint.post("/<any(users, events):listed>/views/remove")
@admin_required
@unconfirmed
def remove(listed: str) -> ResponseReturnValue:
    saved_views.remove(database(), actor(), request.form.get("view", ""))
    flash(say("The view is removed."))
    return redirect(_list(listed).here(), 303)


def _page(listed: str, form: SavedViewForm) -> ResponseReturnValue:
    page = _list(listed).page
    return page(form, 422) if page else abort(404)


def _list(listed: str) -> lists.List:
    return lists.of(f"admin_{listed}.show")
