"""Roles: who may look after the others. The last admin stays one."""

import logging

from db import Database, users
from db.users import User
from webapp.accounts import events
from webapp.accounts.events import Client, Kind

log = logging.getLogger("latchkey")


class NoSuchAccount(Exception):
    """Nobody has that address."""


class LastAdmin(Exception):
    """Without this admin nobody could look after the others."""


def promote(db: Database, client: Client, email: str) -> User:
    """Make an admin of the person with this address, from the next request on. Raises NoSuchAccount."""
    return _give(db, client, email, "admin")


def demote(db: Database, client: Client, email: str) -> User:
    """Make a plain user of an admin, from the next request on. Raises NoSuchAccount, LastAdmin."""
    return _give(db, client, email, "user")


def has_admin(db: Database) -> bool:
    return users.has_admin(db)


def person(db: Database, email: str) -> User:
    """Raises NoSuchAccount."""
    user = users.by_email(db, email.strip().lower())
    if user is None:
        raise NoSuchAccount
    return user


def locked(db: Database, user: User) -> User:
    """The person as of now, whom the open transaction is about to take away; raises LastAdmin for the last admin."""
    if user.is_admin:
        users.lock_admins(db)
    now = users.lock(db, user.id) or user
    is_acting = now.is_admin and not now.disabled_at and not now.deletion_at
    if is_acting and users.count_acting_admins(db) < 2:
        raise LastAdmin
    return now


def _give(db: Database, client: Client, email: str, role: str) -> User:
    with db.transaction():
        user = person(db, email)
        if user.role != role:
            locked(db, user)
            users.set_role(db, user.id, role)
            events.record(db, client, Kind.ROLE_CHANGED, user.id, detail=f"from {user.role} to {role}")
    log.info("role changed: user %d is %s", user.id, role)
    return user
