"""Browsers in which a user has logged in before, known by a signed cookie (OWASP, device cookies).

The cookie opens nothing. It tells the owner's browser from strangers who guess. It ends after 400 days. It holds an id
of each user's password, so it also ends when the password changes, and when a restored database gives the user's id to
another user.
"""

import secrets
from contextlib import suppress
from datetime import timedelta

from flask import Flask, Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from db import Unavailable, moment, users
from webapp.auth import current_user
from webapp.config import settings
from webapp.database import database

LIFE = timedelta(days=400)
# A family at one computer.
MOST_PEOPLE = 5


def register(app: Flask) -> None:
    app.after_request(after_request)


def read() -> tuple[str, dict[int, str]]:
    """The browser's random name, and the password's id by user id, for each user who logged in with it.

    Both are empty if the cookie is not ours or is too old.
    """
    with suppress(BadSignature, TypeError, ValueError):
        name, written_at, *people = _serializer().loads(request.cookies.get(settings().device_cookie, ""))
        if database().clock() - moment(written_at) < LIFE:
            return str(name), {int(user_id): str(password_id) for user_id, password_id in people}
    return "", {}


def remember(user_id: int) -> None:
    """Know this browser as the user's from now on: the user has just typed or chosen the password in it.

    With a second factor that is not enough: a known browser has tries of its own at that too.
    """
    user = users.by_id(database(), user_id)
    if user and not user.has_factor:
        g.known_user_id = user_id


def remember_again(user_id: int) -> None:
    """Know this browser again: adding the first factor made the account forget all browsers."""
    g.known_user_id = user_id


def after_request(answer: Response) -> Response:
    with suppress(Unavailable):
        if "known_user_id" in g:
            _write(answer, g.known_user_id)
        elif g.get("token") and (user := current_user()):
            _write(answer, user.id)
    return answer


def _write(answer: Response, user_id: int) -> None:
    name, people = read()
    latest = {user_id: users.password_id(database(), user_id)} | {k: v for k, v in people.items() if k != user_id}
    answer.set_cookie(
        settings().device_cookie,
        _serializer().dumps([name or secrets.token_urlsafe(16), database().now(), *[*latest.items()][:MOST_PEOPLE]]),
        max_age=LIFE,
        httponly=True,
        secure=settings().https,
        samesite="Lax",
    )


def _serializer() -> URLSafeSerializer:
    # The serializer signs with the last one.
    return URLSafeSerializer([*reversed(settings().secret_key)], salt="device")
