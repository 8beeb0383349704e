"""Numbers for programs that watch the server."""

import hmac

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from db import Unavailable
from webapp import metrics
from webapp.accounts import admin
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
    return Response(metrics.scrape(_live_sessions()), content_type=metrics.CONTENT_TYPE)


def _has_token() -> bool:
    given, token = request.authorization, settings().metrics_token
    if not token or given is None or given.type != "bearer":
        return False
    return hmac.compare_digest((given.token or "").encode(), token.encode())


def _live_sessions() -> int | None:
    """None while the database is gone, when the other numbers are wanted most."""
    try:
        return admin.live_sessions(database())
    except Unavailable:
        return None
