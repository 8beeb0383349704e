"""Half a log-in in this browser: a cookie of its own, which no door takes for a session."""

from typing import Any

from flask import Flask, Response, g, request

from webapp.accounts import half_logins
from webapp.accounts.half_logins import HalfLogin, NoHalfLogin
from webapp.auth import UNREAD
from webapp.config import settings
from webapp.database import database


def register(app: Flask) -> None:
    app.after_request(after_request)


def token() -> str:
    """Token of the half log-in that this browser has sent; empty without one."""
    return request.cookies.get(settings().half_cookie, "")


def current() -> HalfLogin | None:
    """The half log-in of this browser, or None; read once for each request."""
    half: HalfLogin | None = g.get("current_half", UNREAD)
    if half is UNREAD:
        half = g.current_half = _live() if token() else None
    return half


def give(new: str) -> None:
    """Put the token of half a log-in into the browser."""
    g.half_token = new


def end() -> None:
    """End the half log-in that this browser came with, since another log-in has begun."""
    if token():
        half_logins.give_up(database(), token())
        g.half_token = None


def after_request(answer: Response) -> Response:
    """Set or delete the cookie if this request has begun or ended half a log-in."""
    if "half_token" not in g:
        return answer
    flags: dict[str, Any] = {"secure": settings().https, "httponly": True, "samesite": "Lax"}
    if g.half_token is None:
        answer.delete_cookie(settings().half_cookie, **flags)
    else:
        answer.set_cookie(settings().half_cookie, g.half_token, max_age=half_logins.LIFE, **flags)
    return answer


def _live() -> HalfLogin | None:
    try:
        return half_logins.find(database(), token())
    except NoHalfLogin:
        return None
