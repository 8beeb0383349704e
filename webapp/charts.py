"""Pictures of numbers by day, as SVG with the same numbers in a table."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from flask import get_template_attribute
from markupsafe import Markup

# Below this many the bars of quiet days would look like much.
LEAST_TOP = 4


class Bar(NamedTuple):
    """A piece of a picture that is 100 high, and ten wide for each day."""

    name: str
    x: int
    y: float
    height: float


@lru_cache(256)
def bars(identity: str, caption: str, days: tuple[Any, ...], parts: tuple[tuple[str, str], ...]) -> Markup:
    """A bar a day, its parts one on the other; `parts` holds (attribute of a day, label).

    Kept, since most people look again on a day on which nothing has happened since.
    """
    numbers = [[int(getattr(day, name)) for name, _ in parts] for day in days]
    totals = [f"{sum(column)} {label}" for column, (_, label) in zip(zip(*numbers, strict=True), parts, strict=True)]
    drawn = list(_drawn(numbers, [name for name, _ in parts]))
    rows = [(day.date, row) for day, row in zip(days, numbers, strict=True)][::-1]
    figure: Markup = get_template_attribute("partials/charts.html", "bars")(
        identity, caption, drawn, rows, [label for _, label in parts], totals
    )
    return figure


def _drawn(numbers: list[list[int]], names: list[str]) -> Iterable[Bar]:
    top = max(LEAST_TOP, *map(sum, numbers))
    for day, row in enumerate(numbers):
        base = 0.0
        for name, number in zip(names, row, strict=True):
            base += 100 * number / top
            if number:
                yield Bar(name, day * 10 + 2, round(100 - base, 2), round(100 * number / top, 2))
