"""Resetting a forgotten password, by a link that is mailed."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import reset
from webapp.accounts.fields import Refused
from webapp.accounts.people import User
from webapp.auth import asked, current_user, mailed, public, quick
from webapp.auth.actor import visitor
from webapp.auth.carried import carry
from webapp.auth.known_browsers import remember
from webapp.auth.navigation import Link
from webapp.config import sends_mail, settings
from webapp.database import database
from webapp.forms.reset import AddressForm, NewPasswordForm
from webapp.hypermedia import flash, render
from webapp.languages.sentences import say

blueprint = Blueprint("reset", __name__, url_prefix="/reset")
IS_FOR = sends_mail
NAVIGATION = (Link("forgotten", "reset.show", say("Reset the password"), 10, audience="strangers"),)


@blueprint.get("")
@public
@quick
def show() -> ResponseReturnValue:
    user = current_user()
    return _page(AddressForm(request.form or {"email": user.email if user else ""}))


@blueprint.post("")
@public
def ask() -> ResponseReturnValue:
    form = AddressForm(request.form)
    if not form.check():
        return _page(form, 422)
    reset.ask(database(), visitor(), form.values["email"], is_open=settings().signup == "open")
    asked.note("reset", form.values["email"])
    return redirect(url_for("reset.sent"), 303)


@blueprint.get("/sent")
@public
@mailed
@quick
def sent() -> ResponseReturnValue:
    return render("check_mail.html", "check_mail.html", what="reset", email=asked.email("reset"))


@blueprint.get("/<token>")
@public
@mailed
def show_choice(token: str) -> ResponseReturnValue:
    return _choice(token, reset.owner(database(), token), NewPasswordForm(request.form))


@blueprint.post("/<token>")
@public
@mailed
def choose(token: str) -> ResponseReturnValue:
    form, user = NewPasswordForm(request.form), reset.owner(database(), token)
    try:
        reset.choose(database(), visitor(), token, form.values["password"], settings().password_min_length)
    except Refused as refused:
        form.refuse(refused)
        return _choice(token, user, form, 422)
    remember(user.id)
    carry(user.email)
    flash(say("Your password is changed. Please log in."))
    return redirect(url_for("login.show"), 303)


def _page(form: AddressForm, status: int = 200) -> ResponseReturnValue:
    return render("reset.html", "reset_form.html", status, form=form)


def _choice(token: str, user: User, form: NewPasswordForm, status: int = 200) -> ResponseReturnValue:
    least = settings().password_min_length
    return render(
        "new_password.html", "new_password_form.html", status, form=form, token=token, email=user.email, least=least
    )
