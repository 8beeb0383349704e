"""Sentences for people: plain English, and what it takes to say the same in another language.

Rules and forms write them and know of no language; `languages.reader` says them in the reader's, where they are shown.
"""

import html
from collections.abc import Callable, Mapping


class Sentence(str):
    """The English text. `template` and `values` are what it was made of; with `many` it counts a `number`."""

    template: str
    values: Mapping[str, object]
    many: str | None = None
    number: int = 0

    def __html__(self) -> str:
        """As a page shows it; templates ask for this (MarkupSafe's protocol)."""
        return in_page(self)


in_page: Callable[[Sentence], str] = html.escape


def say(template: str, **values: object) -> Sentence:
    """`say("Password must be at least %(number)s characters.", number=8)`; a value may be a sentence itself."""
    return _made(template, template, values)


def say_number(one: str, many: str, number: int, **values: object) -> Sentence:
    """`one` for 1, else `many`; another language may have more forms than two. Both may hold `%(number)s`."""
    sentence = _made(one, one if number == 1 else many, {"number": number, **values})
    sentence.many, sentence.number = many, number
    return sentence


def _made(template: str, english: str, values: Mapping[str, object]) -> Sentence:
    sentence = Sentence(english % values if values else english)
    sentence.template, sentence.values = template, values
    return sentence
