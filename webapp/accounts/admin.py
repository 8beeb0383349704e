"""What an admin wants to know each morning, in numbers."""

from typing import NamedTuple

from db import Database, events, sessions, users
from db import admin as table
from db.events import Event, Filter
from db.users import User
from webapp.accounts import blocks, usual
from webapp.accounts.events import SILENT
from webapp.languages.sentences import Sentence

SPANS = (30, 90)
NEWEST, NEWEST_PEOPLE = 10, 5
WEEK = 7
# So many failed log-ins of today are looked at for their addresses: a day of attacks has a hundred thousand.
MOST_FAILED = 1000


class Day(NamedTuple):
    """`date` is `YYYY-MM-DD` in UTC; `visitors` are the users who logged in, known for the last week alone."""

    date: str
    signups: int
    logins: int
    failed: int
    visitors: int = 0


class Cards(NamedTuple):
    """Numbers as of `read`. Days begin at midnight UTC, and `days` are the last ones, today last.

    `leaving` accounts will be deleted, `disabled` ones are of this week, `blocked` counts one more than a list shows at
    most. `loudest` is the address from which most log-ins failed today, and how many.
    """

    people: int
    active_today: int
    live_sessions: int
    blocked: int
    leaving: int
    disabled: int
    loudest: tuple[str, int] | None
    days: tuple[Day, ...]
    read: str

    @property
    def today(self) -> Day:
        return self.days[-1]

    @property
    def yesterday(self) -> Day:
        return self.days[-2]

    @property
    def week(self) -> tuple[Day, ...]:
        return self.days[-WEEK:]

    @property
    def new_this_week(self) -> int:
        return sum(day.signups for day in self.week)

    @property
    def new_the_week_before(self) -> int:
        return sum(day.signups for day in self.days[-2 * WEEK : -WEEK])

    @property
    def usually_failed(self) -> float:
        """The mean of the days before today."""
        return usual.mean([day.failed for day in self._before])

    @property
    def is_above_usual(self) -> bool:
        """Whether more log-ins failed today than usual."""
        return usual.is_above(self.today.failed, self.usually_failed)

    @property
    def failures_told(self) -> Sentence:
        return usual.failures(self.today.failed, self.usually_failed, self.loudest, MOST_FAILED)

    @property
    def signups_told(self) -> Sentence:
        return usual.signups(self.today.signups, usual.mean([day.signups for day in self._before]))

    @property
    def _before(self) -> tuple[Day, ...]:
        return self.days[-usual.DAYS - 1 : -1]


def cards(db: Database, span: int = 0) -> Cards:
    """The numbers, with at least `span` days."""
    dates = db.days(max(span, usual.DAYS + 1))
    facts = table.read(db, dates, dates[-WEEK], blocks.MOST_SHOWN + 1, MOST_FAILED)
    by_day = [facts.signups, facts.logins, facts.failed, facts.visitors]
    return Cards(
        people=facts.people,
        active_today=facts.active,
        live_sessions=facts.live_sessions,
        blocked=facts.blocked,
        leaving=facts.leaving,
        disabled=facts.disabled,
        loudest=facts.loudest,
        days=tuple(Day(date, *(numbers.get(date, 0) for numbers in by_day)) for date in dates),
        read=db.now(),
    )


def live_sessions(db: Database) -> int:
    return sessions.count_live(db)


def newest(db: Database) -> list[Event]:
    return events.walk(db, Filter(unless=SILENT), None, NEWEST)


def newest_people(db: Database) -> list[User]:
    return users.newest(db, NEWEST_PEOPLE)
