"""Pictures of numbers by day or week, as SVG; each bar leads to what is behind it, and a table has the same by day."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flask import get_template_attribute
from markupsafe import Markup

from webapp.hypermedia import drawing
from webapp.hypermedia.drawing import Part, Place, Span
from webapp.languages.catalogs import DayForm, Language
from webapp.languages.sentences import Sentence, say, say_number

# By whether it is of a day or of a week, and of all series or of the only one.
USUAL = {
    (True, False): say("usually %(number)s a day"),
    (True, True): say("usually %(number)s a day in all"),
    (False, False): say("usually %(number)s a week"),
    (False, True): say("usually %(number)s a week in all"),
}


class Series(NamedTuple):
    """A number that each day has, by the name of its attribute.

    `label` heads it in the table, `counted` is any number of it in words, made by `say_number`. `kind` is the kind of
    event that it counts, for which a list of events is asked.
    """

    name: str
    label: Sentence
    counted: Sentence
    kind: str = ""


SIGNUPS = Series("signups", say("Sign-ups"), say_number("%(number)s sign-up", "%(number)s sign-ups", 0), "signed_up")
LOGINS = Series("logins", say("Log-ins"), say_number("%(number)s log-in", "%(number)s log-ins", 0), "logged_in")
FAILED = Series(
    "failed", say("Failed"), say_number("%(number)s failed log-in", "%(number)s failed log-ins", 0), "login_failed"
)
SERIES = {series.name: series for series in (SIGNUPS, LOGINS, FAILED)}


class Bar(NamedTuple):
    """`words` is what a pointer is told; `address` leads to what is behind it, and is empty if that is nothing."""

    words: str
    address: str
    parts: list[Part]
    side: str
    is_stop: bool
    """Whether the Tab key stops here: once in a chart, at the newest bar. From there the arrows lead on."""


class Row(NamedTuple):
    """A day of the table, with a number for each series and the address of what is behind it."""

    day: str
    cells: list[tuple[int, str]]


class Chart(NamedTuple):
    """What the template draws."""

    id: str
    caption: str
    told: str
    bars: list[Bar]
    labels: list[tuple[Place, str]]
    top: int
    usual: tuple[float, str] | None
    legend: list[tuple[str, str]]
    totals: str
    headings: list[str]
    rows: list[Row]


@lru_cache(256)
def bars(
    language: Language,
    identity: str,
    caption: str,
    days: tuple[Any, ...],
    shown: tuple[str | Series, ...],
    told: str = "",
    events: str = "",
) -> Markup:
    """Chart with a bar for each day, or week, its parts stacked; `shown` holds names in SERIES, or Series of one's own.

    `told` is a sentence above it. `events` is the address of a list that takes `kind`, `since` and `until`; without it
    bars lead nowhere. Cached: most users look again before anything new has happened on that day.
    """
    series = [SERIES[one] if isinstance(one, str) else one for one in shown]
    spans = [Span(day.date, day.date, tuple(int(getattr(day, one.name)) for one in series)) for day in days]
    said = str(language.translated(told))
    return _drawn("bars", _chart(language, identity, caption, said, spans, series, events))


def spark(language: Language, numbers: Iterable[int]) -> Markup:
    """A picture as small as a word: a bar for each number, the last one marked."""
    return _spark(language, tuple(numbers))


@lru_cache(256)
def _spark(language: Language, numbers: tuple[int, ...]) -> Markup:
    return _drawn("spark", drawing.small(numbers), ", ".join(map(language.number, numbers)))


def _chart(
    language: Language, identity: str, caption: str, told: str, days: list[Span], series: list[Series], events: str
) -> Chart:
    spans = drawing.by_week(days) if len(days) >= drawing.WEEKS_FROM else days
    top = drawing.top(max(sum(span.numbers) for span in spans))
    totals = [_counted(language, one, total) for one, total in zip(series, drawing.sums(spans), strict=True)]
    return Chart(
        id=identity,
        caption=caption,
        told=told,
        bars=_bars(language, spans, series, top, events),
        labels=[(place, _day(language, spans[place.number].last, "MMMd")) for place in drawing.labels(len(spans))],
        top=top,
        usual=_usual(language, spans, top),
        legend=[(one.name, total) for one, total in zip(series, totals, strict=True)],
        totals=language.list(totals),
        headings=[language.say(one.label) for one in series],
        rows=[Row(_day(language, day.first, "yMMMd"), _cells(day, series, events)) for day in reversed(days)],
    )


def _drawn(macro: str, *given: object) -> Markup:
    figure: Markup = get_template_attribute("partials/charts.html", macro)(*given)
    return figure


def _counted(language: Language, series: Series, number: int) -> str:
    """`1 failed log-in`."""
    one, many = series.counted.template, series.counted.many
    return language.say(say_number(one, many or one, number))


def _bars(language: Language, spans: list[Span], series: list[Series], top: int, events: str) -> list[Bar]:
    addresses = [_address(span, series, events) for span in spans]
    stop = max((number for number, address in enumerate(addresses) if address), default=None)
    names = [one.name for one in series]
    return [
        Bar(
            words=_words(language, span, series),
            address=addresses[number],
            parts=drawing.parts(number, span, names, top),
            side=drawing.side(number, len(spans)),
            is_stop=number == stop,
        )
        for number, span in enumerate(spans)
    ]


def _words(language: Language, span: Span, series: list[Series]) -> str:
    """`14 March: 3 log-ins and 1 failed log-in`."""
    found = [(one, number) for one, number in zip(series, span.numbers, strict=True) if number]
    numbers = language.list(_counted(language, one, number) for one, number in found or [(series[0], 0)])
    when = _day(language, span.first) if span.first == span.last else _week(language, span.first, span.last)
    return f"{when}: {numbers}"


def _address(span: Span, series: list[Series], events: str) -> str:
    """Where the events of this bar are listed; if it has several kinds of them, all that happened on its days."""
    kinds = [one.kind for one, number in zip(series, span.numbers, strict=True) if number]
    if not (events and kinds):
        return ""
    kind = f"kind={kinds[0]}&" if len(kinds) == 1 and kinds[0] else ""
    return f"{events}?{kind}since={span.first}&until={span.last}"


def _cells(day: Span, series: list[Series], events: str) -> list[tuple[int, str]]:
    alone = [(one, day._replace(numbers=(number,))) for one, number in zip(series, day.numbers, strict=True)]
    return [(span.numbers[0], _address(span, [one], events)) for one, span in alone]


def _usual(language: Language, spans: list[Span], top: int) -> tuple[float, str] | None:
    """How high the line of the usual is, and its words; None where nothing happened before."""
    mean = drawing.usual(spans)
    if not mean:
        return None
    is_daily, is_sum = spans[0].first == spans[0].last, len(spans[0].numbers) > 1
    words = say(USUAL[is_daily, is_sum], number=language.number(float(mean)))
    return round(100 - 100 * mean / top, 2), language.say(words)


@lru_cache(2000)
def _day(language: Language, day: str, form: DayForm = "MMMMd") -> str:
    return language.day(date.fromisoformat(day), form)


@lru_cache(500)
def _week(language: Language, first: str, last: str) -> str:
    return language.days(date.fromisoformat(first), date.fromisoformat(last))
