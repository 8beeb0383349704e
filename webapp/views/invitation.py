"""Accepting an invitation: the sign-up form, with the address given."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import invitations
from webapp.accounts.fields import Refused
from webapp.accounts.signup import Policy
from webapp.auth import mailed, public
from webapp.auth.actor import visitor
from webapp.auth.carried import carry
from webapp.auth.known_browsers import remember
from webapp.config import has_invitations, settings
from webapp.database import database
from webapp.fields import at_signup
from webapp.forms.invitation import InvitationForm
from webapp.hypermedia import flash, render
from webapp.languages.sentences import say

blueprint = Blueprint("invitation", __name__)
IS_FOR = has_invitations


@blueprint.get("/invitation/<token>")
@public
@mailed
def show(token: str) -> ResponseReturnValue:
    return _page(token, InvitationForm(request.form, at_signup()))


@blueprint.post("/invitation/<token>")
@public
@mailed
def accept(token: str) -> ResponseReturnValue:
    form, least = InvitationForm(request.form, at_signup()), settings().password_min_length
    email, policy = invitations.find(database(), token).sent_to, Policy(settings().signup)
    try:
        remember(
            invitations.accept(
                database(), visitor(), token, *form.account, least=least, filled=form.filled, policy=policy
            )
        )
    except Refused as refused:
        form.refuse(refused)
        return _page(token, form, 422)
    carry(email)
    flash(say("Account created! Please log in."))
    return redirect(url_for("login.show"), 303)


def _page(token: str, form: InvitationForm, status: int = 200) -> ResponseReturnValue:
    email, least = invitations.find(database(), token).sent_to, settings().password_min_length
    return render("invitation.html", "invitation_form.html", status, form=form, token=token, email=email, least=least)
