"""What the dashboard tells a user: where they are logged in, how often they logged in, and what would be safer."""

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from db import Database, moment, stored
from db import dashboard as table
from db.dashboard import Facts
from db.events import Event
from db.sessions import Session
from db.users import User
from webapp.accounts import events, recovery_codes, sessions
from webapp.accounts.events import Kind
from webapp.languages.sentences import Sentence, say, say_number

DAYS = 30
# A chart of one bar or two tells less than the events themselves.
FEW_DAYS, NEWEST = 3, 5
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
    """What to look at: `profile`, `password_change`, `security`, `recovery_codes`, `sessions` or `activity`."""


class Dashboard(NamedTuple):
    """The panel's contents as of `read`; times as they are stored, in UTC."""

    sessions: list[Session]
    days: tuple[Day, ...]
    failed: int
    failed_since: str
    advice: list[Advice]
    newest: list[Event] | None
    """The user's last events, or None if enough days have any for a chart."""
    read: str


def of(db: Database, session: Session) -> Dashboard:
    dates = db.days(DAYS)
    since = session.last_visit_at or session.user.created_at
    facts = table.read(db, session.user, dates[0], since or "")
    live = sessions.seen_last_first(one for one in facts.sessions if sessions.is_live(db, one))
    days = _days(dates, frozenset(facts.days.items()))
    newest = events.newest(db, session.user.id, NEWEST) if _are_few(facts) else None
    return Dashboard(live, days, facts.failed, since, _advice(db, session, live, facts), newest, db.now())


def _are_few(facts: Facts) -> bool:
    return len({date for _, date in facts.days}) < FEW_DAYS


@lru_cache(256)
def _days(dates: tuple[str, ...], numbers: frozenset[tuple[tuple[str, str], int]]) -> tuple[Day, ...]:
    """A Day for each date; `numbers` are the facts' by kind and date. Kept, as they seldom change between two looks."""
    number = dict(numbers).get
    return tuple(Day(date, number((Kind.LOGGED_IN, date), 0), number((Kind.LOGIN_FAILED, date), 0)) for date in dates)


def _advice(db: Database, session: Session, live: list[Session], facts: Facts) -> list[Advice]:
    forgotten = sum(db.clock() - moment(one.last_seen_at) > FORGOTTEN for one in live)
    changed_at = facts.password_changed_at or session.user.created_at or ""
    is_old = changed_at < stored(db.clock() - OLD_PASSWORD)
    proved = [_of_address(session.user.verified_at is not None)] if db.mails else []
    return [
        *_of_known_password(facts.failed_second),
        *proved,
        _of_password(is_old),
        _of_factors(session.user, facts.codes_left),
        _of_sessions(forgotten),
        _of_failures(facts.failed),
    ]


def _of_known_password(failed_second: int) -> list[Advice]:
    if not failed_second:
        return []
    told = say("Somebody knew your password, but not the second factor. If it was not you, change the password")
    return [Advice(False, told, "password_change")]


def _of_factors(user: User, codes_left: int) -> Advice:
    if not user.has_factor:
        return Advice(False, say("Ask for more than the password"), "security")
    if codes_left >= recovery_codes.FEW:
        return Advice(True, say("A second factor protects your account"), "security")
    told = say_number(
        "Make new recovery codes: %(number)s is left", "Make new recovery codes: %(number)s are left", codes_left
    )
    return Advice(False, told, "recovery_codes")


def _of_address(is_proved: bool) -> Advice:
    if is_proved:
        return Advice(True, say("Your email address is confirmed"), "profile")
    return Advice(False, say("Confirm your email address: without it nobody can mail you"), "profile")


def _of_password(is_old: bool) -> Advice:
    if is_old:
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
