"""Where the bars, the scale and the labels of a chart are drawn, in a picture 100 high and ten wide for each bar."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

# The scale ends at 4 at least: with a lower end the bars of quiet days would look high.
ENDS = (4, 6, 8, 10, 20, 30)
# From so many days on each bar is a week: ninety bars are two pixels wide on a phone.
WEEKS_FROM, WEEK = 60, 7
# A part that is not empty is at least so high: one failure is seen beside hundreds of log-ins.
LEAST = 2.5
# Some weeks of days have a label a week, and fewer or more bars as many labels as have room in half a window.
LABELLED_BY_WEEK, MOST_LABELS = range(15, 36), 5


class Span(NamedTuple):
    """A day or a week, from its first to its last day (`YYYY-MM-DD`), with a number for each series."""

    first: str
    last: str
    numbers: tuple[int, ...]


class Part(NamedTuple):
    """A part of a bar."""

    name: str
    x: int
    y: float
    height: float


class Place(NamedTuple):
    """Where the label of the bar `number` is, so far from the start in per cent, and what of it is there: `anchor`.

    Those that are `rare` are left out where the picture is narrow.
    """

    number: int
    x: float
    anchor: str
    is_rare: bool


def whole(days: int) -> int:
    """`days`, or where a chart of so many has weeks, the days of whole weeks: 90 become 91."""
    return days if days < WEEKS_FROM else -(-days // WEEK) * WEEK


def weeks(days: int) -> int | None:
    """How many weeks a chart of so many days has; None if it has days."""
    return None if days < WEEKS_FROM else days // WEEK


def by_week(days: Sequence[Span]) -> list[Span]:
    """Weeks of seven whole days, the last of which ends on the last day; days before the first week are left out."""
    starts = range(len(days) % WEEK, len(days), WEEK)
    weeks = [days[start : start + WEEK] for start in starts]
    return [Span(week[0].first, week[-1].last, sums(week)) for week in weeks]


def sums(spans: Iterable[Span]) -> tuple[int, ...]:
    """The sum of each series."""
    return tuple(map(sum, zip(*(span.numbers for span in spans), strict=True)))


def usual(spans: Sequence[Span]) -> float:
    """The mean of all bars but the last, whose day is not over yet."""
    before = [sum(span.numbers) for span in spans[:-1]]
    return sum(before) / len(before) if before else 0


def top(most: int) -> int:
    """The end of the scale: the next of 4, 6, 8, 10, 20, 30, 40, 60, … whose half is a whole number too."""
    ends = (int(end * 10**power) for power in count() for end in ENDS)
    return next(end for end in ends if end >= most)


def parts(number: int, span: Span, names: Sequence[str], end: int) -> list[Part]:
    """The parts of bar `number`, each on the one before; the highest makes room for those that must be seen."""
    heights = [max(100 * value / end, LEAST) if value else 0 for value in span.numbers]
    heights[heights.index(max(heights))] -= max(sum(heights) - 100, 0)
    bases = [sum(heights[:at]) for at in range(len(heights))]
    return [
        Part(name, number * 10 + 2, round(100 - base - height, 2), round(height, 2))
        for name, base, height in zip(names, bases, heights, strict=True)
        if height
    ]


def side(number: int, of: int) -> str:
    """Where the words of bar `number` keep within the picture: towards its `end`, its `start`, or in the `middle`."""
    return "end" if 3 * number < of else "start" if 3 * number >= 2 * of else "middle"


def labels(bars: int) -> list[Place]:
    """Places of labels on the axis: the last bar's, and those of some before it."""
    step = WEEK if bars in LABELLED_BY_WEEK else -(-bars // MOST_LABELS)
    numbers = range(bars - 1, -1, -step)
    return [Place(number, *_anchored(number, bars), turn % 2 == 1) for turn, number in enumerate(numbers)][::-1]


def small(numbers: tuple[int, ...]) -> list[float]:
    """Heights of bars in a picture as small as a word."""
    most = max(*numbers, 1)
    return [round(max(100 * number / most, 4 * LEAST), 2) if number else 0 for number in numbers]


def _anchored(number: int, bars: int) -> tuple[float, str]:
    """How far from the start a label is, and what of it is there: no label leaves the picture."""
    if number == bars - 1:
        return 100, "end"
    if number < bars / MOST_LABELS / 2:
        return round(100 * number / bars, 2), "start"
    return round(100 * (number + 0.5) / bars, 2), "middle"
