"""Half a log-in: its user has shown the password, or the mailbox, and has yet to show a second factor.

It is no session: it lies in another table under another cookie, so no door takes it for one.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple

from db import Database, half_logins, moment, stored, users
from db.users import User

# As long as a mailed code works: the phone may lie in another room.
LIFE = timedelta(minutes=10)
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000


class NoHalfLogin(Exception):
    """This browser holds no half log-in: it was finished, is too old, or was ended by a change in the account."""


class HalfLogin(NamedTuple):
    """Half a log-in: `hash` is its token's, `shown` what the user has shown so far."""

    hash: str
    user: User
    remember: bool
    shown: str


def begin(db: Database, user: User, remember: bool, shown: str) -> str:
    """Begin half a log-in inside the transaction that has locked the user's row; return its token."""
    token = secrets.token_urlsafe(32)
    half_logins.add(db, _hash(token), user.id, remember, shown)
    return token


def find(db: Database, token: str) -> HalfLogin:
    """The half log-in with this token. Raises NoHalfLogin."""
    return _live(db, _hash(token))


def finish(db: Database, half: HalfLogin) -> User:
    """Use it up, inside the transaction of the log-in; return its user, whose row is locked.

    Raises NoHalfLogin, also if another request was faster, or the account was shut meanwhile.
    """
    users.lock(db, half.user.id)
    user = _live(db, half.hash).user
    if not half_logins.remove(db, half.hash):
        raise NoHalfLogin
    return user


def give_up(db: Database, token: str) -> None:
    """End the half log-in with this token, as its browser has begun another."""
    with db.transaction():
        half_logins.remove(db, _hash(token))


def end_all(db: Database, user_id: int) -> None:
    """End all half log-ins of a user, inside the transaction of an act that changes who may come in."""
    half_logins.remove_all_of(db, user_id)


def sweep(db: Database) -> None:
    half_logins.remove_older(db, stored(db.clock() - LIFE), SWEPT_AT_ONCE)


def _live(db: Database, hashed: str) -> HalfLogin:
    found = half_logins.find(db, hashed)
    # A clock that steps back makes it younger, and does not make it last.
    if found is None or abs(db.clock() - moment(found.made_at)) >= LIFE:
        raise NoHalfLogin
    user = users.by_id(db, found.user_id)
    if user is None or user.disabled_at or user.is_gone(db.now()):
        raise NoHalfLogin
    return HalfLogin(found.token_hash, user, bool(found.remember), found.shown)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
