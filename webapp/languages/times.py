"""Moments in short words, in the reader's zone. static/moments.js says the same in the browser's zone."""

import math
from datetime import UTC, date, datetime, time
from functools import lru_cache

from markupsafe import Markup

from db import moment
from webapp.languages.catalogs import ClockForm, DayForm, Language, Unit
from webapp.languages.reader import current, reading
from webapp.languages.sentences import say, say_number
from webapp.languages.zones import zone

DAY, HOUR, MINUTE = 86_400, 3600, 60
UNITS: tuple[tuple[int, Unit], ...] = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
# In days: so far from today, before or after, a day stands with its clock time and without its year.
NEAR = 30
JUST_NOW = say("just now")
NEXT_TO_TODAY = {-1: say("yesterday"), 1: say("tomorrow")}


def as_time(language: Language, text: str) -> Markup:
    """A `<time>` for a stored moment: `14:48`, `yesterday, 14:48`, `24 Nov, 14:48`, `24 Nov` or `24 Nov 2025`.

    A tutorial's row may hold any other text, which is shown as it is.
    """
    time_zone, _, today = reading()
    return _time(language, time_zone, today, text)


def as_time_ago(language: Language, text: str, now: str) -> Markup:
    """A `<time>` that says how long ago a stored moment was; from a day on, when it was."""
    passed = _passed(text, now)
    if passed is None or passed >= DAY:
        return as_time(language, text)
    size, unit = _unit(passed)
    # If the clock stepped back, a stored moment may lie ahead: it counts as now.
    return _time_ago(language, reading().time_zone, text, passed // size if passed >= MINUTE else 0, unit)


def as_end(language: Language, text: str, now: str) -> Markup:
    """When something ends: `at 20:02 (in about 2 minutes)`, which moments.js counts down; a far end as `as_time`."""
    passed = _passed(text, now)
    if passed is None or not -HOUR <= passed < 0:
        return as_time(language, text)
    about = say_number("in about a minute", "in about %(number)s minutes", math.ceil(-passed / MINUTE))
    words = language.gettext("at %(time)s (%(about)s)", time=as_time(language, text), about=about)
    return Markup('<span data-ends-in="%d">%s</span>') % (-passed, words)


def in_full(language: Language, text: str) -> str:
    """A stored moment as `whole` has it, in the reader's zone, for a sentence with `on` before it."""
    return whole(language, reading().time_zone, text)


def as_iso(name: str | None, text: str) -> str:
    """A stored moment in ISO 8601 with this zone's offset, `Z` in UTC; any other text as it is."""
    time = _local(name, text)
    return text if time is None else _iso(time)


def spoken(text: str) -> str:
    """A stored moment in words."""
    return as_time(current(), text).striptags()


def whole(language: Language, name: str | None, text: str) -> str:
    """A stored moment in full, in this zone, for what is read later: `14 March 2026, 15:09 UTC+01:00`."""
    time = _local(name, text)
    return text if time is None else _whole(language, time, "short")


def in_words(seconds: float) -> str:
    """How long to wait in the reader's language, rounded up: `in 5 minutes`."""
    size, unit = _unit(seconds)
    return current().distance(math.ceil(seconds / size), unit)


def _unit(seconds: float) -> tuple[int, Unit]:
    """Size and name of the largest unit that fits."""
    return next((unit for unit in UNITS if seconds >= unit[0]), UNITS[-1])


def _passed(text: str, now: str) -> int | None:
    """Whole seconds since a stored moment; below 0 before it, None for any other text."""
    try:
        return int((moment(now) - moment(text)).total_seconds())
    except (ValueError, TypeError):
        return None


@lru_cache(2000)
def _time(language: Language, name: str | None, today: date, text: str) -> Markup:
    time = _local(name, text)
    return Markup("{}").format(text) if time is None else _element(language, time, _words(language, name, today, time))


@lru_cache(2000)
def _time_ago(language: Language, name: str | None, text: str, number: int, unit: Unit) -> Markup:
    time = _local(name, text)
    ago = language.ago(number, unit) if number else language.say(JUST_NOW)
    return Markup("{}").format(text) if time is None else _element(language, time, ago, Markup(" data-ago"))


def _local(name: str | None, text: str) -> datetime | None:
    """A stored moment in this zone; None for any other text, and at the ends of the calendar."""
    try:
        return moment(text).astimezone(zone(name))
    except (ValueError, TypeError, OverflowError):
        return None


def _words(language: Language, name: str | None, today: date, time: datetime) -> str:
    """The moment in 24 characters at most. If the reader has no zone, the clock time ends in UTC."""
    clock, days = _clock(language, time.time(), "short") + ("" if name else " UTC"), (time.date() - today).days
    if days == 0:
        return clock
    if abs(days) > NEAR:
        return _day(language, time.date(), "MMMd" if time.year == today.year else "yMMMd")
    day = language.say(NEXT_TO_TODAY[days]) if days in NEXT_TO_TODAY else _day(language, time.date(), "MMMd")
    return f"{day}, {clock}"


def _element(language: Language, time: datetime, words: str, ago: str = "") -> Markup:
    title = _whole(language, time, "medium")
    return Markup('<time datetime="%s" title="%s"%s>%s</time>') % (_iso(time.astimezone(UTC)), title, ago, words)


def _whole(language: Language, time: datetime, form: ClockForm) -> str:
    day, clock = _day(language, time.date(), "long"), _clock(language, time.time(), form)
    return f"{day}, {clock} UTC{time.isoformat(timespec='seconds')[19:].removeprefix('+00:00')}"


@lru_cache(2000)
def _day(language: Language, day: date, form: DayForm) -> str:
    return language.day(day, form)


@lru_cache(2000)
def _clock(language: Language, shown: time, form: ClockForm) -> str:
    return language.clock(shown, form)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
