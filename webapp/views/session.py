"""One of the user's sessions, and the name that the user gives to it."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import events, session_name, sessions
from webapp.accounts.fields import Refused
from webapp.auth import login_required, own_session
from webapp.auth.actor import actor
from webapp.auth.first_steps import Step
from webapp.database import database
from webapp.forms.session_name import SessionNameForm
from webapp.hypermedia import flash, lists, render
from webapp.languages.sentences import say

blueprint = Blueprint("session", __name__, url_prefix="/account/sessions")
STEPS = (
    Step(
        "session_name", say("Give this session a name, such as “work laptop”"),
        lambda session: url_for("session.show", session_id=session.id, _anchor="name"), 20,
        is_done=lambda session: bool(session.name),
    ),
)  # fmt: skip


@blueprint.get("/<session_id>")
@login_required
def show(session_id: str) -> ResponseReturnValue:
    """Show one session and its events; also after its end, as long as its events are kept."""
    return _page(session_id)


@blueprint.get("/<session_id>/name")
@login_required
def show_name(session_id: str) -> ResponseReturnValue:
    """Show the same page; over htmx the form of the name."""
    return _page(session_id, "session_name_form.html")


@blueprint.post("/<session_id>/name")
@login_required
def rename(session_id: str) -> ResponseReturnValue:
    form = SessionNameForm(request.form)
    try:
        renamed = session_name.rename(database(), actor(), session_id, form.values["name"])
    except Refused as refused:
        form.refuse(refused)
        return _page(session_id, "session_name_form.html", form)
    except sessions.NoSuchSession:
        abort(404)
    except sessions.Ended:
        flash(say("That session had ended already."))
    else:
        flash(say("The session is called %(name)s now.", name=session_name.called(renamed)))
    return redirect(url_for(".show", session_id=session_id, **_back().asked), 303)


def _page(
    session_id: str, part: str = "session_panel.html", refused: SessionNameForm | None = None
) -> ResponseReturnValue:
    user_id = own_session().user.id
    try:
        found = sessions.one(database(), user_id, session_id)
    except sessions.NoSuchSession:
        abort(404)
    happened = events.of_session(database(), user_id, session_id)
    form = refused or SessionNameForm({"name": found.name if found else ""} | request.form.to_dict())
    status = 422 if refused else 200
    return render(
        "session.html",
        part,
        status,
        found=found,
        happened=happened,
        session_id=session_id,
        form=form,
        back=_back(),
    )


def _back() -> lists.Way:
    return lists.way_back("sessions.show", "activity.show")
