"""Proving an address: a link makes the account that was asked for, confirms its address, or gives it another one."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import tokens, verification
from webapp.accounts.fields import Refused
from webapp.accounts.signup import Policy
from webapp.accounts.tokens import Purpose, Token
from webapp.auth import asked, login_required, mailed, public
from webapp.auth.actor import actor, visitor
from webapp.auth.carried import carry
from webapp.auth.first_steps import Step
from webapp.auth.known_browsers import remember
from webapp.config import sends_mail, settings
from webapp.database import database
from webapp.forms.verification import VerifyForm
from webapp.hypermedia import flash, render
from webapp.languages.sentences import say

blueprint = Blueprint("verification", __name__)
IS_FOR = sends_mail
STEPS = (
    Step(
        "email", say("Confirm your email address"), lambda _: url_for("profile.show", _anchor="email"), 5,
        is_done=lambda session: session.user.verified_at is not None,
    ),
)  # fmt: skip


@blueprint.get("/signup/sent")
@public
@mailed
def sent() -> ResponseReturnValue:
    return render("check_mail.html", "check_mail.html", what="signup", email=asked.email("signup"))


@blueprint.get("/verify/<token>")
@public
@mailed
def show(token: str) -> ResponseReturnValue:
    found = verification.find(database(), token)
    return _page(token, found, _form(found))


@blueprint.post("/verify/<token>")
@public
@mailed
def confirm(token: str) -> ResponseReturnValue:
    found = verification.find(database(), token)
    form = _form(found)
    if form.check():
        try:
            return _signed_up(found, form) if found.purpose == Purpose.SIGNUP else _confirmed(token, form)
        except Refused as refused:
            form = _form(found, is_taken="username" in refused.errors)
            form.refuse(refused)
    return _page(token, found, form, 422)


@blueprint.post("/account/email/verify")
@login_required
def ask() -> ResponseReturnValue:
    """Mail a link that confirms the user's own address."""
    if email := verification.ask_own(database(), actor()):
        flash(say("We have sent a link to %(email)s.", email=email))
    else:
        flash(say("Your email address is confirmed already."), "message")
    return redirect(url_for("profile.show"), 303)


@blueprint.get("/account/email/verify")
@login_required
def show_ask() -> ResponseReturnValue:
    """Show the profile, from which a link is asked for."""
    return redirect(url_for("profile.show"), 303)


def _signed_up(found: Token, form: VerifyForm) -> ResponseReturnValue:
    typed = {name: form.values.get(name, "") for name in ("password", "username")}
    policy = Policy(settings().signup)
    remember(verification.sign_up(database(), visitor(), found, asked.hashed("signup"), **typed, policy=policy))
    carry(found.sent_to)
    flash(say("Account created! Please log in."))
    return redirect(url_for("login.show"), 303)


def _confirmed(token: str, form: VerifyForm) -> ResponseReturnValue:
    verification.confirm(database(), actor(), token, form.values.get("password", ""))
    flash(say("Your email address is confirmed."))
    return redirect(url_for("profile.show"), 303)


def _form(found: Token, is_taken: bool = False) -> VerifyForm:
    if found.purpose != Purpose.SIGNUP:
        return VerifyForm(request.form, is_own=not verification.is_password_asked(found, actor()))
    is_taken = is_taken or verification.is_name_taken(database(), found)
    return VerifyForm(request.form or {"username": verification.name(found)}, _is_own(found), is_taken)


def _is_own(found: Token) -> bool:
    return tokens.is_of_browser(found, asked.hashed("signup"))


def _page(token: str, found: Token, form: VerifyForm, status: int = 200) -> ResponseReturnValue:
    is_new = found.purpose == Purpose.SIGNUP
    name = verification.name(found) if is_new else tokens.owner(database(), found).name
    told = {"token": token, "email": found.sent_to, "username": name, "is_new": is_new}
    return render("verify.html", "verify_form.html", status, form=form, **told)
