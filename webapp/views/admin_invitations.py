"""The open invitations, inviting somebody, and withdrawing an invitation."""

import flask
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import invitations, roles, tokens
from webapp.accounts.fields import Refused
from webapp.accounts.signup import Policy
from webapp.auth import admin_required, says
from webapp.auth.actor import actor
from webapp.auth.navigation import Link
from webapp.config import has_invitations, settings
from webapp.database import database
from webapp.forms import as_id
from webapp.forms.invitation import InviteForm
from webapp.hypermedia import flash, lists, render
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_invitations", __name__, url_prefix="/admin/invitations")
IS_FOR = has_invitations
NAVIGATION = (
    Link("admin", "admin_invitations.show", say("Invitations"), 50, "mail", covers=True, audience="admins", key="i"),
)
INVITATIONS = lists.List("admin_invitations.show", say("Invitations"), (), (), "before")
LISTS = (INVITATIONS,)


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    return _page(InviteForm(request.form))


@blueprint.post("")
@admin_required
@says(lambda fields: say("Invite %(email)s.", email=fields.get("email", "")))
def invite() -> ResponseReturnValue:
    form = InviteForm(request.form)
    if form.check():
        try:
            return _invited(form)
        except Refused as refused:
            form.refuse(refused)
    return _page(form, 422)


def _withdrawing(_: dict[str, str], invitation_id: str) -> Sentence:
    email = invitations.email(database(), as_id(invitation_id))
    return say("Withdraw the invitation of %(email)s.", email=email) if email else say("Withdraw an invitation.")


@blueprint.post("/<invitation_id>/withdraw")
@admin_required
@says(_withdrawing)
def withdraw(invitation_id: str) -> ResponseReturnValue:
    try:
        email = invitations.withdraw(database(), actor(), as_id(invitation_id))
    except tokens.NoSuchToken:
        flash(say("That invitation was used, or has ended."), "message")
    else:
        flash(say("The invitation of %(email)s is withdrawn.", email=email))
    return redirect(url_for("admin_invitations.show"), 303)


def _invited(form: InviteForm) -> ResponseReturnValue:
    email, role, policy = form.values["email"], form.values["role"], Policy(settings().signup)
    token = invitations.invite(
        database(), actor(), email, role, is_mailed=not form.is_shown, is_shown=form.is_shown, policy=policy
    )
    if token:
        # Seen once, by the admin who asked: of the token only a hash is kept.
        flask.session["invited"] = [email, token]
        flash(say("%(email)s is invited. Hand the link over yourself; it is shown once.", email=email))
    else:
        flash(say("%(email)s is invited. The link is on its way.", email=email))
    return redirect(url_for("admin_invitations.show"), 303)


def _page(form: InviteForm, status: int = 200) -> ResponseReturnValue:
    db, before = database(), as_id(request.args.get("before", ""))
    email, token = flask.session.pop("invited", ["", ""])
    return render(
        "admin_invitations.html",
        "admin_invitations.html",
        status,
        form=form,
        before=before,
        listed=invitations.page(db, before),
        roles={name: roles.in_words(name) for name in roles.names(db)},
        role=form.values.get("role") or "user",
        email=email,
        link=settings().origin + url_for("invitation.show", token=token) if token else "",
        sends_mail=db.mails,
    )
