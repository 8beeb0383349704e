"""What the dashboard tells a user: where they are logged in, how often they logged in, and what would be safer."""

from datetime import timedelta
from typing import NamedTuple

from db import Database, moment, stored
from db import events as table
from db.sessions import Session
from webapp.accounts import sessions
from webapp.accounts.events import Kind
from webapp.languages.sentences import Sentence, say

DAYS = 30
# A session unused for longer is probably forgotten, on a machine that other people use by now.
FORGOTTEN = timedelta(days=7)
# No rule asks for a change (NIST SP 800-63B-4 3.1.1.2); by then most people no longer know where they typed it.
OLD_PASSWORD = timedelta(days=365)


class Day(NamedTuple):
    """`date` is `YYYY-MM-DD` in UTC."""

    date: str
    logins: int
    failed: int


class Advice(NamedTuple):
    is_done: bool
    sentence: Sentence
    about: str
    """What to look at: `password_change`, `sessions` or `activity`."""


class Dashboard(NamedTuple):
    """The panel's contents as of `read`; times as they are stored, in UTC."""

    sessions: list[Session]
    days: tuple[Day, ...]
    failed: int
    failed_since: str
    advice: list[Advice]
    read: str


def of(db: Database, session: Session) -> Dashboard:
    live = sessions.live(db, session.user.id)
    days = _days(db, session.user.id)
    since = session.last_visit_at or session.user.created_at
    failed = table.count_since(db, session.user.id, Kind.LOGIN_FAILED, since or "")
    return Dashboard(live, days, failed, since, _advice(db, session, live, failed), db.now())


def _days(db: Database, user_id: int) -> tuple[Day, ...]:
    """The last 30 days, today last."""
    dates = db.days(DAYS)
    logins = table.count_per_day(db, user_id, Kind.LOGGED_IN, dates[0])
    failed = table.count_per_day(db, user_id, Kind.LOGIN_FAILED, dates[0])
    return tuple(Day(date, logins.get(date, 0), failed.get(date, 0)) for date in dates)


def _advice(db: Database, session: Session, live: list[Session], failed: int) -> list[Advice]:
    forgotten = sum(db.clock() - moment(one.last_seen_at) > FORGOTTEN for one in live)
    return [_of_password(db, session), _of_sessions(forgotten), _of_failures(failed)]


def _of_password(db: Database, session: Session) -> Advice:
    user = session.user
    changed = table.latest(db, user.id, Kind.PASSWORD_CHANGED) or user.created_at or ""
    if changed < stored(db.clock() - OLD_PASSWORD):
        return Advice(False, say("Choose a new password: yours is over a year old"), "password_change")
    return Advice(True, say("Your password is less than a year old"), "password_change")


def _of_sessions(forgotten: int) -> Advice:
    if forgotten:
        return Advice(False, say("End the sessions that nobody used for a week"), "sessions")
    return Advice(True, say("No session lies forgotten"), "sessions")


def _of_failures(failed: int) -> Advice:
    if failed:
        return Advice(False, say("Look at the failed log-ins: was it you?"), "activity")
    return Advice(True, say("No failed log-in since your last visit"), "activity")
