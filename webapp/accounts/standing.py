"""Whether somebody may come in: an account can be disabled, and enabled again."""

import logging

from db import Database, users
from db.users import User
from webapp.accounts import events, roles, sessions
from webapp.accounts.events import Client, Kind

log = logging.getLogger("latchkey")


def disable(db: Database, client: Client, email: str) -> User:
    """Shut the account and end its sessions. Raises NoSuchAccount, LastAdmin."""
    with db.transaction():
        user = roles.person(db, email)
        if not user.disabled_at:
            roles.locked(db, user)
            sessions.end_all(db, client, user.id, Kind.SESSION_ENDED_BY_ADMIN)
            users.set_disabled(db, user.id, db.now())
            events.record(db, client, Kind.DISABLED, user.id)
    log.info("disabled: user %d", user.id)
    return user


def enable(db: Database, client: Client, email: str) -> User:
    """Let somebody log in again. Raises NoSuchAccount."""
    with db.transaction():
        user = roles.person(db, email)
        if user.disabled_at:
            users.set_disabled(db, user.id, None)
            events.record(db, client, Kind.ENABLED, user.id)
    log.info("enabled: user %d", user.id)
    return user
