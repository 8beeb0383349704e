"""Moments, as people and browsers read them."""

import math
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from db import moment

UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


@lru_cache(1000)
def as_time(text: str) -> Markup:
    """A `<time>` for what the tables hold; a tutorial's row may hold any text, which is shown as it is."""
    time = _moment(text)
    return Markup("{}").format(text) if time is None else _element(time, spoken(text))


def as_time_ago(text: str, now: str) -> Markup:
    """A `<time>` that says both how long ago that was and when."""
    time = _moment(text)
    if time is None:
        return Markup("{}").format(text)
    return _element(time, f"{ago((moment(now) - time).total_seconds())}, {spoken(text)}")


def spoken(text: str) -> str:
    """A stored moment in words."""
    time = moment(text)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def ago(seconds: float) -> str:
    """How long ago, in the largest unit that fits; what lies ahead by a clock that stepped back is now."""
    for unit, size in UNITS:
        number = int(seconds // size)
        if number > 0:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def in_words(seconds: float) -> str:
    """How long to wait, rounded up: `in 5 minutes`."""
    unit, size = next(((unit, size) for unit, size in UNITS if seconds >= size), ("second", 1))
    number = math.ceil(seconds / size)
    return f"in {number} {unit}{'' if number == 1 else 's'}"


def _element(time: datetime, words: str) -> Markup:
    return Markup('<time datetime="%s">%s</time>') % (f"{time:%Y-%m-%dT%H:%M:%SZ}", words)


def _moment(text: str) -> datetime | None:
    try:
        return moment(text)
    except (ValueError, TypeError):
        return None
