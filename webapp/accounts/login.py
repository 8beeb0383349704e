"""Logging in: the one place where an address and a password become a session."""

import logging
from contextlib import suppress
from datetime import timedelta

from db import Database, stored, users
from db.users import User
from webapp.accounts import events, notices, passwords, sessions, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, as_stored, known_email_objection, refuse
from webapp.accounts.hashing import Busy, Turn
from webapp.accounts.standing import DISABLED
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

INVALID = say("Invalid credentials.")
INVALID_NAME = say("Invalid credentials. Log in with your email address, not with your user name.")
# A browser that keeps no cookie is known for so long by its name and its network.
DEVICE_KNOWN = timedelta(days=60)


class Failed(Refused):
    """A log-in that counts as a failed one."""


class InvalidCredentials(Failed):
    """No such account, or not its password; the answer does not tell which.

    A user who typed the user name reads what to type; the shape of what was typed decides, whether it exists or not.
    """

    def __init__(self, email: str) -> None:
        super().__init__(password=INVALID if "@" in email else INVALID_NAME)


class Disabled(Failed):
    """An admin has shut the account; only a visitor who knows its password is told."""

    def __init__(self) -> None:
        super().__init__(email=DISABLED)


def log_in(db: Database, actor: Actor, email: str, password: str, remember: bool, old_token: str | None) -> str:
    """Return the token of a new session; end the session of `old_token`, which this browser came with.

    Raises Refused (InvalidCredentials, Disabled), Throttled, Busy. An unknown address costs the same work as a known
    one.
    """
    refuse(email=known_email_objection(email := as_stored(email)))
    found = users.by_email(db, email)
    known = throttle.is_known(db, actor, found)
    turn, succeeded = throttle.turn(actor, email, known), throttle.of_logged_in(actor, email, found, known)
    throttle.check(db, succeeded)
    with throttle.trying(db, throttle.of_login(actor, email, found, known), Failed):
        user = _checked(db, actor, found, email, password, turn)
    renewed = _renewed(user, password, turn)
    with db.transaction():
        throttle.take(db, succeeded)
        # While the password was being checked, its user may have changed it, or an admin may have shut the account.
        if not _is_as_read(user, users.lock(db, user.id)):
            raise InvalidCredentials(email)
        if renewed and users.set_password(db, user, renewed):
            events.record(db, actor, Kind.HASH_RENEWED, user.id)
        if _is_new_device(db, actor, user):
            throttle.take(db, throttle.of_new_device(user))
            notices.tell(db, actor, Kind.LOGGED_IN, user)
        token = finish(db, actor, user, remember, old_token)
    log.info("logged in: user %d%s", user.id, ", hash renewed" if renewed else "")
    return token


def finish(db: Database, actor: Actor, user: User, remember: bool, old_token: str | None, by: str = "") -> str:
    """Begin the session of a user who has shown who they are, inside a transaction that has locked the user's row.

    Return its token; the session of `old_token` ends. `by` says how, if it was not the password.
    """
    if old_token and (old := sessions.find(db, old_token)):
        sessions.end(db, actor, old, Kind.LOGGED_OUT)
    users.give_password_id(db, user.id)
    throttle.end_row(db, user)
    return sessions.start(db, actor, user, remember, by)


def _checked(db: Database, actor: Actor, user: User | None, email: str, password: str, turn: Turn) -> User:
    """Return `user` if `password` is theirs. Raises InvalidCredentials, Disabled, Busy."""
    matches = passwords.matches(user.password if user else None, password, turn, passwords.dearest(db))
    if not matches or user is None or user.is_gone(db.now()):
        _note_failure(db, actor, user)
        raise InvalidCredentials(email)
    if user.disabled_at:
        _note_failure(db, actor, user, "disabled")
        raise Disabled
    return user


def _renewed(user: User, password: str, turn: Turn) -> str | None:
    """New hash if the stored one is outdated; None if it is current or the pool is busy."""
    with suppress(Busy):
        outdated = passwords.is_outdated(user.password)
        return passwords.hashed(password, turn._replace(known=True)) if outdated else None
    return None


def _is_as_read(read: User, now: User | None) -> bool:
    return now is not None and now.password == read.password and not now.disabled_at


def _is_new_device(db: Database, actor: Actor, user: User) -> bool:
    """Whether the owner is to be told of this log-in: from a browser, and a network, that the account does not know.

    Lynx and private windows keep no cookie, so the same browser in words from the same network is known too.
    """
    if not db.mails or throttle.is_full(db, throttle.of_new_device(user)):
        return False
    is_known = actor.known_to.get(user.id, "") == users.password_id(db, user.id) != ""
    if is_known or events.last_login(db, user.id) is None:
        return False
    # What was known before its owner locked the account may have been a thief's.
    since = max(stored(db.clock() - DEVICE_KNOWN), events.latest(db, user.id, Kind.UNDONE) or "")
    places = events.login_places(db, user.id, since)
    here = throttle.network_of(actor.address), actor.device
    return here not in {(throttle.network_of(address), device) for address, device in places}


def _note_failure(db: Database, actor: Actor, user: User | None, refused: str = "") -> None:
    """Record the failure, for an unknown address too: the same work, so that the time tells nothing."""
    with db.transaction():
        events.record(db, actor, Kind.LOGIN_FAILED, user.id if user else None, refused=refused)
    log.info("refused a log-in: %s", f"user {user.id}" if user else "unknown address")
