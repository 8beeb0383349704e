"""The browser that somebody has logged in with before: a signed cookie says so (OWASP, device cookies).

It opens nothing. It only tells a log-in of whoever sits here from one of the strangers who guess.
"""

import secrets
from contextlib import suppress
from datetime import timedelta

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from db import Unavailable
from webapp.auth import current_user

LIFE = timedelta(days=400)
# A family at one computer.
MOST_PEOPLE = 5


def read() -> tuple[str, tuple[int, ...]]:
    """The browser's random name, and the ids of whoever has logged in with it; nothing where the cookie is not ours."""
    with suppress(BadSignature, TypeError, ValueError):
        name, *ids = _serializer().loads(request.cookies.get(current_app.config["DEVICE_COOKIE"], ""))
        return str(name), tuple(int(user_id) for user_id in ids)
    return "", ()


def remember(user_id: int) -> None:
    """Who has just shown or chosen the password in this browser is known in it from now on."""
    g.known_user_id = user_id


def after_request(answer: Response) -> Response:
    if "known_user_id" in g:
        _write(answer, g.known_user_id)
    elif g.get("token"):
        with suppress(Unavailable):
            if user := current_user():
                _write(answer, user.id)
    return answer


def _write(answer: Response, user_id: int) -> None:
    name, ids = read()
    latest = [user_id, *(other for other in ids if other != user_id)][:MOST_PEOPLE]
    answer.set_cookie(
        current_app.config["DEVICE_COOKIE"],
        _serializer().dumps([name or secrets.token_urlsafe(16), *latest]),
        max_age=LIFE,
        httponly=True,
        secure=current_app.config["HTTPS"],
        samesite="Lax",
    )


def _serializer() -> URLSafeSerializer:
    config = current_app.config
    return URLSafeSerializer([*reversed(config["SECRET_KEY_FALLBACKS"]), config["SECRET_KEY"]], salt="device")
