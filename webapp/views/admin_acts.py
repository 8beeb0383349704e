"""An admin's acts on one user or several, each on a page that names them, says what follows and asks for the reason."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from webapp.accounts import admin_acts, people, roles
from webapp.accounts.admin_acts import ACTS, MOST
from webapp.accounts.fields import Refused
from webapp.accounts.people import User
from webapp.auth import admin_required, own_session, says
from webapp.auth.actor import actor
from webapp.config import settings
from webapp.database import database
from webapp.forms import Form, as_id
from webapp.forms.admin_acts import ActForm, RoleForm
from webapp.hypermedia import flash, lists, render
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_acts", __name__, url_prefix="/admin/users")

WHICH = "<any(role, disable, enable, 'sign-out', reset, 'factors-reset'):act>"


@blueprint.get("/act")
@admin_required
def choose() -> ResponseReturnValue:
    """Lead from the people who are ticked in the list to the page of the act."""
    ticked, act = list(dict.fromkeys(request.args.getlist("user_id"))), request.args.get("act", "")
    if not admin_acts.is_there(database(), act):
        abort(404)
    if not 0 < len(ticked) <= MOST:
        flash(say("Tick 1 to %(number)s people first.", number=MOST), "error")
        return redirect(_list().here(), 303)
    return redirect(url_for("admin_acts.show", user_id=",".join(ticked), act=act, **_list().asked()), 303)


@blueprint.get(f"/<user_id>/{WHICH}")
@admin_required
def show(user_id: str, act: str) -> ResponseReturnValue:
    return _page(_others(user_id), act, _form(act))


def _doing(fields: dict[str, str], user_id: str, act: str) -> Sentence:
    return admin_acts.promise(act, _others(user_id), fields.get("role", ""))


@blueprint.post(f"/<user_id>/{WHICH}")
@admin_required
@says(_doing)
def do(user_id: str, act: str) -> ResponseReturnValue:
    users, form, is_new = _others(user_id), _form(act), False
    if form.check():
        try:
            given = form.values | {"hours": str(settings().factors_reset_hours)}
            is_new = admin_acts.do(database(), actor(), act, users, given)
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return _page(users, act, form, 422)
    told = admin_acts.done(act, users) if is_new else say("Nothing has changed.")
    flash(told, "success" if is_new else "message")
    return redirect(_way_back(users), 303)


def _list() -> lists.List:
    return lists.of("admin_users.show")


def _form(act: str) -> Form:
    """The act's form. Aborts with 404 if there is no such act on this site."""
    if not admin_acts.is_there(database(), act):
        abort(404)
    return RoleForm(request.form) if act == "role" else ActForm(request.form)


def _others(user_id: str) -> list[User]:
    """The users with this id, or these, such as `3,5`, without those who are gone. Aborts with 404 if none is left."""
    ids = [as_id(text) for text in user_id.split(",")]
    if len(ids) > MOST or None in ids:
        abort(404)
    if own_session().user.id in ids:
        abort(403, say("Nobody can do this to their own account. Another admin can."))
    return people.by_ids(database(), [number for number in ids if number is not None]) or abort(404)


def _way_back(users: list[User]) -> str:
    """The page of the one user, or the list in which several were ticked."""
    if len(users) > 1:
        return _list().here()
    return url_for("admin_user.show", user_id=users[0].id, **_list().asked())


def _page(users: list[User], act: str, form: Form, status: int = 200) -> Response:
    return render(
        "admin_act.html",
        "act_form.html",
        status,
        users=users,
        user_id=",".join(str(user.id) for user in users),
        act=act,
        consequence=ACTS[act].consequence,
        title=admin_acts.title(act, users),
        form=form,
        roles={name: roles.in_words(name) for name in roles.names(database())},
        role=form.values.get("role") or users[0].role,
        asked=_list().asked(),
        cancel=_way_back(users),
    )
