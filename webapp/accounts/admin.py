"""What an admin wants to know each morning, in numbers."""

from datetime import timedelta
from typing import NamedTuple

from db import Database, events, people, sessions, stored, users
from db.events import Event, Filter
from webapp.accounts.events import SILENT, Kind

SPANS = (30, 90)
NEWEST = 10
USUAL_DAYS = 30


class Cards(NamedTuple):
    """Numbers as of `read`. Days begin at midnight UTC; `usually_failed` is the mean of the 30 days before today."""

    people: int
    new_this_week: int
    active_today: int
    failed_today: int
    usually_failed: float
    live_sessions: int
    read: str


class Day(NamedTuple):
    """`date` is `YYYY-MM-DD` in UTC."""

    date: str
    signups: int
    logins: int
    failed: int


def numbers(db: Database, span: int) -> tuple[Cards, tuple[Day, ...]]:
    """The cards, and the last `span` days, today last."""
    latest = days(db, max(span, USUAL_DAYS + 1))
    return _cards(db, latest), latest[-span:]


def cards(db: Database) -> Cards:
    return _cards(db, days(db, USUAL_DAYS + 1))


def _cards(db: Database, latest: tuple[Day, ...]) -> Cards:
    today, week_ago = db.now()[:10], stored(db.clock() - timedelta(days=7))
    failed = [day.failed for day in latest[-USUAL_DAYS - 1 :]]
    return Cards(
        people=users.count(db),
        new_this_week=people.count_since(db, week_ago),
        active_today=events.count_active_since(db, today),
        failed_today=failed[-1],
        usually_failed=sum(failed[:-1]) / USUAL_DAYS,
        live_sessions=live_sessions(db),
        read=db.now(),
    )


def live_sessions(db: Database) -> int:
    return sessions.count_live(db)


def days(db: Database, number: int) -> tuple[Day, ...]:
    """The last `number` days, today last."""
    dates = db.days(number)
    logins, failed = (
        events.count_everywhere_per_day(db, kind, dates[0], dates[-2]) for kind in (Kind.LOGGED_IN, Kind.LOGIN_FAILED)
    )
    signups = people.count_per_day(db, dates[0])
    return tuple(Day(date, signups.get(date, 0), logins.get(date, 0), failed.get(date, 0)) for date in dates)


def newest(db: Database) -> list[Event]:
    return events.walk(db, Filter(unless=SILENT), None, NEWEST)
