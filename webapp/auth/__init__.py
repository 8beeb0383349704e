"""The current user, and whether they may pass the door of the view that they ask for; `doors` has the doors."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from db import Unavailable
from db.sessions import Session
from db.users import User
from webapp.accounts import factors, sessions
from webapp.auth.doors import (
    View,
    admin_required,
    check_doors,
    comes_back,
    confirmed,
    enrolling,
    for_programs,
    login_required,
    mailed,
    public,
    quick,
    quick_if,
    role_required,
    says,
    unconfirmed,
    unseen,
    verified,
)
from webapp.config import settings
from webapp.database import database
from webapp.languages.sentences import say

# What others take of `doors` from here.
__all__ = [
    "View", "admin_required", "check_doors", "comes_back", "confirmed", "enrolling", "for_programs", "login_required",
    "mailed", "public", "quick", "quick_if", "role_required", "says", "unconfirmed",
    "unseen", "verified",
]  # fmt: skip
# Methods that change nothing (RFC 9110 9.2.1).
SAFE = {"GET", "HEAD", "OPTIONS"}
# Stands for a value that `g` does not hold yet.
UNREAD: Any = object()
# With no-referrer a plain form would send `Origin: null`, which the cross-site guard refuses.
OF_MAILED = {"Referrer-Policy": "strict-origin", "X-Robots-Tag": "noindex"}

UNPROVED = say(
    "This page is for people whose email address is confirmed. Ask for a link to yours in your profile, at /account."
)
UNPROVABLE = say("This page is for people whose email address is confirmed. An admin can see to it.")


class FactorNeeded(Forbidden):
    """The site asks this user for a second factor, and there is none yet."""


ActGuard = Callable[[], ResponseReturnValue | None]


def register(app: Flask) -> None:
    app.extensions["act_guards"] = []
    app.before_request(guard)
    app.after_request(after_request)
    app.jinja_env.globals.update(current_session=current_session, current_user=current_user, expiry=expiry)


def is_for_programs() -> bool:
    """Whether this request goes to a view marked @for_programs."""
    return is_marked("for_programs")


def is_marked(mark: str) -> bool:
    """Whether this request goes to a view with this mark, such as `confirmed`."""
    return hasattr(_view(), mark)


def before_acts(app: Flask, look: ActGuard) -> None:
    """Call `look` before each act, once the door has let its user in; what it returns is the answer."""
    app.extensions["act_guards"].append(look)


def guard() -> ResponseReturnValue | None:
    """Before each request: check the route's door (401 for strangers, 403 for the wrong role); then an act's guards.

    The session is read anew each time, so an ended session or a changed role takes effect at once.
    """
    if (endpoint := request.endpoint) is None:
        return None
    admit(current_app.view_functions[endpoint])
    guards = [] if request.method in SAFE else current_app.extensions["act_guards"]
    return next((answer for look in guards if (answer := look()) is not None), None)


def admit(view: View) -> None:
    """Abort with 401 or 403 if the door of this view is closed to the current user.

    Raises FactorNeeded if it opens once the user has a second factor.
    """
    door = getattr(view, "door", "nobody")
    if door == "public":
        return
    user = current_user()
    if user is None:
        abort(401)
    if door not in {"login", user.role} and not user.is_admin:
        abort(403)
    if factors.is_missing(user, settings().require_second_factor) and not _opens_without_factor(view, door):
        raise FactorNeeded
    if hasattr(view, "verified") and user.verified_at is None:
        abort(403, UNPROVED if database().mails else UNPROVABLE)


def calls_for_password() -> bool:
    """Whether this request is an act whose user must have confirmed lately (ASVS 7.5.1, 7.5.3); asking is none."""
    if request.method in SAFE or is_marked("only_asks"):
        return False
    is_admins = getattr(_view(), "door", "") == "admin" and not is_marked("unconfirmed")
    return is_admins or is_marked("confirmed")


def current_session() -> Session | None:
    """The live session of this request, read once."""
    session: Session | None = g.get("current_session", UNREAD)
    if session is UNREAD:
        session = g.current_session = _live_session()
    return session


def own_session() -> Session:
    """The session of the logged-in user, for views behind a closed door; raises Unavailable if it is not known."""
    session = current_session()
    if session is None:
        raise Unavailable("who asks is not known")
    return session


def expiry() -> sessions.Expiry | None:
    """When the session of this request ends."""
    session = current_session()
    return sessions.expiry(database(), session) if session else None


def former_session() -> Session | None:
    """The session that ended by itself while this browser was away, as long as its row is kept."""
    token = current_token()
    session = sessions.find(database(), token) if token else None
    return None if session is None or session.user.disabled_at else session


def preferred_language() -> str | None:
    """Code of the language that the user has chosen; None for a stranger, or while the database is unavailable."""
    user = _known_user()
    return user.language if user else None


def preferred_time_zone() -> str | None:
    """Name of the time zone that the user has chosen; None for a stranger, or while the database is unavailable."""
    user = _known_user()
    return user.time_zone if user else None


def current_user() -> User | None:
    session = current_session()
    return session.user if session else None


def current_token() -> str | None:
    """Session token of this browser, live or not: the one it sent, or the one it was given since."""
    token: str | None = g.get("token", UNREAD)
    return request.cookies.get(settings().login_cookie) if token is UNREAD else token


def give_token(token: str, remember: bool) -> None:
    """Put a session's token into the browser: for 30 days when `remember`, else until it is closed (ASVS 3.3)."""
    g.token, g.remember = token, remember
    g.pop("current_session", None)


def take_token() -> None:
    """Remove the session token from the browser."""
    g.token = g.current_session = None


def after_request(answer: Response) -> Response:
    """Set or delete the session cookie if this request gave or took a token; let browsers keep a visitor's page."""
    if is_marked("mailed"):
        answer.headers.extend(OF_MAILED)
    if "token" not in g:
        return _kept_for_back(answer)
    name = settings().login_cookie
    flags: dict[str, Any] = {"secure": settings().https, "httponly": True, "samesite": "Lax"}
    if g.token is None:
        answer.delete_cookie(name, **flags)
    else:
        answer.set_cookie(name, g.token, max_age=sessions.REMEMBERED.absolute if g.remember else None, **flags)
    return answer


def _kept_for_back(answer: Response) -> Response:
    """Let a browser keep this answer, if it is a visitor's page marked @comes_back."""
    is_visitors = answer.status_code == 200 and g.get("current_session", UNREAD) is None
    if is_visitors and is_marked("comes_back") and "HX-Request" not in request.headers:
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _opens_without_factor(view: View, door: str) -> bool:
    """Whether a user who lacks the second factor that the site asks for may pass: to add it, or as a plain user."""
    is_for_users = settings().require_second_factor == "admins" and door == "login"
    return is_for_users or hasattr(view, "enrolling")


def _live_session() -> Session | None:
    # `is_marked` would look for the view each time, and this is asked for each page.
    db, view = database(), _view()
    token = None if hasattr(view, "for_programs") else current_token()
    session = sessions.find(db, token) if token else None
    if session is None or not sessions.is_live(db, session):
        return None
    return session if hasattr(view, "unseen") else sessions.see(db, session)


def _known_user() -> User | None:
    try:
        return current_user()
    except Unavailable:
        return None


def _view() -> Callable[..., Any] | None:
    return current_app.view_functions.get(request.endpoint or "")
