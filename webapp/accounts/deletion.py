"""Deleting one's account: marked at once, gone after some days, unless its person takes the wish back."""

import logging
from datetime import timedelta

from db import Database, stored, users
from db.sessions import Session
from webapp.accounts import confirmation, events, roles, sessions
from webapp.accounts.events import Client, Kind

# Events go with each; a sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 20

log = logging.getLogger("latchkey")


def ask(db: Database, client: Client, session: Session, password: str, days: int) -> str:
    """Mark the account, log it out everywhere, and give the moment when it will be gone; a second wish delays nothing.

    Raises WrongPassword, Throttled, Busy, and LastAdmin where nobody could look after the others any more.
    """
    confirmation.check(db, client, session, password)
    with db.transaction():
        user = roles.locked(db, session.user)
        gone_at = user.deletion_at or stored(db.clock() + timedelta(days=days))
        events.record(db, client, Kind.DELETION_ASKED, user.id, session.id)
        sessions.end_all(db, client, user.id, Kind.SESSION_ENDED_BY_DELETION)
        users.set_deletion(db, user.id, gone_at)
    log.info("deletion asked for: user %d", user.id)
    return gone_at


def take_back(db: Database, client: Client, session: Session) -> None:
    """Keep the account."""
    if session.user.deletion_at is None:
        return
    with db.transaction():
        users.set_deletion(db, session.user.id, None)
        events.record(db, client, Kind.DELETION_TAKEN_BACK, session.user.id, session.id)
    log.info("deletion taken back: user %d", session.user.id)


def sweep(db: Database) -> None:
    """Take away accounts whose time has come, and all that belongs to them; their names and addresses are free."""
    if gone := users.remove_deleted(db, SWEPT_AT_ONCE):
        log.info("deleted: %d accounts", gone)
