"""The user's own sessions, to see and to end."""

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import blocks, devices, first_steps, sessions, throttle
from webapp.accounts.session_name import called
from webapp.auth import confirmed, login_required, own_session, says
from webapp.auth.actor import actor
from webapp.auth.first_steps import Step
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import flash, lists, redirect_or, render
from webapp.languages.sentences import Sentence, say, say_number

blueprint = Blueprint("sessions", __name__, url_prefix="/account/sessions")
NAVIGATION = (Link("account", "sessions.show", say("Sessions"), 30, "laptop", covers=True),)
STEPS = (Step("sessions", say("Look at where you are logged in"), lambda _: url_for("sessions.show"), 30),)

LISTS = (lists.List("sessions.show", say("Sessions"), (), (), "page"),)
# If no other session is left, the sentence that says so takes the focus.
ALONE = "alone"


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    first_steps.visited(database(), own_session().user, "sessions")
    return _list()


@blueprint.post("")
@login_required
@confirmed
@says(say("Log out all your other sessions."))
def end_others() -> ResponseReturnValue:
    ended = sessions.end_others(database(), actor())
    flash(say_number("%(number)s other session ended.", "%(number)s other sessions ended.", ended))
    return redirect_or(lambda: _list(ALONE), url_for("sessions.show"))


@blueprint.get("/new-browsers")
@login_required
def show_new_browsers() -> ResponseReturnValue:
    """Show the list: a refused form comes back to this address."""
    return _list()


@blueprint.post("/new-browsers")
@login_required
@confirmed
@says(say("Let new browsers try again."))
def let_new_browsers_try() -> ResponseReturnValue:
    if blocks.let_new_browsers_try(database(), actor()):
        flash(say("New browsers can try to log in again."))
    else:
        flash(say("No new browser is kept out."))
    return redirect_or(_list, url_for("sessions.show"))


def _ending(_fields: object, session_id: str) -> Sentence:
    """Say which session ends; a named one with its device and address, since a thief may have renamed it."""
    live = {one.id: one for one in sessions.live(database(), own_session().user.id)}
    one = live.get(session_id)
    if one is None or not one.name:
        return say("Log out %(device)s.", device=devices.told(one.device if one else ""))
    where = say("%(device)s, %(address)s", device=devices.told(one.device), address=one.address)
    return say("Log out %(name)s (%(where)s).", name=one.name, where=where)


@blueprint.post("/<session_id>")
@login_required
@confirmed
@says(_ending)
def end(session_id: str) -> ResponseReturnValue:
    here = own_session()
    if session_id == here.id:
        return redirect(url_for("logout.show"), 303)
    others = [session.id for session in sessions.live(database(), here.user.id) if session.id != here.id]
    try:
        ended = sessions.end_one(database(), actor(), session_id)
    except sessions.NoSuchSession:
        abort(404)
    except sessions.Ended:
        flash(say("That session had ended already."))
    else:
        flash(say("%(device)s is logged out.", device=called(ended)))
    return redirect_or(lambda: _list(_neighbour(others, session_id)), url_for("sessions.show", page=_page()))


def _list(focus: str | None = None) -> Response:
    """Show the list; `focus` is the session whose button takes the keyboard's focus, after another's is gone."""
    here = own_session()
    others = sessions.others(database(), here, _page() or 1)
    shut_until = throttle.strangers_wait_until(database(), here.user)
    return render("sessions.html", "session_list.html", here=here, others=others, focus=focus, shut_until=shut_until)


def _page() -> int | None:
    """The page that is asked for, or that a form stood on; None for the first."""
    return as_id(request.args.get("page", "")) or None


def _neighbour(others: list[str], gone: str) -> str:
    """The session after `gone` in the list; if `gone` was the last, the one before it; ALONE if it was the only one."""
    place = others.index(gone) if gone in others else 0
    left = [session_id for session_id in others if session_id != gone]
    return left[min(place, len(left) - 1)] if left else ALONE
