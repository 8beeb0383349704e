"""Takes away what is over, now and then, in passing."""

from datetime import UTC, datetime

from flask import Flask, current_app, request

from webapp.accounts import sweep
from webapp.auth import SAFE
from webapp.database import database


def register(app: Flask) -> None:
    app.extensions["swept"] = datetime.min.replace(tzinfo=UTC), sweep.EVERY
    app.before_request(_sweep_now_and_then)


def _sweep_now_and_then() -> None:
    """Sweep on GET requests only, so that no form waits for it."""
    now, (swept_at, pause) = database().clock(), current_app.extensions["swept"]
    if request.method in SAFE and abs(now - swept_at) >= pause:
        current_app.extensions["swept"] = now, sweep.EVERY
        current_app.extensions["swept"] = now, sweep.sweep_if_due(database(), current_app.config["EVENT_DAYS"])
