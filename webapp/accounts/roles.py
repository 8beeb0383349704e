"""Roles: who may look after the others."""

import logging

from db import Database, users
from db.users import User

log = logging.getLogger("latchkey")


class NoSuchAccount(Exception):
    """Nobody has that address."""


def promote(db: Database, email: str) -> User:
    """Make an admin of the person with this address, from the next request on. Raises NoSuchAccount."""
    user = users.by_email(db, email.strip().lower())
    if user is None:
        raise NoSuchAccount
    with db.transaction():
        users.set_role(db, user.id, "admin")
    log.info("promoted: user %d", user.id)
    return user


def has_admin(db: Database) -> bool:
    return users.has_admin(db)
