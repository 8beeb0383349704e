"""What somebody is called, where they are reached, and in which language."""

import logging

from db import Database, Duplicate, users
from db.sessions import Session
from webapp.accounts import deletion, events, throttle
from webapp.accounts.events import Client, Kind
from webapp.accounts.signup import EMAIL_TAKEN, NAME_TAKEN, Refused, refuse_reserved

log = logging.getLogger("latchkey")


def rename(db: Database, client: Client, session: Session, username: str) -> None:
    """Take another user name. Raises Refused when it is another user's, or reserved."""
    user, detail = session.user, f"from {session.user.username} to {username}"
    if username == user.username:
        return
    refuse_reserved(client, username, own=user.username)
    try:
        with db.transaction():
            deletion.sweep(db)
            users.set_username(db, user.id, username)
            events.record(db, client, Kind.USERNAME_CHANGED, user.id, session.id, detail)
    except Duplicate as duplicate:
        raise Refused(username=NAME_TAKEN) from duplicate
    log.info("user name changed: user %d", user.id)


def set_language(db: Database, session: Session, language: str | None) -> None:
    """Read pages in this language from now on; with None as the browser asks."""
    with db.transaction():
        users.set_language(db, session.user.id, language)


def change_email(db: Database, client: Client, session: Session, email: str) -> None:
    """Log in with another address from now on. Raises Refused when it is somebody else's."""
    user, detail = session.user, f"from {session.user.email} to {email}"
    if email == user.email:
        return
    try:
        with db.transaction():
            deletion.sweep(db)
            users.set_email(db, user.id, email)
            throttle.forget(db, email)
            events.record(db, client, Kind.EMAIL_CHANGED, user.id, session.id, detail)
    except Duplicate as duplicate:
        raise Refused(email=EMAIL_TAKEN) from duplicate
    log.info("email address changed: user %d", user.id)
