"""The sentences of our scripts, which the page carries as data, since it may hold no script."""

import json
from functools import lru_cache

from webapp.languages.catalogs import Language
from webapp.languages.sentences import say
from webapp.languages.times import JUST_NOW, NEXT_TO_TODAY

SENTENCES = {
    "trouble": say("Something went wrong on our side. Nothing was lost; try again in a moment."),
    "unanswered": say("The server did not answer. Nothing was lost; try again in a moment."),
    "offline": say("You are offline. Nothing was sent."),
    "tooOften": say("That was too often. Nothing was lost; try again in a while."),
    "underWay": say("“{}” is under way …"),
    "wait": say("You can try again in {}."),
    "waited": say("You can try again now."),
    "capsLock": say("Caps Lock is on."),
    "show": say("Show"),
    "showPassword": say("Show password"),
    "shown": say("Your password is shown."),
    "hidden": say("Your password is hidden."),
}
# What moments.js says besides. A stranger's first page goes without it.
OF_MOMENTS = {
    "endsIn": say("in {}"),
    "justNow": JUST_NOW,
    "yesterday": NEXT_TO_TODAY[-1],
    "tomorrow": NEXT_TO_TODAY[1],
}


@lru_cache
def as_json(language: Language, has_moments: bool) -> str:
    """The sentences as JSON, by the names that the scripts have for them."""
    sentences = SENTENCES | OF_MOMENTS if has_moments else SENTENCES
    return json.dumps({name: language.say(sentence) for name, sentence in sentences.items()}, ensure_ascii=False)
