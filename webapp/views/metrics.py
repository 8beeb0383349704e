"""Numbers for programs that watch the server."""

import hmac

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from db import Unavailable, moment
from webapp import metrics
from webapp.accounts import admin, factors, factors_reset, outbox
from webapp.auth import public
from webapp.config import settings
from webapp.database import database
from webapp.server.address import is_on_this_machine

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@public
def show() -> ResponseReturnValue:
    """Answer programs on this machine or with the token; others get 404, so they learn of no token to guess."""
    if not (is_on_this_machine() or _has_token()):
        abort(404)
    return Response(metrics.scrape(_stored()), content_type=metrics.CONTENT_TYPE)


def _has_token() -> bool:
    given, token = request.authorization, settings().metrics_token
    if not token or given is None or given.type != "bearer":
        return False
    return hmac.compare_digest((given.token or "").encode(), token.encode())


def _stored() -> dict[tuple[str, str], float]:
    """Numbers that the database knows; one alone while it is gone, when what is counted here is wanted most."""
    try:
        return _of_database() | _factors() | (_mails() if database().mails else {})
    except Unavailable:
        return {metrics.DATABASE_UP: 0}


def _of_database() -> dict[tuple[str, str], float]:
    return {
        metrics.DATABASE_UP: 1,
        metrics.COMMITS_WAITING: database().commits_waiting(),
        metrics.LIVE_SESSIONS: admin.live_sessions(database()),
    }


def _factors() -> dict[tuple[str, str], float]:
    return {
        metrics.WITH_FACTOR: factors.number_of_users(database()),
        metrics.RESETS: factors_reset.number_waiting(database()),
    }


def _mails() -> dict[tuple[str, str], float]:
    held, now = outbox.numbers(database()), database().clock()
    age = (now - moment(held.eldest)).total_seconds() if held.eldest else 0
    return {
        metrics.MAILS_WAITING: held.waiting,
        metrics.MAILS_ELDEST: max(0.0, age),
        metrics.MAILS_GIVEN_UP: held.failed,
    }
