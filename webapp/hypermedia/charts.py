"""Pictures of numbers by day, as SVG with the same numbers in a table."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from flask import get_template_attribute
from markupsafe import Markup

from webapp.languages.catalogs import Language

# The scale ends at 4 at least: with a lower end the bars of quiet days would look high.
ENDS = (4, 6, 8, 10, 20, 30)


class Bar(NamedTuple):
    """A part of a bar, in a picture that is 100 high and ten wide for each day."""

    name: str
    x: int
    y: float
    height: float


Parts = tuple[tuple[str, str], ...]


@lru_cache(256)
def bars(language: Language, identity: str, caption: str, days: tuple[Any, ...], parts: Parts) -> Markup:
    """Chart with a bar for each day, its parts stacked; `parts` holds (attribute of a day, label).

    Cached: most users look again before anything new has happened on that day.
    """
    numbers = [[int(getattr(day, name)) for name, _ in parts] for day in days]
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    legend = [(name, f"{language.number(total)} {label}") for (name, label), total in zip(parts, sums, strict=True)]
    told = language.list(total for _, total in legend)
    top = _top(max(map(sum, numbers)))
    drawn = list(_drawn(numbers, [name for name, _ in parts], top))
    rows = [(day.date, row) for day, row in zip(days, numbers, strict=True)][::-1]
    figure: Markup = get_template_attribute("partials/charts.html", "bars")(
        identity, caption, drawn, rows, [label for _, label in parts], legend, told, top
    )
    return figure


def _top(most: int) -> int:
    """The end of the scale: the next of 4, 6, 8, 10, 20, 30, 40, 60, … whose half is a whole number too."""
    ends = (int(end * 10**power) for power in count() for end in ENDS)
    return next(end for end in ends if end >= most)


def _drawn(numbers: list[list[int]], names: list[str], top: int) -> Iterable[Bar]:
    for day, row in enumerate(numbers):
        base = 0.0
        for name, number in zip(names, row, strict=True):
            base += 100 * number / top
            if number:
                yield Bar(name, day * 10 + 2, round(100 - base, 2), round(100 * number / top, 2))
