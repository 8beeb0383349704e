"""Sentences for people: plain English, with the parts that a translation needs.

Rules and forms write them in English; they are translated into the reader's language when they are shown.
"""

from collections.abc import Mapping


class Sentence(str):
    """English text, made from `template` and `values`; with the plural template `many` it counts a `number`."""

    template: str
    values: Mapping[str, object]
    many: str | None = None
    number: int = 0


def say(template: str, **values: object) -> Sentence:
    """Make a sentence: `say("At least %(number)s characters.", number=8)`; a value may be a sentence itself."""
    return _made(template, template, values)


def say_number(one: str, many: str, number: int, **values: object) -> Sentence:
    """Make a sentence: `one` for 1, else `many`; both may hold `%(number)s`. Other languages may have more forms."""
    sentence = _made(one, one if number == 1 else many, {"number": number, **values})
    sentence.many, sentence.number = many, number
    return sentence


def _made(template: str, english: str, values: Mapping[str, object]) -> Sentence:
    sentence = Sentence(english % values if values else english)
    sentence.template, sentence.values = template, values
    return sentence
