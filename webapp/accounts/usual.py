"""What is usual on a day, and how today stands to it, in words."""

import math

from webapp.languages.sentences import Sentence, say, say_number

# The usual is the mean of this many days before today.
DAYS = 30
# Fewer failed log-ins in a day are people who mistype.
FEW = 5
# By chance a count differs from its mean by its root, and hardly ever by twice that.
CHANCE = 2
# A count below this many times the mean is never above the usual.
ABOVE = 1.25
# What a number is called that is less than so many times the usual.
BELOW = (
    (0.85, say("fewer than usual so far")),
    (1.15, say("about as many as usual")),
    (1.29, say("a quarter more than usual")),
    (1.42, say("a third more than usual")),
    (1.75, say("half as many again as usual")),
    (2.5, say("twice as many as usual")),
)
# An address is named if so many failed log-ins came from it, and that is one in so many of all.
NAMED, ONE_IN = 3, 4


def mean(before: list[int]) -> float:
    return sum(before) / len(before) if before else 0


def is_above(number: int, usual: float) -> bool:
    """Whether so many are above the usual, and not by chance."""
    return number >= FEW and number > max(ABOVE * usual, usual + CHANCE * math.sqrt(usual))


def signups(number: int, usual: float) -> Sentence:
    """`3 sign-ups today, about as many as usual.`"""
    if not number:
        return say("No sign-up today.")
    counted = say_number("%(number)s sign-up today", "%(number)s sign-ups today", number)
    return say("%(counted)s, %(compared)s.", counted=counted, compared=_compared(number, usual))


def failures(number: int, usual: float, loudest: tuple[str, int] | None, looked_at: int) -> Sentence:
    """`28 failed log-ins today, a third more than usual; 12 from 198.51.100.50.`

    `loudest` is the address from which most of the newest `looked_at` came, and how many.
    """
    if not number:
        return say("No failed log-in today.")
    counted = say_number("%(number)s failed log-in today", "%(number)s failed log-ins today", number)
    compared = _compared(number, usual)
    if loudest is None or loudest[1] < max(NAMED, min(number, looked_at) / ONE_IN):
        return say("%(counted)s, %(compared)s.", counted=counted, compared=compared)
    origin = _origin(*loudest, is_whole=number <= looked_at)
    return say("%(counted)s, %(compared)s; %(origin)s.", counted=counted, compared=compared, origin=origin)


def _origin(address: str, number: int, is_whole: bool) -> Sentence:
    if is_whole:
        return say("%(number)s from %(address)s", number=number, address=address)
    return say("at least %(number)s from %(address)s", number=number, address=address)


def _compared(number: int, usual: float) -> Sentence:
    if not usual:
        return say("usually none")
    ratio = number / usual
    much = say("%(times)s times as many as usual", times=math.floor(ratio + 0.5))
    return next((words for end, words in BELOW if ratio < end), much)
