"""Signing up."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import signup, verification
from webapp.accounts.fields import Refused
from webapp.accounts.hashing import Busy
from webapp.accounts.signup import Policy
from webapp.accounts.strength import in_words, objection
from webapp.auth import asked, current_user, public, quick
from webapp.auth.actor import visitor
from webapp.auth.carried import carry
from webapp.auth.csrf import only_asks
from webapp.auth.known_browsers import remember
from webapp.auth.navigation import Link
from webapp.config import is_open, settings
from webapp.database import database
from webapp.fields import at_signup
from webapp.forms.signup import SignupForm
from webapp.hypermedia import flash, next_path, render
from webapp.languages.reader import translated
from webapp.languages.sentences import say

blueprint = Blueprint("signup", __name__)
NAVIGATION = (Link("site", "signup.show", say("Sign up"), 20, audience="strangers", is_for=is_open),)
CLOSED = {
    "invited": say("You need an invitation to sign up here. An admin can send you one."),
    "closed": say("Nobody can sign up here. An admin can make an account for you."),
}


@blueprint.get("/signup")
@public
@quick
def show() -> ResponseReturnValue:
    if current_user():
        return redirect(next_path(), 303)
    if request.method == "POST":
        # With a form token that is too old, or with none.
        _check_is_open()
    return _page(SignupForm(request.form, at_signup()))


@blueprint.post("/signup")
@public
def create() -> ResponseReturnValue:
    _check_is_open()
    form = SignupForm(request.form, at_signup())
    try:
        return _asked(form) if database().mails else _signed_up(form)
    except Refused as refused:
        form.refuse(refused)
        form.is_registered = refused.errors.get("email") == signup.EMAIL_TAKEN
        if form.is_registered:
            carry(form.values["email"])
        return _page(form, 422)


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


def _check_is_open() -> None:
    """Abort with 403 if sign-up is not open to everybody."""
    if sentence := CLOSED.get(settings().signup):
        abort(403, sentence)


def _asked(form: SignupForm) -> ResponseReturnValue:
    """Mail a link that makes the account."""
    hashed = verification.ask(database(), visitor(), *form.account, **_given(form))
    asked.note("signup", form.values["email"], hashed)
    return redirect(url_for("verification.sent"), 303)


def _signed_up(form: SignupForm) -> ResponseReturnValue:
    again = form.is_sent_again
    remember(signup.sign_up(database(), visitor(), *form.account, is_sent_again=again, **_given(form)))
    carry(form.values["email"])
    flash(say("Account created! Please log in."))
    return redirect(url_for("login.show", next=request.args.get("next")), 303)


def _given(form: SignupForm) -> dict[str, Any]:
    given = settings()
    policy = Policy(given.signup, given.signup_domains)
    return {"least": given.password_min_length, "filled": form.filled, "policy": policy}


def _check(form: SignupForm, *fields: str) -> bool:
    form.check(*fields)
    if "password" in (fields or form.checks):
        context = form.values["username"], form.values["email"]
        least = settings().password_min_length
        form.add_objection("password", objection(database(), visitor(), form.values["password"], least, context))
    return not form.errors


def _page(form: SignupForm, status: int = 200) -> ResponseReturnValue:
    least, closed = settings().password_min_length, CLOSED.get(settings().signup)
    return render("signup.html", "signup_form.html", status, form=form, least=least, closed=closed)
