"""Moments, as people and browsers read them."""

import math
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from db import moment
from webapp.languages.catalogs import Language
from webapp.languages.reader import current
from webapp.languages.sentences import Sentence, say, say_number

UNITS = (86_400, 3600, 60)


@lru_cache(1000)
def as_time(language: Language, text: str) -> Markup:
    """A `<time>` for what the tables hold; a tutorial's row may hold any text, which is shown as it is."""
    time = _moment(text)
    return Markup("{}").format(text) if time is None else _element(time, _words(time, language))


def as_time_ago(language: Language, text: str, now: str) -> Markup:
    """A `<time>` that says both how long ago that was and when."""
    time = _moment(text)
    if time is None:
        return Markup("{}").format(text)
    passed = (moment(now) - time).total_seconds()
    size = next((size for size in UNITS if passed >= size), None)
    return _time_ago(language, text, size, int(passed // size) if size else 0)


def spoken(text: str) -> str:
    """A stored moment in words."""
    return _words(moment(text), current())


def in_words(seconds: float) -> Sentence:
    """How long to wait, rounded up: `in 5 minutes`."""
    size = next((size for size in UNITS if seconds >= size), 1)
    return _wait(size, math.ceil(seconds / size))


def _wait(size: int, number: int) -> Sentence:
    match size:
        case 86_400:
            return say_number("in %(number)s day", "in %(number)s days", number)
        case 3600:
            return say_number("in %(number)s hour", "in %(number)s hours", number)
        case 60:
            return say_number("in %(number)s minute", "in %(number)s minutes", number)
    return say_number("in %(number)s second", "in %(number)s seconds", number)


def _ago(size: int | None, number: int) -> Sentence:
    """In the largest unit that fits; what lies ahead by a clock that stepped back is now."""
    match size:
        case 86_400:
            return say_number("%(number)s day ago", "%(number)s days ago", number)
        case 3600:
            return say_number("%(number)s hour ago", "%(number)s hours ago", number)
        case 60:
            return say_number("%(number)s minute ago", "%(number)s minutes ago", number)
    return say("just now")


@lru_cache(1000)
def _time_ago(language: Language, text: str, size: int | None, number: int) -> Markup:
    time = moment(text)
    return _element(time, f"{language.say(_ago(size, number))}, {_words(time, language)}")


def _words(time: datetime, language: Language) -> str:
    return f"{language.moment(time)} UTC"


def _element(time: datetime, words: str) -> Markup:
    return Markup('<time datetime="%s">%s</time>') % (f"{time:%Y-%m-%dT%H:%M:%SZ}", words)


def _moment(text: str) -> datetime | None:
    try:
        return moment(text)
    except (ValueError, TypeError):
        return None
