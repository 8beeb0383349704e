"""A session: a random token in a user's browser, and a row that says whose it is and how long it lives."""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from db import Database, Unavailable, drafts, moment, sessions, stored, users
from db.sessions import Session
from db.users import User
from webapp.accounts import events, half_logins
from webapp.accounts.actor import NO_ACTOR, Actor, NoSession
from webapp.accounts.events import Kind

log = logging.getLogger("latchkey")


class Life(NamedTuple):
    """A session ends `idle` after it was last seen, or `absolute` after the password was checked, if that is first."""

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
# How long the row of a session that ended by itself is kept, to tell whose form came too late.
KEPT_AFTER_END = timedelta(days=7)
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 100
# Rows of a user's sessions that ended by themselves: at most so many are deleted at once; the sweep takes the rest.
ENDED_AT_ONCE = 1000
# No user has so many browsers; a program with a stolen password may want more, and every list reads them all.
MOST = 100
PAGE = 25
# A user who was away for longer begins another visit.
VISIT_ENDS_AFTER = timedelta(hours=1)


def start(db: Database, actor: Actor, user: User, remember: bool, by: str = "") -> str:
    """Begin a session and return its token; only the token's hash is kept (ASVS 7.2.3). `by` says how, as `mail`."""
    token, session_id = secrets.token_urlsafe(32), secrets.token_hex(8)
    ends_at = stored(db.clock() + _life(user, remember).idle)
    visited_at = events.last_login(db, user.id)
    _make_room(db, actor, user)
    sessions.add(db, session_id, _hash(token), user.id, remember, ends_at, visited_at, actor.device, actor.address)
    events.record(db, actor, Kind.LOGGED_IN, user.id, session_id, by=by)
    return token


def find(db: Database, token: str) -> Session | None:
    """The session that has this token, live or not."""
    return sessions.find(db, _hash(token))


def see(db: Database, session: Session) -> Session:
    """Note that the session was used, which moves its idle end; return the session with the new time."""
    if db.clock() - moment(session.last_seen_at) < SEEN_EVERY:
        return session
    # While the database takes no writes, pages that only read are still shown, and at once.
    with suppress(Unavailable):
        return put_off(db, session, wait=False)
    return session


def put_off(db: Database, session: Session, wait: bool = True) -> Session:
    """Move the session's idle end; return the session with the new time. Raises Unavailable if it cannot be written."""
    seen = session._replace(last_seen_at=db.now())
    with db.transaction(wait):
        sessions.touch(db, session.id, stored(_end(seen)), stored(db.clock() - VISIT_ENDS_AFTER))
    return seen


def locked(db: Database, actor: Actor) -> Session:
    """Lock the row of the actor's user; return the actor's session as of now. Raises NoSession if it has ended.

    While the act waited for the lock, the owner may have ended this session.
    """
    here = actor.own_session
    users.lock(db, here.user.id)
    found = sessions.by_id(db, here.user.id, here.id)
    if found is None or not is_live(db, found):
        raise NoSession
    return found


def renew(db: Database, session: Session) -> str:
    """Return another token for the session of a user just confirmed; the old one opens nothing (ASVS 7.2.4)."""
    token = secrets.token_urlsafe(32)
    sessions.renew(db, session.id, _hash(token), stored(db.clock() + life_of(session).idle))
    return token


def is_live(db: Database, session: Session) -> bool:
    """Whether the session still counts as logged in. A clock that steps back makes it younger, and does not end it."""
    user = session.user
    if session.ended_at or user.disabled_at or (user.deletion_at and user.is_gone(db.now())):
        return False
    return db.clock() < _end(session)


def life_of(session: Session) -> Life:
    return _life(session.user, session.remember)


class Expiry(NamedTuple):
    """When a session ends if it is not used again; with `is_idle`, using it puts the end off."""

    at: str
    seconds: int
    is_idle: bool


def expiry(db: Database, session: Session) -> Expiry:
    absolute, idle = _ends(session)
    end = min(absolute, idle)
    return Expiry(stored(end), max(0, round((end - db.clock()).total_seconds())), idle < absolute)


def kept(db: Database, user_id: int) -> list[Session]:
    """All sessions of a user whose rows are kept, also those that ended by themselves in the last week."""
    return sessions.of_user(db, user_id)


def live(db: Database, user_id: int) -> list[Session]:
    """All live sessions of a person, the one seen last first."""
    return [session for session in sessions.unended(db, user_id) if is_live(db, session)]


class Page(NamedTuple):
    """Some of a user's sessions; `number` counts from 1, `older` is the number of the next page, or None."""

    sessions: list[Session]
    number: int
    older: int | None


