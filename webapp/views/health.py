"""Whether this server can do its work, for programs that watch it."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from db import Unavailable
from webapp.auth import public
from webapp.database import database

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def show() -> ResponseReturnValue:
    try:
        is_there = database().has_table("users")
    except Unavailable:
        is_there = False
    if not is_there:
        return Response("database unavailable\n", 503, mimetype="text/plain")
    return Response("ok", mimetype="text/plain")
