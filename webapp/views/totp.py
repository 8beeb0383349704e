"""The authenticator app: added by a QR code or its text, and removed."""

import segno
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.accounts import confirm, totp
from webapp.accounts.fields import Refused
from webapp.auth import confirmed, enrolling, login_required, own_session, says, shown_once
from webapp.auth.actor import actor
from webapp.auth.recovery_codes import lead_on
from webapp.config import settings
from webapp.database import database
from webapp.forms import Form
from webapp.forms.second_step import CodeForm
from webapp.hypermedia import flash, render, render_anew
from webapp.languages.sentences import say

blueprint = Blueprint("totp", __name__, url_prefix="/account/totp")


@blueprint.get("")
@login_required
@enrolling
def show() -> ResponseReturnValue:
    """Show the app, or offer a secret for one, for which the user must have confirmed lately."""
    is_offer = _is_move() or not _app()
    if is_offer and not confirm.is_fresh(database(), own_session()):
        return redirect(url_for("confirm.show", next=request.full_path.rstrip("?")), 303)
    return _page(CodeForm(request.form))


@blueprint.post("")
@login_required
@enrolling
@confirmed
@says(say("Add an authenticator app."))
def add() -> ResponseReturnValue:
    form = CodeForm(request.form)
    if not form.check():
        return _page(form, 422)
    try:
        codes = totp.turn_on(database(), actor(), _offered(), form.values["code"], _is_move())
    except totp.HasApp as refused:
        flash(refused.errors["code"], "error")
        return redirect(url_for("totp.show"), 303)
    except Refused as refused:
        form.refuse(refused)
        return _page(form, 422)
    shown_once.forget("totp")
    flash(say("The authenticator app is added. From now on a log-in asks for its code."))
    return lead_on(codes)


@blueprint.get("/remove")
@login_required
@enrolling
def show_removal() -> ResponseReturnValue:
    return _removal(Form({}))


@blueprint.post("/remove")
@login_required
@enrolling
@confirmed
@says(say("Remove the authenticator app."))
def remove() -> ResponseReturnValue:
    form = Form({})
    try:
        is_new = totp.turn_off(database(), actor(), settings().require_second_factor)
    except Refused as refused:
        form.refuse(refused)
        return _removal(form, 422)
    flash(say("The authenticator app is removed.") if is_new else say("Nothing has changed."))
    return redirect(url_for("security.show"), 303)


def _app() -> totp.Totp | None:
    return totp.of_user(database(), own_session().user.id)


def _is_move() -> bool:
    """Whether the user moves to another app, or another phone: the site may not let the last factor go."""
    return "move" in request.args


def _offered() -> str:
    """The secret that is offered, the same until a code of it has come, or the user confirms anew.

    Else a stranger who saw it at an open session could use the app that the owner adds later.
    """
    confirmed_at = own_session().confirmed_at
    secret = shown_once.kept("totp", confirmed_at)
    if not secret:
        shown_once.keep("totp", secret := totp.new_secret(), confirmed_at)
    return secret


def _page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    if (app := _app()) and not _is_move():
        return render_anew("totp.html", "totp_panel.html", status, app=app)
    address = totp.address(secret := _offered(), own_session().user.email, settings().name)
    return render_anew(
        "totp.html", "totp_form.html", status, app=None, form=form, address=address, secret=totp.in_groups(secret),
        drawn=_drawn(address),
    )  # fmt: skip


def _drawn(address: str) -> Markup:
    """The QR code as SVG, dark on light in the dark too: many cameras read it no other way."""
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(svgclass="qr", lineclass=None, dark="#000", light="#fff", omitsize=True))  # noqa: S704


def _removal(form: Form, status: int = 200) -> ResponseReturnValue:
    return render("totp_removal.html", "totp_removal_form.html", status, form=form)
