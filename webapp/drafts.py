"""Forms that were interrupted: by the end of a session, or because whoever sent one must first confirm who they are.

Nothing that was typed is lost but passwords: the form waits in the database, and comes back filled in or goes on.
"""

from collections.abc import Callable

from flask import Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from webapp import auth, csrf, hypermedia
from webapp.accounts import confirmation, drafts
from webapp.database import database
from webapp.forms import is_secret
from webapp.sentences import say

NOT_YET = say("Nothing was done yet. Look at what you typed and send it again.")


def guard() -> ResponseReturnValue | None:
    """Before each act that calls for it: the password, unless it was checked a short while ago."""
    session = auth.current_session() if auth.calls_for_password() else None
    if session is None or confirmation.is_fresh(database(), session):
        return None
    return redirect(url_for("confirm.show", draft=_keep(session.user.id)), 303)


def restore() -> None:
    """Before a page that is asked for with `?draft=`: the page behind a form reads `request.form`, and so fills it in.

    Somebody else's draft, or one of another page, is none.
    """
    if b"draft=" not in request.query_string or request.method != "GET":
        return
    user = auth.current_user() if "draft" in request.args else None
    draft = drafts.find(database(), user.id, request.args["draft"]) if user else None
    if draft and draft.path == request.path:
        _type(draft.fields)
        g.refusal = NOT_YET


def resume(draft_id: str) -> Response | None:
    """Do what was interrupted, for whoever has just been confirmed; None where nothing was.

    What is refused now comes back filled in, on its own page.
    """
    user = auth.current_user()
    draft = drafts.find(database(), user.id, draft_id) if user else None
    act = hypermedia.view_at(draft.path, "POST") if draft else None
    if draft is None or act is None:
        return None
    auth.admit(act.func)
    _type(draft.fields)
    answer = _done(act)
    if answer is None:
        return make_response(redirect(f"{draft.path}?draft={draft.id}", 303))
    drafts.remove(database(), draft.id)
    return answer


def way_back() -> str | None:
    """Where somebody who must log in first goes on: the page asked for, or that of the form that came too late."""
    if request.method in auth.SAFE:
        return hypermedia.asked_from() or request.full_path.rstrip("?")
    if hypermedia.view_at(request.path, "GET") is None:
        return None
    # What asks for a password on behalf of a draft holds nothing else.
    if "draft" in request.args:
        return request.full_path
    session = auth.former_session()
    if session is None or not csrf.is_from_page_of(session):
        return request.path
    return f"{request.path}?draft={_keep(session.user.id)}"


def _done(act: Callable[[], ResponseReturnValue]) -> Response | None:
    """The redirect with which an act ends that was done, as a plain browser gets it; None when it was refused."""
    g.resumed = True
    try:
        answer = make_response(act())
    except HTTPException:
        return None
    finally:
        del g.resumed
    return answer if answer.status_code == 303 else None


def _keep(user_id: int) -> str:
    fields = [(name, value) for name, value in request.form.items(multi=True) if not is_secret(name)]
    return drafts.keep(database(), user_id, request.path, fields)


def _type(fields: drafts.Fields) -> None:
    """As if the fields had come with this request."""
    request.__dict__["form"] = ImmutableMultiDict(fields)
