"""Fields of a team's own: a user's, and another's for admins; while none is declared there are no such pages."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import people
from webapp.accounts.fields import Refused, values
from webapp.accounts.fields.declared import Fields
from webapp.accounts.people import User
from webapp.auth import admin_required, login_required, own_session, public, says
from webapp.auth.actor import actor
from webapp.auth.csrf import only_asks
from webapp.database import database
from webapp.fields import at_signup, declared, have_pages
from webapp.forms import as_id
from webapp.forms.fields import FieldsForm
from webapp.hypermedia import flash, lists, render
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("fields", __name__)
IS_FOR = have_pages


@blueprint.get("/account/fields")
@login_required
def show() -> ResponseReturnValue:
    user = own_session().user
    return _page(user, FieldsForm(_typed(user), _changeable(user)))


@blueprint.post("/account/fields")
@login_required
def save() -> ResponseReturnValue:
    user = own_session().user
    return _saved(user, FieldsForm(request.form, _changeable(user)), url_for("profile.show"))


@blueprint.get("/admin/users/<user_id>/fields")
@admin_required
def show_one(user_id: str) -> ResponseReturnValue:
    user = _other(user_id)
    return _page(user, FieldsForm(_typed(user), _changeable(user), by_user=False))


def _doing(_: dict[str, str], user_id: str) -> Sentence:
    return say("Change the details of %(name)s.", name=_other(user_id).name)


@blueprint.post("/admin/users/<user_id>/fields")
@admin_required
@says(_doing)
def save_one(user_id: str) -> ResponseReturnValue:
    user = _other(user_id)
    form = FieldsForm(request.form, _changeable(user), by_user=False)
    return _saved(user, form, url_for("admin_user.show", user_id=user.id, **_carried()))


@blueprint.post("/fields/<name>")
@public
@only_asks
def check(name: str) -> ResponseReturnValue:
    """Check one field when it is left, at sign-up or in the profile; returns the inside of its error slot."""
    return _checked(at_signup(), name, by_user=True)


@blueprint.post("/admin/fields/<name>")
@admin_required
@only_asks
def check_one(name: str) -> ResponseReturnValue:
    return _checked(declared(), name, by_user=False)


def _checked(fields: Fields, name: str, by_user: bool) -> ResponseReturnValue:
    form = FieldsForm(request.form, tuple(field for field in fields if field.name == name) or abort(404), by_user)
    form.check(name)
    return render_template("partials/field_error.html", sentence=form.errors.get(name))


def _other(user_id: str) -> User:
    try:
        user = people.by_id(database(), as_id(user_id))
    except people.NoSuchAccount:
        abort(404)
    if user.id == own_session().user.id:
        abort(403, say("Nobody can do this to their own account. Another admin can."))
    return user


def _changeable(user: User) -> Fields:
    return tuple(field for field in declared() if field.may_change(actor(), user.id)) or abort(404)


def _typed(user: User) -> dict[str, str]:
    return values.of_user(database(), user.id) | request.form.to_dict()


def _saved(user: User, form: FieldsForm, address: str) -> ResponseReturnValue:
    if form.check():
        try:
            is_new = values.save(database(), actor(), user, form.filled, form.values.get("reason", ""))
            flash(say("The details are saved.") if is_new else say("Nothing has changed."))
        except Refused as refused:
            form.refuse(refused)
    return redirect(address, 303) if not form.errors else _page(user, form, 422)


def _page(user: User, form: FieldsForm, status: int = 200) -> ResponseReturnValue:
    page = "fields.html" if user.id == own_session().user.id else "admin_fields.html"
    return render(page, "fields_form.html", status, form=form, user=user, carried=_carried())


def _carried() -> dict[str, Any]:
    """What leads back from another's page to the list that an admin came from."""
    return lists.of("admin_users.show").asked()
