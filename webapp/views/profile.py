"""The profile: user name and email address, each saved alone."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import profile, signup
from webapp.auth import confirmed, login_required, own_session
from webapp.client import client
from webapp.csrf import changes_nothing
from webapp.database import database
from webapp.forms import EmailForm, Form, UsernameForm
from webapp.hypermedia import render

blueprint = Blueprint("profile", __name__, url_prefix="/account")

FORMS: dict[str, type[Form]] = {"username": UsernameForm, "email": EmailForm}
SAVED = {
    "username": "Your user name is {} now.",
    "email": "Your email address is {} now. Log in with it from the next time on.",
}


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    return _page("username")


@blueprint.get("/<any(username, email):field>")
@login_required
def show_field(field: str) -> ResponseReturnValue:
    """The same page; over htmx the form of this field."""
    return _page(field)


@blueprint.post("/username")
@login_required
def rename() -> ResponseReturnValue:
    return _save("username", profile.rename)


@blueprint.post("/email")
@login_required
@confirmed
def change_email() -> ResponseReturnValue:
    return _save("email", profile.change_email)


@blueprint.post("/<any(username, email):field>/check")
@login_required
@changes_nothing
def check(field: str) -> ResponseReturnValue:
    """What is wrong with one field, for somebody who has just left it: the inside of its error slot."""
    form = FORMS[field](request.form)
    if form.check() and field == "username":
        form.object(field, signup.name_objection(database(), form.values[field], unless=own_session().user.id))
    return render_template("partials/field_error.html", sentence=form.errors.get(field))


def _save(field: str, save: Callable[..., None]) -> ResponseReturnValue:
    form = FORMS[field](request.form)
    if form.check():
        try:
            save(database(), client(), own_session(), form.values[field])
        except signup.Refused as refused:
            form.errors.update(refused.errors)
    if form.errors:
        return _page(field, form)
    flash(SAVED[field].format(form.values[field]), "success")
    return redirect(url_for("profile.show"), 303)


def _page(field: str, refused: Form | None = None) -> ResponseReturnValue:
    user = own_session().user
    typed = {"username": user.username, "email": user.email} | request.form.to_dict()
    forms = {name: form(typed) for name, form in FORMS.items()}
    if refused:
        forms[field] = refused
    return render("profile.html", f"{field}_form.html", 422 if refused else 200, form=forms[field], forms=forms)
