"""The hub of what protects an account beside its password."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import factors, factors_reset, first_steps, passkeys, recovery_codes, totp
from webapp.accounts.events import Kind
from webapp.auth import enrolling, login_required, own_session, public, quick
from webapp.auth.actor import actor
from webapp.auth.first_steps import Step
from webapp.auth.navigation import Link
from webapp.auth.recovery_codes import to_next_or_hub
from webapp.config import settings
from webapp.database import database
from webapp.hypermedia import flash, render_anew
from webapp.hypermedia.looks import Look, Notice
from webapp.languages.sentences import say, say_number

blueprint = Blueprint("security", __name__)
NAVIGATION = (
    Link(
        "account", "security.show", say("Security"), 25, "lock", covers=True,
        also=("totp.show", "recovery_codes.show", "passkeys.show"),
    ),
)  # fmt: skip
STEPS = (
    Step(
        "security", say("Look at what protects your account beside the password"),
        lambda _: url_for("security.show"), 40,
    ),
)  # fmt: skip


def resets(_: object) -> Notice | None:
    """Removals of second factors that wait: their owners may not have asked."""
    number = factors_reset.number_waiting(database())
    told = say_number(
        "The second factors of %(number)s person will be removed",
        "The second factors of %(number)s people will be removed",
        number,
    )
    return Notice(told, url_for("admin_events.show", kind=Kind.FACTORS_RESET_ASKED), "lock") if number else None


LOOKS = (Look(resets, 60),)


@blueprint.get("/account/security")
@login_required
@enrolling
@quick
def show() -> ResponseReturnValue:
    db, user = database(), own_session().user
    first_steps.visited(db, user, "security")
    policy = settings().require_second_factor
    return render_anew(
        "security.html",
        "security_panel.html",
        app=totp.of_user(db, user.id),
        passkeys=passkeys.of_user(db, user.id),
        codes=recovery_codes.left(db, user.id),
        few=recovery_codes.FEW,
        is_needed=factors.is_needed(user, policy),
        next=request.args.get("next"),
    )


@blueprint.get("/account/factors-reset/stop")
@login_required
@enrolling
def show_stop() -> ResponseReturnValue:
    """Show the hub: a refused form comes back to this address."""
    return show()


@blueprint.post("/account/factors-reset/stop")
@login_required
@enrolling
def stop() -> ResponseReturnValue:
    """Keep the factors. It asks for no password: the owner presses it on any page, and it only keeps what is."""
    if factors_reset.stop(database(), actor()):
        flash(say("Stopped: your second factors stay. If you did not ask for it, tell an admin."))
    else:
        flash(say("Nothing has changed."), "message")
    return to_next_or_hub()


@blueprint.get("/.well-known/passkey-endpoints")
@public
def well_known() -> ResponseReturnValue:
    """Tell password managers where passkeys are added and looked after (W3C, A Well-Known URL for Relying Parties)."""
    address = f"{settings().origin}{url_for('passkeys.show')}"
    return {"enroll": address, "manage": address}
