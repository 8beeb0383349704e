"""The database of the app: opened at the start, reached by a view, swept in passing."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from flask import Flask, current_app, request

from db import Clock, Conflict, Database, Unavailable, Unfit, connect
from db.migrate import migrate
from webapp.accounts import adoption, sweep
from webapp.config import BadSetting, blind_index_key, settings

log = logging.getLogger("latchkey")

# Only these requests may sweep, so that no form waits for it.
SWEEPING = {"GET", "HEAD"}
# Before a view that was in another's way is called once more, in seconds.
PAUSES = (0.02, 0.1, 0.3)

Answer = TypeVar("Answer")


def database() -> Database:
    """The app's database; each thread has a connection of its own behind it."""
    return cast(Database, current_app.extensions["database"])


def open_for(app: Flask, clock: Clock, own: Path) -> None:
    """Open the app's database and run what migrations are missing, ours and then those in `own`. Raises BadSetting."""
    given = settings(app)
    try:
        key, *older_keys = map(blind_index_key, given.secret_key)
        opened = connect(given.database_url, clock, given.threads, key, older_keys, mails=given.mail_url is not None)
        is_tutorials = opened.has_table("users") and not opened.has_table("migrations")
        migrate(opened)
        migrate(opened, own, "own/")
    except (Unavailable, Unfit) as error:
        raise BadSetting("DATABASE_URL", f"leads to no usable database: {error}") from error
    if is_tutorials:
        log.info("adopted a database that the tutorial's code wrote")
        adoption.tell(opened)
    app.extensions["database"] = opened


def retried(view: Callable[[], Answer]) -> Answer:
    """Call `view`, and again if another transaction was in its way. Raises Conflict after the fourth time.

    Nothing of that transaction was written. A view that has committed another one before is not called again, or it
    would find its own code used.
    """
    before = database().committed()
    for pause in PAUSES:
        try:
            return view()
        except Conflict as conflict:
            if database().committed() != before:
                raise
            log.info("two transactions were in each other's way; trying again: %s", " ".join(str(conflict).split()))
            time.sleep(pause)
    return view()


def register(app: Flask) -> None:
    app.extensions["swept"] = datetime.min.replace(tzinfo=UTC), sweep.EVERY
    app.before_request(partial(_sweep_now_and_then, app))


def _sweep_now_and_then(app: Flask) -> None:
    """Delete what has expired, now and then, before a page is shown."""
    opened, (swept_at, pause) = app.extensions["database"], app.extensions["swept"]
    now = opened.clock()
    if abs(now - swept_at) >= pause and request.method in SWEEPING:
        opened.check_may_write()
        app.extensions["swept"] = now, sweep.EVERY
        app.extensions["swept"] = now, sweep.sweep_if_due(opened, settings(app).event_days)
