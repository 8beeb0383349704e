"""Signing up."""

from contextlib import suppress

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import signup
from webapp.accounts.fields import Refused
from webapp.accounts.hashing import Busy
from webapp.accounts.strength import in_words, objection
from webapp.auth import current_user, public, quick
from webapp.auth.actor import visitor
from webapp.auth.carried import carry
from webapp.auth.csrf import only_asks
from webapp.auth.known_browsers import remember
from webapp.auth.navigation import Link
from webapp.config import settings
from webapp.database import database
from webapp.fields import at_signup
from webapp.forms.signup import SignupForm
from webapp.hypermedia import flash, next_path, render
from webapp.languages.reader import translated
from webapp.languages.sentences import say

blueprint = Blueprint("signup", __name__)
NAVIGATION = (Link("site", "signup.show", say("Sign up"), 20, audience="strangers"),)


@blueprint.get("/signup")
@public
@quick
def show() -> ResponseReturnValue:
    if current_user():
        return redirect(next_path(), 303)
    return _page(SignupForm(request.form, at_signup()))


@blueprint.post("/signup")
@public
def create() -> ResponseReturnValue:
    form, least = SignupForm(request.form, at_signup()), settings().password_min_length
    again, filled = form.is_sent_again, form.filled
    try:
        remember(signup.sign_up(database(), visitor(), **form.account, least=least, is_sent_again=again, filled=filled))
    except Refused as refused:
        form.refuse(refused)
        form.is_registered = refused.errors.get("email") == signup.EMAIL_TAKEN
        if form.is_registered:
            carry(form.values["email"])
        return _page(form, 422)
    carry(form.values["email"])
    flash(say("Account created! Please log in."))
    return redirect(url_for("login.show", next=request.args.get("next")), 303)


@blueprint.post("/signup/<any(username, email, password):field>")
@public
@only_asks
def check(field: str) -> ResponseReturnValue:
    """Check one field when it is left; returns the inside of its error slot.

    While passwords cannot be rated, the slot stays empty: the sent form decides.
    """
    form = SignupForm(request.form)
    with suppress(Busy):
        if _check(form, field) and field == "username":
            form.add_objection(field, signup.name_objection(database(), visitor(), form.values[field]))
    return render_template("partials/field_error.html", sentence=form.errors.get(field))


@blueprint.post("/signup/password/strength")
@public
@only_asks
def strength() -> ResponseReturnValue:
    """Rate the password when its field is left; returns the inside of the slot under the field."""
    password, told = SignupForm(request.form).values["password"], None
    with suppress(Busy):
        told = in_words(database(), visitor(), password, settings().password_min_length)
    return translated(told or "")


def _check(form: SignupForm, *fields: str) -> bool:
    form.check(*fields)
    if "password" in (fields or form.checks):
        context = form.values["username"], form.values["email"]
        least = settings().password_min_length
        form.add_objection("password", objection(database(), visitor(), form.values["password"], least, context))
    return not form.errors


def _page(form: SignupForm, status: int = 200) -> ResponseReturnValue:
    return render("signup.html", "signup_form.html", status, form=form, least=settings().password_min_length)