def others(db: Database, here: Session, number: int) -> Page:
    """25 live sessions of this one's user, the one seen last first, without this one; past the end the last page."""
    found = [session for session in live(db, here.user.id) if session.id != here.id]
    last = max(1, ceil(len(found) / PAGE))
    number = min(max(1, number), last)
    return Page(found[(number - 1) * PAGE : number * PAGE], number, number + 1 if number < last else None)


def seen_last_first(found: Iterable[Session]) -> list[Session]:
    """Sort sessions as the table does, where they come without order."""
    return sorted(sorted(found, key=lambda session: session.id), key=lambda session: session.last_seen_at, reverse=True)


def owners(db: Database) -> list[int]:
    """Ids of users with a session not marked as ended."""
    return sessions.owners(db)


class NoSuchSession(Exception):
    """No session has this id, or it is another user's."""


class Ended(Exception):
    """The session is this user's, and has ended already."""


def one(db: Database, user_id: int, session_id: str) -> Session | None:
    """The user's live session with this id, or None if it has ended. Raises NoSuchSession."""
    found = sessions.by_id(db, user_id, session_id)
    if found and is_live(db, found):
        return found
    if not found and not events.of_session(db, user_id, session_id):
        raise NoSuchSession
    return None


def log_out(db: Database, actor: Actor, token: str) -> None:
    """End the session of `token`, if it has one: the row goes, and with it all that the token opened."""
    session = find(db, token)
    if session is not None:
        with db.transaction():
            end(db, actor, session, Kind.LOGGED_OUT)
        log.info("logged out: user %d", session.user.id)


def end_one(db: Database, actor: Actor, session_id: str) -> Session:
    """End one of the actor's sessions from a list. Raises NoSuchSession, or Ended if another tab was faster."""
    user_id = actor.own_session.user.id
    session = one(db, user_id, session_id)
    if session is None:
        raise Ended
    with db.transaction():
        if not end(db, actor, session, Kind.SESSION_ENDED):
            raise Ended
    log.info("session ended: user %d", user_id)
    return session


def end_others(db: Database, actor: Actor) -> int:
    """End all of the actor's sessions but this one; return how many were live."""
    session = actor.own_session
    with db.transaction():
        number = end_all(db, actor, session.user.id, Kind.SESSION_ENDED, but=session.id)
    log.info("sessions ended: user %d, %d of them", session.user.id, number)
    return number


def end_all(db: Database, actor: Actor, user_id: int, kind: Kind, but: str = "") -> int:
    """End all sessions of a user except `but`, inside a transaction; return how many were live.

    Sessions that ended by themselves go too, with their drafts: a thief may have left some, and could leave more. So do
    half log-ins, which the old password began.
    """
    half_logins.end_all(db, user_id)
    drafts.remove_of_sessions(db, user_id, but)
    sessions.remove_ended_of_user(db, user_id, ENDED_AT_ONCE)
    found = [session for session in sessions.unended(db, user_id) if session.id != but]
    return sum([end(db, actor, session, kind) for session in found])


def end(db: Database, actor: Actor, session: Session, kind: Kind) -> bool:
    """End a session inside a transaction; False if it was no longer live. If its time is over, that is noted."""
    if not is_live(db, session):
        _expire(db, session)
        return False
    if not sessions.remove(db, session.id):
        return False
    drafts.remove_of_session(db, session.id)
    events.record(db, actor, kind, session.user.id, session.id, device=session.device)
    return True


def sweep(db: Database) -> None:
    """Note which sessions ended by themselves, and delete the rows of those that did so a week ago."""
    for session in sessions.due(db, SWEPT_AT_ONCE):
        if is_live(db, session):
            sessions.postpone(db, session.id, stored(_end(session)))
        else:
            _expire(db, session)
    sessions.remove_ended(db, stored(db.clock() - KEPT_AFTER_END), SWEPT_AT_ONCE)


def _make_room(db: Database, actor: Actor, user: User) -> None:
    if sessions.count_of_user(db, user.id) >= MOST:
        for session in live(db, user.id)[MOST - 1 :]:
            end(db, actor, session, Kind.SESSION_CROWDED_OUT)


def _expire(db: Database, session: Session) -> None:
    ended_at = min(stored(_end(session)), db.now())
    if sessions.note_end(db, session.id, ended_at):
        kind, device = Kind.SESSION_EXPIRED, session.device
        events.record(db, NO_ACTOR, kind, session.user.id, session.id, at=ended_at, device=device)


def _end(session: Session) -> datetime:
    return min(_ends(session))


def _ends(session: Session) -> tuple[datetime, datetime]:
    """When the session ends at the latest, and when it ends if it is not used again."""
    life = life_of(session)
    return moment(session.confirmed_at) + life.absolute, moment(session.last_seen_at) + life.idle


def _life(user: User, remember: bool) -> Life:
    if user.is_admin:
        return ADMINS
    return REMEMBERED if remember else BRIEF


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
