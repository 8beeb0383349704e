"""Changing the password."""

from contextlib import suppress

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import password_change
from webapp.accounts.fields import Refused
from webapp.accounts.hashing import Busy
from webapp.accounts.strength import in_words, objection
from webapp.auth import give_token, login_required, own_session, public, quick
from webapp.auth.actor import actor
from webapp.auth.csrf import only_asks
from webapp.auth.navigation import Link
from webapp.config import settings
from webapp.database import database
from webapp.forms.password_change import PasswordForm
from webapp.hypermedia import flash, render
from webapp.languages.reader import translated
from webapp.languages.sentences import say, say_number

blueprint = Blueprint("password_change", __name__)
NAVIGATION = (Link("account", "password_change.show", say("Password"), 20, "key", covers=True),)


@blueprint.get("/account/password")
@login_required
@quick
def show() -> ResponseReturnValue:
    return _page(PasswordForm(request.form))


@blueprint.post("/account/password")
@login_required
def update() -> ResponseReturnValue:
    form, session, least = PasswordForm(request.form), own_session(), settings().password_min_length
    form.check()
    current, new = form.values["current_password"], form.values["new_password"]
    try:
        token, ended = password_change.change(database(), actor(), current, new, least)
    except Refused as refused:
        form.refuse(refused)
        return _page(form, 422)
    give_token(token, session.remember)
    flash(say("Your password is changed. %(others)s", others=_others(ended)))
    return redirect(url_for("password_change.show"), 303)


@blueprint.post("/account/password/check")
@login_required
@only_asks
def check() -> ResponseReturnValue:
    """Check the new password when its field is left; returns the inside of its error slot."""
    form = PasswordForm(request.form)
    with suppress(Busy):
        _check(form, "new_password")
    return render_template("partials/field_error.html", sentence=form.errors.get("new_password"))


@blueprint.post("/account/password/strength")
@login_required
@only_asks
def strength() -> ResponseReturnValue:
    """Rate the new password when its field is left; returns the inside of the slot under the field."""
    new, user, told = PasswordForm(request.form).values["new_password"], own_session().user, None
    least = settings().password_min_length
    with suppress(Busy):
        told = in_words(database(), actor(), new, least, (user.username, user.email), user)
    return translated(told or "")


@blueprint.get("/.well-known/change-password")
@public
def well_known() -> ResponseReturnValue:
    """Redirect password managers, which look here (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect(url_for("password_change.show"), 303)


def _check(form: PasswordForm, *fields: str) -> bool:
    form.check(*fields)
    user, new = own_session().user, form.values["new_password"]
    least = settings().password_min_length
    form.add_objection("new_password", objection(database(), actor(), new, least, (user.username, user.email), user))
    return not form.errors


def _others(ended: int) -> str:
    if ended == 0:
        return say("You were logged in nowhere else.")
    return say_number("One other session was ended.", "%(number)s other sessions were ended.", ended)


def _page(form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    least = settings().password_min_length
    return render("password_change.html", "password_change_form.html", status, form=form, least=least)
