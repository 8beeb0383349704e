"""Logging in: the one place where a password is checked, and the one where every way in becomes a session."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from db import Database, stored, users
from db.users import User
from webapp.accounts import events, factors_reset, half_logins, notices, passwords, sessions, throttle
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


# What a user shows first.
PASSWORD, MAIL = "password", "mail"


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


class Begun(NamedTuple):
    """What a log-in has begun: the token of a session or, with `is_half`, of half a log-in that waits for a factor.

    `remember`: the browser keeps the session. `next_path`: where the user was going, if that is known otherwise than by
    the address.
    """

    token: str
    remember: bool
    is_half: bool = False
    next_path: str = ""


def log_in(db: Database, actor: Actor, email: str, password: str, remember: bool, old_token: str | None) -> Begun:
    """Begin a session, or half a log-in; with the session that of `old_token` ends, which this browser came with.

    Raises Refused (InvalidCredentials, Disabled), Throttled, Busy. An unknown address costs the same work as a known
    one.
    """
    refuse(email=known_email_objection(email := as_stored(email)))
    found = users.by_email(db, email)
    known = throttle.is_known(db, actor, found)
    turn, succeeded = throttle.turn(actor, email, known), throttle.of_right_password(actor, known)
    is_whole = not (found and found.has_factor)
    throttle.check(db, succeeded + (throttle.of_logged_in(email, found) if is_whole else []))
    with throttle.trying(db, throttle.of_login(actor, email, found, known), Failed):
        user = _checked(db, actor, found, email, password, turn)
    renewed = _renewed(user, password, turn)
    with db.transaction():
        throttle.take(db, succeeded)
        # While the password was being checked, its user may have changed it, or an admin may have shut the account.
        now = users.lock(db, user.id)
        if now is None or not _is_as_read(user, now):
            raise InvalidCredentials(email)
        if renewed and users.set_password(db, user, renewed):
            events.record(db, actor, Kind.HASH_RENEWED, user.id)
        begun = begin(db, actor, now, remember, old_token)
    log.info("%s: user %d%s", _in_words(begun), user.id, ", hash renewed" if renewed else "")
    return begun


def begin(
    db: Database, actor: Actor, user: User, remember: bool, old_token: str | None, shown: str = PASSWORD
) -> Begun:
    """Log a user in who has shown the password, or the mailbox; half, if there is a second factor to show too.

    Call it inside a transaction that has locked the user's row, with the user as of now.
    """
    user = factors_reset.carried_out(db, user)
    if user.has_factor:
        return Begun(half_logins.begin(db, user, remember, shown), remember, is_half=True)
    return Begun(finish(db, actor, user, remember, old_token, shown), remember)


def finish(db: Database, actor: Actor, user: User, remember: bool, old_token: str | None, by: str = PASSWORD) -> str:
    """Begin the session of a user who has shown all that is asked for, inside a transaction that has locked the row.

    Every way in ends here. Return the session's token; the session of `old_token` ends. `by` says how: `password`,
    `mail` or `passkey`, with a `+` before the second factor, as in `password+app`. Raises Throttled.
    """
    throttle.take(db, throttle.of_logged_in(user.email, user))
    if old_token and (old := sessions.find(db, old_token)):
        sessions.end(db, actor, old, Kind.LOGGED_OUT)
    if not by.startswith(MAIL) and _is_new_device(db, actor, user):
        throttle.take(db, throttle.of_new_device(user))
        notices.tell(db, actor, Kind.LOGGED_IN, user)
    users.give_password_id(db, user.id)
    throttle.end_row(db, user)
    return sessions.start(db, actor, user, remember, "" if by == PASSWORD else by)


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


def _is_as_read(read: User, now: User) -> bool:
    return now.password == read.password and not now.disabled_at


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


def _in_words(begun: Begun) -> str:
    return "half a log-in" if begun.is_half else "logged in"


def _note_failure(db: Database, actor: Actor, user: User | None, refused: str = "") -> None:
    """Record the failure, for an unknown address too: the same work, so that the time tells nothing."""
    with db.transaction():
        events.record(db, actor, Kind.LOGIN_FAILED, user.id if user else None, refused=refused)
    log.info("refused a log-in: %s", f"user {user.id}" if user else "unknown address")
