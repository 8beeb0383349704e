"""Resetting a password: a link to the account's address leads to a page that takes a new one."""

import logging

from db import Database, users
from db.users import User
from webapp.accounts import events, notices, outbox, passwords, people, roles, sessions, strength, throttle, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import as_stored, asked_email_objection, refuse
from webapp.accounts.strength import FEWEST_CHARACTERS
from webapp.accounts.tokens import Purpose

log = logging.getLogger("latchkey")


def ask(db: Database, actor: Actor, email: str, is_open: bool = True) -> None:
    """Mail a link to the account with this address; the answer, its rows and its time tell not whether there is one.

    `is_open`: anybody may sign up. Then an address that nobody has is mailed that; else it is not. Raises Refused,
    Throttled.
    """
    refuse(email=asked_email_objection(email := as_stored(email)))
    user = people.with_email(db, email)
    if outbox.is_full(db, actor, email, user):
        return
    with db.transaction():
        token = tokens.make(db, Purpose.RESET, email, user.id if user and not user.disabled_at else None)
        outbox.answer(db, actor, outbox.Kind.RESET, email, user, token, is_open)
    log.info("reset asked for: %s", f"user {user.id}" if user else "unknown address")


def send(db: Database, actor: Actor, user: User, why: str = "") -> bool:
    """Mail the user a link, for an admin; return False if the account is gone. Raises Refused, NotAllowed, Throttled.

    The admin neither sees nor sets a password (ASVS 6.4.6).
    """
    refuse(reason=roles.why_objection(actor, why))
    with db.transaction():
        roles.check_admin(db, actor, user)
        now = users.lock(db, user.id)
        if now is None or now.is_gone(db.now()) or now.disabled_at:
            return False
        token = tokens.make(db, Purpose.RESET, now.email, now.id)
        outbox.add(db, actor, outbox.Kind.RESET_SENT, now.email, now, token, why=why)
        events.record(db, actor, Kind.RESET_SENT, user.id, why=why)
    log.info("reset sent by an admin: user %d", user.id)
    return True


def owner(db: Database, text: str) -> User:
    """The user whose password this link resets. Raises NoSuchToken, OfDisabled."""
    return tokens.owner(db, tokens.find(db, text, Purpose.RESET))


def choose(db: Database, actor: Actor, text: str, password: str, least: int = FEWEST_CHARACTERS) -> User:
    """Set a new password by the link with this token; return the user, who is logged in nowhere.

    All sessions end, the throttles of the password are lifted (NIST SP 800-63B-4 3.2.2), and the address is proved if
    it is the one that got the link. Raises NoSuchToken, OfDisabled, Refused, Throttled, Busy.
    """
    token = tokens.find(db, text, Purpose.RESET)
    user = tokens.owner(db, token)
    refuse(password=strength.objection(db, actor, password, least, (user.username, user.email)))
    hashed = passwords.hashed(password, throttle.turn(actor, user.email))
    with db.transaction():
        user = tokens.spend(db, token)
        tokens.end_all(db, user.id)
        users.replace_password(db, user.id, hashed)
        if token.sent_to == user.email:
            users.set_verified(db, user.id)
        sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_RESET)
        throttle.lift_for_reset(db, user)
        notices.record(db, actor, Kind.PASSWORD_RESET, user)
    log.info("password reset: user %d", user.id)
    return user
