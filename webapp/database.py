"""The database of the app: opened at the start, reached by a view, swept in passing."""

from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app, request

from db import Database
from webapp.accounts import sweep
from webapp.config import settings

# No form waits for a sweep.
SWEEPING = {"GET", "HEAD"}


def database() -> Database:
    """The app's database; each thread has a connection of its own behind it."""
    return cast(Database, current_app.extensions["database"])


def sweep_in_passing(app: Flask) -> None:
    """Take away what is over, now and then, before a page is shown."""
    app.extensions["swept"] = datetime.min.replace(tzinfo=UTC), sweep.EVERY
    app.before_request(_sweep_now_and_then)


def _sweep_now_and_then() -> None:
    now, (swept_at, pause) = database().clock(), current_app.extensions["swept"]
    if request.method in SWEEPING and abs(now - swept_at) >= pause:
        current_app.extensions["swept"] = now, sweep.EVERY
        current_app.extensions["swept"] = now, sweep.sweep_if_due(database(), settings().event_days)
