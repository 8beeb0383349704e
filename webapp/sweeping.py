"""Takes away what is over, now and then, in passing."""

from datetime import UTC, datetime

from flask import Flask, current_app

from webapp.accounts import sweep
from webapp.database import database


def register(app: Flask) -> None:
    app.extensions["swept_at"] = datetime.min.replace(tzinfo=UTC)
    app.before_request(_sweep_now_and_then)


def _sweep_now_and_then() -> None:
    now = database().clock()
    if abs(now - current_app.extensions["swept_at"]) >= sweep.EVERY:
        current_app.extensions["swept_at"] = now
        sweep.sweep(database(), current_app.config["EVENT_DAYS"])
