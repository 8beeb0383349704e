"""Kinds of fields that a team can declare: what fits each, and a sentence for what does not."""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from webapp.languages.sentences import Sentence, say

# As many as the table takes.
LONGEST = 2000
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A page shows it as a link: no `javascript:`, and no `https://bank.example@evil.example`.
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@\\<>\"]+([/?#][^\s\\<>\"]*)?")
TELEPHONE = re.compile(r"[+(]?[0-9][0-9 ()./-]{2,30}")
# Persian, Hindi and emoji need what joins letters and what keeps them apart.
JOINERS = dict.fromkeys((0x200C, 0x200D))
# Letters by their kind, which show nothing: a field of these alone would pass for filled in.
BLANK = JOINERS | dict.fromkeys((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0))


class Kind(NamedTuple):
    """What fits this kind, the sentence for what does not, and the most characters; `type` is an input's in HTML."""

    fits: Callable[[str], bool]
    wanted: Sentence
    longest: int = 200
    type: str = "text"
    is_one_of: bool = False


def _is_line(value: str) -> bool:
    return value.translate(JOINERS).isprintable()


def _is_seen(value: str) -> bool:
    return value.translate(BLANK).strip() != ""


def _is_day(value: str) -> bool:
    try:
        return DAY.fullmatch(value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        return False


ONE_OF = say("%(label)s: choose one of the list.")
KINDS = {
    "text": Kind(lambda value: _is_line(value) and _is_seen(value), say("%(label)s must be one line of text.")),
    "lines": Kind(
        lambda value: all(map(_is_line, value.split("\n"))) and _is_seen(value), say("%(label)s must be text."), LONGEST
    ),
    "number": Kind(
        lambda value: NUMBER.fullmatch(value) is not None, say("%(label)s must be a number, like 12 or 3.5.")
    ),
    "day": Kind(_is_day, say("%(label)s must be a day, like 2026-03-14."), type="date"),
    "choice": Kind(lambda _: True, ONE_OF, is_one_of=True),
    "yes_no": Kind(lambda _: True, ONE_OF, is_one_of=True),
    "url": Kind(
        lambda value: WEB_ADDRESS.fullmatch(value) is not None and value.isprintable(),
        say("%(label)s must be a web address, like https://example.com."),
        type="url",
    ),
    "tel": Kind(
        lambda value: TELEPHONE.fullmatch(value) is not None,
        say("%(label)s must be a telephone number, like +49 30 123456."),
        type="tel",
    ),
}
