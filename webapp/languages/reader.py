"""The reader: which language this request is answered in."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from flask import Flask, current_app, g, has_request_context, request
from markupsafe import escape

from webapp.languages import catalogs, sentences
from webapp.languages.catalogs import SOURCE, Language
from webapp.languages.sentences import Sentence


def register(app: Flask, preferred: Callable[[], str | None], own: Path) -> None:
    """`preferred` gives the code of the language that the user has chosen, or None; `own` holds a team's catalogs."""
    app.extensions["languages"] = catalogs.read(catalogs.FOLDER, own)
    app.extensions["preferred_language"] = preferred
    sentences.in_page = lambda sentence: escape(current().say(sentence))


def known() -> dict[str, Language]:
    """Every language that there is, by its code, English first."""
    return cast(dict[str, Language], current_app.extensions["languages"])


def current() -> Language:
    """The one that this request is answered in: as its user has set, else as the browser asks, else English."""
    language: Language | None = g.get("language")
    if language is None:
        language = g.language = known()[_wanted()]
    return language


def speak(code: str | None) -> None:
    """Answer this request in the language that its user has just set; with None as the browser asks."""
    g.language = known()[code if code in known() else _asked_for()]


def translated(text: str) -> str:
    """A sentence of a rule's or a form's in the reader's language; any other text as it is."""
    return current().say(text) if isinstance(text, Sentence) else text


def best(app: Flask, wish: str) -> str:
    """The code of the language that an Accept-Language header is served best with."""
    return catalogs.best(wish, tuple(app.extensions["languages"]))


def _wanted() -> str:
    if not has_request_context():
        return SOURCE
    preferred = current_app.extensions["preferred_language"]()
    return preferred if preferred in known() else _asked_for()


def _asked_for() -> str:
    return best(current_app, request.headers.get("Accept-Language", ""))
