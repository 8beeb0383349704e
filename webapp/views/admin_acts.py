"""An admin's acts on a user, each on a page that says what follows and asks for the reason."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import people, roles, standing
from webapp.accounts.fields import Refused
from webapp.accounts.people import User
from webapp.auth import admin_required, own_session, says
from webapp.auth.actor import actor
from webapp.database import database
from webapp.forms import Form, as_id
from webapp.forms.admin_acts import ActForm, RoleForm
from webapp.hypermedia import flash, render
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_acts", __name__, url_prefix="/admin/users/<user_id>")


class Act(NamedTuple):
    """An act on a user; `title` and `done` have a placeholder for the user's `name`."""

    title: Sentence
    consequence: Sentence
    done: Sentence
    do: Callable[[User, Form], object]
    form: type[Form] = ActForm


ACTS = {
    "role": Act(
        say("Change the role of %(name)s"),
        say("The new role counts from the next page on."),
        say("%(name)s has another role now."),
        lambda user, form: roles.give(database(), actor(), user, form.values["role"], form.values["reason"]),
        RoleForm,
    ),
    "disable": Act(
        say("Disable %(name)s"),
        say("All sessions end at once, and nobody can log in to the account until an admin enables it again."),
        say("%(name)s is disabled."),
        lambda user, form: standing.disable(database(), actor(), user, form.values["reason"]),
    ),
    "enable": Act(
        say("Enable %(name)s"),
        say("Whoever knows the password can log in again."),
        say("%(name)s is enabled again."),
        lambda user, form: standing.enable(database(), actor(), user, form.values["reason"]),
    ),
    "sign-out": Act(
        say("Log %(name)s out everywhere"),
        say("All sessions end at once. The person can log in again."),
        say("%(name)s is logged out everywhere."),
        lambda user, form: standing.sign_out(database(), actor(), user, form.values["reason"]),
    ),
}


@blueprint.get("/<any(role, disable, enable, 'sign-out'):act>")
@admin_required
def show(user_id: str, act: str) -> ResponseReturnValue:
    return _page(_other(user_id), act, ACTS[act].form(request.form))


def _doing(fields: dict[str, str], user_id: str, act: str) -> Sentence:
    user = _other(user_id)
    if act == "role":
        return _promise(user, fields.get("role", ""))
    return say(ACTS[act].title, name=user.name)


def _promise(user: User, role: str) -> Sentence:
    if role == "admin":
        return say("Make %(name)s an admin.", name=user.name)
    return say("Give %(name)s the role: %(role)s.", name=user.name, role=roles.in_words(role))


@blueprint.post("/<any(role, disable, enable, 'sign-out'):act>")
@admin_required
@says(_doing)
def do(user_id: str, act: str) -> ResponseReturnValue:
    user, form = _other(user_id), ACTS[act].form(request.form)
    if form.check():
        try:
            ACTS[act].do(user, form)
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return _page(user, act, form, 422)
    flash(say(ACTS[act].done, name=user.name))
    return redirect(url_for("admin_users.show_one", user_id=user.id), 303)


def _other(user_id: str) -> User:
    number = as_id(user_id)
    try:
        user = people.by_id(database(), -1 if number is None else number)
    except people.NoSuchAccount:
        abort(404)
    if user.id == own_session().user.id:
        abort(403, say("Nobody can do this to their own account. Another admin can."))
    return user


def _page(user: User, act: str, form: Form, status: int = 200) -> ResponseReturnValue:
    it, names = ACTS[act], {name: roles.in_words(name) for name in roles.names(database())}
    title = say(it.title, name=user.name)
    return render(
        "admin_act.html", "act_form.html", status, user=user, act=act, it=it, title=title, form=form, roles=names
    )
