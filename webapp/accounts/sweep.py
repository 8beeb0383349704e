"""What time takes away: sessions, drafts and accounts that are over, events that are old."""

from contextlib import suppress
from datetime import timedelta

from db import Database, Unavailable
from webapp.accounts import deletion, drafts, events, sessions, throttle

# Often enough for what people see, seldom enough to cost nothing.
EVERY = timedelta(minutes=1)


def sweep(db: Database, events_kept_days: int) -> None:
    """All of it, or nothing while somebody else is writing: the next sweep finds it too."""
    with suppress(Unavailable), db.transaction(wait=False):
        sessions.sweep(db)
        drafts.sweep(db)
        deletion.sweep(db)
        throttle.sweep(db)
        events.sweep(db, events_kept_days)
