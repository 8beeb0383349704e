"""The reader's language, in which this request is answered."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from flask import Flask, current_app, g, has_request_context, request

from webapp.languages import catalogs
from webapp.languages.catalogs import SOURCE, Language


def register(app: Flask, preferred: Callable[[], str | None], own: Path) -> None:
    """Read the catalogs, a team's in `own` too; `preferred` returns the code of the user's chosen language, or None."""
    app.extensions["languages"] = catalogs.read(catalogs.FOLDER, own)
    app.extensions["preferred_language"] = preferred


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


def translated(text: str) -> str:
    """A Sentence in the reader's language; any other text as it is."""
    return str(current().translated(text))


def best(app: Flask, wish: str) -> str:
    """Code of the app's language that fits the Accept-Language header `wish` best."""
    return catalogs.best(wish, tuple(app.extensions["languages"]))


def _wanted() -> str:
    if not has_request_context():
        return SOURCE
    preferred = current_app.extensions["preferred_language"]()
    return preferred if preferred in known() else _asked_for()


def _asked_for() -> str:
    return best(current_app, request.headers.get("Accept-Language", ""))
