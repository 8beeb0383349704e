"""Who is asking, and the doors: every route carries one of @public, @login_required, @admin_required."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, request

from db.sessions import Session
from db.users import User
from webapp.accounts import sessions
from webapp.database import database

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Anyone."""
    return _with_door(view, "public")


def login_required(view: View) -> View:
    """Anybody who is logged in; a stranger is shown the log-in page first."""
    return _with_door(view, "login")


def admin_required(view: View) -> View:
    """Admins; 403 for other users."""
    return _with_door(view, "admin")


def guard() -> None:
    """Before each request: let through whom the route's door lets through (401 for strangers, 403 for the wrong role).

    The session is read anew each time, so an ended session or a changed role bites at once.
    """
    if request.endpoint is None:
        return
    door = getattr(current_app.view_functions[request.endpoint], "door", "nobody")
    if door == "public":
        return
    user = current_user()
    if user is None:
        abort(401)
    if door == "admin" and not user.is_admin:
        abort(403)


def check_doors(app: Flask) -> None:
    """Stop the start when a route has no door: a page that somebody forgot to protect cannot ship.

    An address has one door for all its methods, since a refused form is shown again by the page behind it.
    """
    doors: dict[str, str] = {}
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        if door is None:
            raise RuntimeError(f"{rule} has no door: {rule.endpoint} needs @public, @login_required or @admin_required")
        if doors.setdefault(rule.rule, door) != door:
            raise RuntimeError(f"{rule} has a door of its own for each method: give all of them the same")


def current_session() -> Session | None:
    """The live session of this request, read once."""
    if "current_session" not in g:
        token = current_token()
        g.current_session = sessions.find(database(), token) if token else None
    session: Session | None = g.current_session
    return session


def current_user() -> User | None:
    session = current_session()
    return session.user if session else None


def current_token() -> str | None:
    """What the browser sent, live or not."""
    return request.cookies.get(current_app.config["LOGIN_COOKIE"])


def remember_token(answer: Response, token: str, remember: bool) -> Response:
    """Put a session's token into the browser: for 30 days when `remember`, else until it is closed (ASVS 3.3)."""
    answer.set_cookie(
        current_app.config["LOGIN_COOKIE"],
        token,
        max_age=sessions.REMEMBERED.absolute if remember else None,
        secure=current_app.config["HTTPS"],
        httponly=True,
        samesite="Lax",
    )
    return answer


def forget_token(answer: Response) -> Response:
    answer.delete_cookie(
        current_app.config["LOGIN_COOKIE"], secure=current_app.config["HTTPS"], httponly=True, samesite="Lax"
    )
    return answer


def _with_door(view: View, door: str) -> View:
    if hasattr(view, "door"):
        raise RuntimeError(f"{view.__name__} has two doors")
    view.door = door  # type: ignore[attr-defined]
    return view
