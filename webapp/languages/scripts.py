"""What app.js and waiting.js say. The page brings it along, since a script may not stand in the page."""

import json
from functools import lru_cache

from webapp.languages.catalogs import Language
from webapp.languages.sentences import say

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


@lru_cache
def as_json(language: Language) -> str:
    """By the names that app.js has for them."""
    return json.dumps({name: language.say(sentence) for name, sentence in SENTENCES.items()}, ensure_ascii=False)
