"""The sentences of our scripts, which the page carries as data, since it may hold no script."""

import json
from collections.abc import Mapping
from functools import lru_cache

from markupsafe import Markup

from webapp.languages.catalogs import Language
from webapp.languages.reader import reading
from webapp.languages.sentences import Sentence, say
from webapp.languages.times import JUST_NOW, NEXT_TO_TODAY

SENTENCES = {
    "trouble": say("Something went wrong on our side. Nothing was lost; try again in a moment."),
    "unanswered": say("The server did not answer. Nothing was lost; try again in a moment."),
    "offline": say("You are offline. Nothing was sent."),
    "tooOften": say("That was too often. Nothing was lost; try again in a while."),
    "underWay": say("“{}” is under way …"),
    "wait": say("You can try again in {}."),
    "waitIn": say("in {}"),
    "waited": say("You can try again now."),
    "capsLock": say("Caps Lock is on."),
    "show": say("Show"),
    "showPassword": say("Show password"),
    "shown": say("Your password is shown."),
    "hidden": say("Your password is hidden."),
    "tickAll": say("Tick all"),
}
# What moments.js says. A stranger's first page goes without it.
OF_MOMENTS = {
    "endsIn": say("in {}"),
    "justNow": JUST_NOW,
    "yesterday": NEXT_TO_TODAY[-1],
    "tomorrow": NEXT_TO_TODAY[1],
}


@lru_cache
def as_json(language: Language) -> str:
    """The sentences of our scripts as JSON, by the names that they have for them."""
    return _json(language, SENTENCES)


def of_moments(language: Language) -> Markup:
    """What moments.js works with, as attributes of its element."""
    time_zone, now, _ = reading()
    return Markup(f'{_constant(language, time_zone)} data-now="{now}"')  # noqa: S704


@lru_cache(1000)
def _constant(language: Language, time_zone: str | None) -> Markup:
    given = Markup('data-words="%s" data-language="%s" data-zone="%s"')
    return given % (_json(language, OF_MOMENTS), language.dates, time_zone or "")


def _json(language: Language, sentences: Mapping[str, Sentence]) -> str:
    return json.dumps({name: language.say(sentence) for name, sentence in sentences.items()}, ensure_ascii=False)
