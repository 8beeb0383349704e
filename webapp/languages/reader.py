"""The reader: the language and the time zone in which this request is answered, and its time."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple, cast

from flask import Flask, current_app, g, has_request_context, request

from db import moment
from webapp.languages import catalogs
from webapp.languages.catalogs import SOURCE, Language
from webapp.languages.zones import NAMES, zone


class Asked(NamedTuple):
    """How to find the code of the reader's language and the name of their zone, or None for either, and the time."""

    language: Callable[[], str | None]
    time_zone: Callable[[], str | None]
    now: Callable[[], str]


class Reading(NamedTuple):
    """The name of the zone that the user has chosen, or None if the browser decides; the stored moment, and its day."""

    time_zone: str | None
    now: str
    today: date


def register(app: Flask, asked: Asked, own: Path) -> None:
    """Read the catalogs, a team's in `own` too; who reads, and when, `asked` says."""
    app.extensions["languages"] = catalogs.read(catalogs.FOLDER, own)
    app.extensions["reader"] = asked
    app.jinja_env.globals["now"] = lambda: reading().now


def known() -> dict[str, Language]:
    """All languages by their codes, English first."""
    return cast(dict[str, Language], current_app.extensions["languages"])


def current() -> Language:
    """Language of this answer: as the user has set, else as the browser asks, else English."""
    language: Language | None = g.get("language")
    if language is None:
        language = g.language = known()[_wanted()]
    return language


def speak(code: str | None) -> None:
    """Answer this request in the language `code` that its user has just set; if None, as the browser asks."""
    g.language = known()[code if code in known() else _asked_for()]


def reading() -> Reading:
    """Where and when this answer is read: one moment for all of it."""
    found: Reading | None = g.get("reading")
    if found is None:
        asked = _asked()
        name = asked.time_zone() if has_request_context() else None
        found = g.reading = at(name if name in NAMES else None, asked.now())
    return found


def at(time_zone: str | None, now: str) -> Reading:
    return Reading(time_zone, now, moment(now).astimezone(zone(time_zone)).date())


def translated(text: str) -> str:
    """A Sentence in the reader's language; any other text as it is."""
    return str(current().translated(text))


def best(app: Flask, wish: str) -> str:
    """Code of the app's language that fits the Accept-Language header `wish` best."""
    return catalogs.best(wish, tuple(app.extensions["languages"]))


def _wanted() -> str:
    if not has_request_context():
        return SOURCE
    preferred = _asked().language()
    return preferred if preferred in known() else _asked_for()


def _asked_for() -> str:
    return best(current_app, request.headers.get("Accept-Language", ""))


def _asked() -> Asked:
    return cast(Asked, current_app.extensions["reader"])
