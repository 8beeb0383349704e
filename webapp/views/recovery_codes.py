"""Recovery codes: shown once, kept, and made anew."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import recovery_codes
from webapp.accounts.fields import Refused
from webapp.auth import confirmed, enrolling, login_required, own_session, says
from webapp.auth import recovery_codes as new
from webapp.auth.actor import actor
from webapp.brand.words import file_name
from webapp.config import settings
from webapp.database import database
from webapp.hypermedia import flash, render_anew
from webapp.hypermedia.downloads import download
from webapp.languages.sentences import say

blueprint = Blueprint("recovery_codes", __name__, url_prefix="/account/recovery-codes")


@blueprint.get("")
@login_required
@enrolling
def show() -> ResponseReturnValue:
    user = own_session().user
    left = recovery_codes.left(database(), user.id)
    return render_anew(
        "recovery_codes.html",
        "recovery_codes_panel.html",
        codes=_shown(),
        left=left,
        has_factor=user.has_factor,
        next=request.args.get("next"),
    )


@blueprint.post("")
@login_required
@enrolling
@confirmed
@says(say("Make new recovery codes. The old ones stop working."))
def make() -> ResponseReturnValue:
    try:
        new.show(recovery_codes.make_anew(database(), actor()))
    except Refused as refused:
        flash(refused.errors["code"], "error")
    return redirect(url_for("recovery_codes.show", next=request.args.get("next")), 303)


@blueprint.get("/download")
@login_required
@enrolling
def save() -> ResponseReturnValue:
    codes = _shown()
    if not codes:
        return redirect(url_for("recovery_codes.show"), 303)
    lines = (f"{line}\n" for line in (f"{settings().origin}, {own_session().user.email}", "", *codes))
    return download(lines, "text/plain", f"{file_name(settings().name)}-recovery-codes.txt")


@blueprint.get("/kept")
@login_required
@enrolling
def show_kept() -> ResponseReturnValue:
    """Show the codes: a refused form comes back to this address."""
    return show()


@blueprint.post("/kept")
@login_required
@enrolling
def kept() -> ResponseReturnValue:
    new.forget()
    return new.to_next_or_hub()


def _shown() -> list[str]:
    """The new codes, unless others were made since in another session."""
    codes = new.shown()
    return codes if recovery_codes.is_current(database(), own_session().user.id, codes) else []
