"""What app.js says. The page brings it along, since a script may not stand in the page."""

import json
from functools import lru_cache

from webapp.languages import Language
from webapp.sentences import say

SENTENCES = {
    "wentWrong": say("Something went wrong on our side. Nothing was lost; try again in a moment."),
    "noAnswer": say("The server did not answer. Nothing was lost; try again in a moment."),
    "offline": say("You are offline. Nothing was sent."),
    "show": say("Show"),
    "showPassword": say("Show password"),
    "passwordShown": say("Your password is shown."),
    "passwordHidden": say("Your password is hidden."),
}


@lru_cache
def as_json(language: Language) -> str:
    """By the names that app.js has for them."""
    return json.dumps({name: language.say(sentence) for name, sentence in SENTENCES.items()}, ensure_ascii=False)
