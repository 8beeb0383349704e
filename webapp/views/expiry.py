"""The warning before a session ends, with a way to put the end off (WCAG 2.2.1)."""

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import sessions
from webapp.auth import current_session, former_session, public, quick, unseen
from webapp.database import database
from webapp.hypermedia import redirect_or, render_aside

blueprint = Blueprint("expiry", __name__, url_prefix="/expiry")


@blueprint.get("")
@public
@unseen
@quick
def show() -> ResponseReturnValue:
    """Show the warning. Public, so a user who has typed half a form is told of the end, not led away from the form."""
    return _notice()


@blueprint.post("")
@public
def put_off() -> ResponseReturnValue:
    """Pressing the button proves presence: restart the idle time."""
    session = current_session()
    if session is None:
        return redirect(url_for("login.show"), 303)
    sessions.put_off(database(), session)
    return redirect_or(lambda: _notice(is_put_off=True), url_for("dashboard.show"))


def _notice(is_put_off: bool = False) -> Response:
    is_kept = current_session() is None and former_session() is not None
    return render_aside("expiry.html", "expiry_notice.html", is_put_off=is_put_off, is_kept=is_kept)
