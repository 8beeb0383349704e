"""Logging in: the one place where an address and a password become a session."""

import logging

from db import Database, users
from webapp.accounts import passwords, sessions

log = logging.getLogger("latchkey")


class InvalidCredentials(Exception):
    """No such account, or not its password; nobody is told which."""


def log_in(db: Database, email: str, password: str, remember: bool, old_token: str | None) -> str:
    """Give the token of a new session; `old_token`, which this browser came with, ends. Raises InvalidCredentials.

    An unknown address costs the same work as a known one.
    """
    user = users.by_email(db, email)
    if not passwords.matches(user.password if user else None, password) or user is None:
        log.info("refused a log-in: %s", f"user {user.id}" if user else "unknown address")
        raise InvalidCredentials
    renewed = passwords.hashed(password) if passwords.is_outdated(user.password) else None
    with db.transaction():
        if renewed:
            users.renew_password(db, user, renewed)
        if old_token:
            sessions.end(db, old_token)
        sessions.sweep(db)
        token = sessions.start(db, user.id, remember)
    log.info("logged in: user %d%s", user.id, ", hash renewed" if renewed else "")
    return token
