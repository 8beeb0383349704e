"""The sweep: removes sessions, drafts and accounts that are over, and events that are old."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from db import Database, Unavailable, chores, stored
from webapp.accounts import (
    challenges,
    deletion,
    drafts,
    events,
    factors_reset,
    half_logins,
    outbox,
    sessions,
    throttle,
    tokens,
    totp,
)

# Often enough for what people see, seldom enough to cost nothing.
EVERY = timedelta(minutes=1)
# If there is more to do: a step takes some hundredths of a second.
SOON = timedelta(seconds=1)
NAME = "sweep"


def sweep_if_due(db: Database, events_kept_days: int) -> timedelta:
    """Sweep, unless another process has in the last minute; return how long to wait until the next call."""
    with suppress(Unavailable):
        with db.transaction(wait=False):
            is_ours = chores.take(db, NAME, stored(db.clock() + EVERY))
        if is_ours and sweep(db, events_kept_days):
            with db.transaction(wait=False):
                chores.hasten(db, NAME, stored(db.clock() + SOON))
            return SOON
    return EVERY


def sweep(db: Database, events_kept_days: int) -> bool:
    """Take one step of each kind; return whether there is more to do.

    A step that finds the database busy is left to the next sweep.
    """
    with suppress(Unavailable):
        events.sum_up_days(db)
    steps: list[Callable[[], bool | None]] = [
        lambda: sessions.sweep(db),
        lambda: drafts.sweep(db),
        lambda: throttle.sweep(db),
        lambda: tokens.sweep(db),
        lambda: outbox.sweep(db),
        lambda: half_logins.sweep(db),
        lambda: challenges.sweep(db),
        lambda: totp.seal_anew(db),
        lambda: factors_reset.sweep(db),
        lambda: events.sweep(db, events_kept_days),
        lambda: deletion.sweep(db),
    ]
    return sum(_step(db, step) for step in steps) > 0


def _step(db: Database, step: Callable[[], bool | None]) -> bool:
    with suppress(Unavailable), db.transaction(wait=False):
        return bool(step())
    return False
