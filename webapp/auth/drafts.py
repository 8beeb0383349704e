"""Forms that were interrupted because their session ended, or because the user must confirm first.

Only typed passwords are lost: the form waits in the database and comes back filled in; or its act goes on, but only in
the session in which it was sent.
"""

import functools
from collections.abc import Callable
from urllib.parse import parse_qs

from flask import Flask, Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from db.sessions import Session
from webapp import auth, hypermedia
from webapp.accounts import confirm, drafts
from webapp.accounts.drafts import Draft, Purpose
from webapp.auth import View, csrf
from webapp.database import database
from webapp.forms import Form, is_secret
from webapp.hypermedia import flash
from webapp.languages.sentences import Sentence, say

NOT_YET = say("Nothing was done yet. Look at what you typed and send it again.")


def register(app: Flask) -> None:
    auth.before_acts(app, guard)
    app.before_request(restore)
    app.jinja_env.globals["restored"] = restored


def brings_file(view: View) -> View:
    """Mark a POST that answers with a file: after the password its page is shown again, to press the button there.

    A file that came from the password page would leave that page open.
    """
    view.brings_file = True  # type: ignore[attr-defined]
    return view


def guard() -> ResponseReturnValue | None:
    """Before an act marked @confirmed or an admin's: ask for the password, unless it was checked lately."""
    session = auth.current_session() if auth.calls_for_password() else None
    if session is None or confirm.is_fresh(database(), session):
        return None
    return redirect(url_for("confirm.show", draft=_keep(session, Purpose.CONFIRM)), 303)


def restore() -> None:
    """Before a page with `?draft=`: put the draft into `request.form`, from which the page fills its form in.

    A draft of another user or of another page is ignored.
    """
    if "draft=" not in request.environ["QUERY_STRING"] or request.method != "GET":
        return
    user = auth.current_user() if "draft" in request.args else None
    draft = drafts.find(database(), user.id, request.args["draft"]) if user else None
    if draft and draft.path == request.path:
        _type(draft.fields)
        g.note, g.restored = NOT_YET, {name for name, _ in draft.fields}


def restored(form: Form) -> list[str]:
    """Fields of this form that a draft has filled in."""
    filled_in: set[str] = g.get("restored", set())
    return [name for name in form.checks if name in filled_in]


def is_kept_for(address: str) -> bool:
    """Whether what was typed waits as a draft for the page at `address`; it comes back to its user alone."""
    # Not `urlsplit`, which would keep what a stranger sent.
    draft_id = parse_qs(address.partition("?")[2]).get("draft", [""])[0]
    return bool(draft_id) and drafts.is_kept(database(), draft_id)


def resume(draft_id: str) -> Response | None:
    """Do the act that waits in this session and give its answer; None if there is no such act.

    A refused act leads to its form, filled in.
    """
    draft, act = _waiting(draft_id)
    if draft is None or act is None:
        return None
    _type(draft.fields)
    answer = _asked_again(draft) if hasattr(act.func, "brings_file") else _done(act)
    if answer is None:
        return make_response(redirect(_filled_in(draft), 303))
    drafts.remove(database(), draft.id)
    return answer


def told(draft_id: str) -> Sentence | None:
    """Sentence for the act that waits in this session for the password, or None."""
    draft, act = _waiting(draft_id)
    if draft is None or act is None:
        return None
    words = getattr(act.func, "told", say("Send the form at %(path)s.", path=draft.path))
    # The first value of a repeated field, as a form reads it: the act must be the one that was named.
    fields = ImmutableMultiDict(draft.fields).to_dict()
    sentence: Sentence = words(fields, **act.keywords) if callable(words) else words
    return sentence


def retyped_at(draft_id: str) -> str | None:
    """Address of the form that this draft fills in; None if there is no such draft or its act waits in this session."""
    user = auth.current_user()
    draft = drafts.find(database(), user.id, draft_id) if user else None
    if draft is None or _waiting(draft_id)[0] or hypermedia.view_at(draft.path, "GET") is None:
        return None
    return _filled_in(draft)


def way_back() -> str | None:
    """Address to go to after the log-in: the page asked for, or that of the form that came too late; or None."""
    if request.method in auth.SAFE:
        return hypermedia.asked_from() or request.full_path.rstrip("?")
    if hypermedia.view_at(request.path, "GET") is None:
        return None
    # The password form of a draft has no other field, so there is nothing to keep.
    if "draft" in request.args:
        return request.full_path
    session = auth.former_session()
    if session is None or not csrf.is_from_page_of(session):
        return request.path
    return f"{request.path}?draft={_keep(session, Purpose.RETYPE)}"


def _waiting(draft_id: str) -> tuple[Draft | None, functools.partial[ResponseReturnValue] | None]:
    """The draft whose act waits in this session, and that act. Aborts if the act's door is closed by now."""
    session = auth.current_session()
    draft = drafts.waiting(database(), session, draft_id) if session else None
    act = hypermedia.view_at(draft.path, "POST") if draft else None
    if act:
        auth.admit(act.func)
    return draft, act


def _filled_in(draft: Draft) -> str:
    return f"{draft.path}?draft={draft.id}"


def _asked_again(draft: Draft) -> Response:
    flash(say("It is you. Press the button once more."))
    return make_response(redirect(draft.path, 303))


def _done(act: Callable[[], ResponseReturnValue]) -> Response | None:
    """Do the act and return its redirect, as a plain browser gets it; None if the act was refused."""
    g.resumed = True
    try:
        answer = make_response(act())
    except HTTPException:
        return None
    finally:
        del g.resumed
    return answer if answer.status_code == 303 else None


def _keep(session: Session, purpose: Purpose) -> str:
    fields = [(name, value) for name, value in request.form.items(multi=True) if not is_secret(name)]
    return drafts.keep(database(), session, purpose, request.path, fields)


def _type(fields: drafts.Fields) -> None:
    """Put these fields into `request.form`, as if they had come with this request."""
    request.__dict__["form"] = ImmutableMultiDict(fields)
