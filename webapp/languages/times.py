"""Moments, as people and browsers read them."""

import math
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from db import moment
from webapp.languages.catalogs import Language, Unit
from webapp.languages.reader import current
from webapp.languages.sentences import say

UNITS: tuple[tuple[int, Unit], ...] = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
MINUTE = 60
JUST_NOW = say("just now")


@lru_cache(1000)
def as_time(language: Language, text: str) -> Markup:
    """A `<time>` for a stored moment; a tutorial's row may hold any other text, which is shown as it is."""
    time = _moment(text)
    return Markup("{}").format(text) if time is None else _element(time, _words(time, language))


def as_time_ago(language: Language, text: str, now: str) -> Markup:
    """A `<time>` that says how long ago a stored moment was, and when."""
    time = _moment(text)
    if time is None:
        return Markup("{}").format(text)
    passed = (moment(now) - time).total_seconds()
    # If the clock stepped back, a stored moment may lie ahead: it counts as now.
    size, unit = _unit(passed)
    return _time_ago(language, text, int(passed // size) if passed >= MINUTE else 0, unit)


def spoken(text: str) -> str:
    """A stored moment in words."""
    return _words(moment(text), current())


def in_words(seconds: float) -> str:
    """How long to wait in the reader's language, rounded up: `in 5 minutes`."""
    size, unit = _unit(seconds)
    return current().distance(math.ceil(seconds / size), unit)


def _unit(seconds: float) -> tuple[int, Unit]:
    """Size and name of the largest unit that fits."""
    return next((unit for unit in UNITS if seconds >= unit[0]), UNITS[-1])


@lru_cache(1000)
def _time_ago(language: Language, text: str, number: int, unit: Unit) -> Markup:
    time, ago = moment(text), language.distance(-number, unit) if number else language.say(JUST_NOW)
    return _element(time, f"{ago}, {_words(time, language)}")


def _words(time: datetime, language: Language) -> str:
    return f"{language.moment(time)} UTC"


def _element(time: datetime, words: str) -> Markup:
    return Markup('<time datetime="%s">%s</time>') % (f"{time:%Y-%m-%dT%H:%M:%SZ}", words)


def _moment(text: str) -> datetime | None:
    try:
        return moment(text)
    except (ValueError, TypeError):
        return None
