"""A session: a random token in somebody's browser, and a row that says whose it is and how long it lives."""

import hashlib
import logging
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from db import Database, Unavailable, moment, sessions, stored
from db.sessions import Session

log = logging.getLogger("latchkey")


class Life(NamedTuple):
    """A session ends at whichever comes first: `idle` after it was last seen, `absolute` after it began."""

    idle: timedelta
    absolute: timedelta


# NIST SP 800-63B-4 2.1.3 and 2.2.3: 30 days at most for one factor.
REMEMBERED = Life(idle=timedelta(days=14), absolute=timedelta(days=30))
# A shared computer, a library: gone with the browser, and after an hour away from it.
BRIEF = Life(idle=timedelta(hours=1), absolute=timedelta(hours=24))
# An admin's session opens everybody's account, so it is short, remembered or not.
ADMINS = Life(idle=timedelta(minutes=30), absolute=timedelta(hours=12))

# A write a minute is exact enough, and leaves reading pages free of writes.
SEEN_EVERY = timedelta(minutes=1)


def start(db: Database, user_id: int, remember: bool) -> str:
    """Begin a session and give its token; only the token's hash is kept (ASVS 7.2.3)."""
    token = secrets.token_urlsafe(32)
    sessions.add(db, _hash(token), user_id, remember)
    return token


def find(db: Database, token: str) -> Session | None:
    """The live session that has this token; notes that it was seen."""
    session = sessions.find(db, _hash(token))
    if session is None or not is_live(db, session):
        return None
    if db.clock() - moment(session.last_seen_at) >= SEEN_EVERY:
        # A page that can be read is shown, and at once, even while nothing can be written.
        with suppress(Unavailable), db.transaction(wait=False):
            sessions.touch(db, session.token_hash)
    return session


def end(db: Database, token: str) -> None:
    """Log out: the row goes, and with it whatever the token opened."""
    with db.transaction():
        user_id = sessions.remove(db, _hash(token))
    if user_id is not None:
        log.info("logged out: user %d", user_id)


def is_live(db: Database, session: Session) -> bool:
    """A clock that steps back makes a session younger, which logs nobody out."""
    life = life_of(session)
    now = db.clock()
    return now - moment(session.created_at) < life.absolute and now - moment(session.last_seen_at) < life.idle


def life_of(session: Session) -> Life:
    if session.user.is_admin:
        return ADMINS
    return REMEMBERED if session.remember else BRIEF


class Overview(NamedTuple):
    """What the dashboard's panel tells; times as they are stored, in UTC."""

    live: int
    began: str
    ends: str
    joined: str
    read: str


def overview(db: Database, session: Session) -> Overview:
    ends = min(moment(session.created_at) + life_of(session).absolute, db.clock() + life_of(session).idle)
    rows = (Session("", *row, session.user) for row in sessions.of_user(db, session.user.id))
    live = sum(is_live(db, row) for row in rows)
    return Overview(live, session.created_at, stored(ends), session.user.created_at, db.now())


def sweep(db: Database) -> None:
    """Delete the rows of sessions that have ended by themselves."""
    now = db.clock()
    for remember, life in ((True, REMEMBERED), (False, BRIEF)):
        sessions.remove_older(db, remember, stored(now - life.absolute), stored(now - life.idle))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
