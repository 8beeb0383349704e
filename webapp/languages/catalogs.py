"""Catalogs: each language, and how it writes sentences, numbers and moments.

English is what the code says; each folder in `translations/` is another language, compiled when the app starts.
"""

import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from webapp.languages.sentences import Sentence

FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"
# English dates as most of its readers write them: the day first, and 24 hours.
DATES = {SOURCE: "en_GB"}
# In characters. A browser names a handful of languages; a longer header was made up, and would fill the cache.
LONGEST_WISH = 200
# A threshold for Babel: thirty days stay thirty days, and do not become a month.
ANY_NUMBER = 10**9

Unit = Literal["day", "hour", "minute", "second"]
DayForm = Literal["MMMd", "MMMMd", "yMMMd", "long"]
ClockForm = Literal["short", "medium"]


class Language:
    """A language: `code` as HTML and HTTP spell it, `name` as its speakers do; `direction` is `ltr` or `rtl`.

    `dates` is the code by which it writes moments.
    """

    def __init__(self, locale: Locale, catalog: NullTranslations) -> None:
        self.locale, self.catalog = locale, catalog
        self.code = str(locale).replace("_", "-")
        self.name = str(locale.get_display_name()).title()
        self.direction = locale.text_direction
        self._dates = Locale.parse(DATES.get(str(locale), str(locale)))
        self.dates = str(self._dates).replace("_", "-")

    def say(self, sentence: Sentence) -> str:
        """The sentence of a rule or a form in this language."""
        if sentence.many is None:
            text = self.catalog.gettext(sentence.template)
        else:
            text = self.catalog.ngettext(sentence.template, sentence.many, sentence.number)
        return text % self._said(sentence.values) if sentence.values else text

    def translated(self, value: object) -> object:
        """A sentence in this language; any other value unchanged."""
        return self.say(value) if isinstance(value, Sentence) else value

    def gettext(self, template: str, **values: object) -> Markup:
        """A template's sentence in this language. It may hold HTML; its values are escaped."""
        text = self.catalog.gettext(template)
        return Markup(text % self._escaped(values) if values else text)  # noqa: S704

    def ngettext(self, one: str, many: str, num: int, **values: object) -> Markup:
        text = self.catalog.ngettext(one, many, num)
        return Markup(text % self._escaped({"num": num, **values}))  # noqa: S704

    def number(self, number: float) -> str:
        """`12,345` or `12.345`, and `0.5` or `0,5`."""
        if isinstance(number, int):
            return str(number) if number < 1000 else numbers.format_decimal(number, locale=self.locale)
        return numbers.format_decimal(number, "#,##0.0", self.locale)

    def day(self, day: date, form: DayForm) -> str:
        """`14 Mar`, `14 March`, `14 Mar 2026` or `14 March 2026`."""
        if form == "long":
            return dates.format_date(day, form, self._dates)
        return dates.format_skeleton(form, datetime.combine(day, time()), locale=self._dates)

    def clock(self, shown: time, form: ClockForm) -> str:
        """`15:09`, or `15:09:26`."""
        return dates.format_time(shown, form, locale=self._dates)

    def ago(self, number: int, unit: Unit) -> str:
        """`5 min ago`."""
        passed = timedelta(**{f"{unit}s": -number})
        return dates.format_timedelta(passed, unit, ANY_NUMBER, add_direction=True, format="short", locale=self._dates)

    def days(self, first: date, last: date) -> str:
        """Both days and what is between them, as short as the language has it."""
        return dates.format_interval(first, last, "MMMd", locale=self._dates)

    def distance(self, number: int, unit: Unit) -> str:
        """`in 5 minutes`, or `5 minutes ago` for a number below 0; `unit` is `day`, `hour`, `minute` or `second`."""
        passed = timedelta(**{f"{unit}s": number})
        return dates.format_timedelta(passed, unit, ANY_NUMBER, add_direction=True, locale=self._dates)

    def list(self, texts: Iterable[str]) -> str:
        """`one, two and three`."""
        return lists.format_list([*texts], locale=self._dates)

    def _said(self, values: Mapping[str, object]) -> dict[str, object]:
        return {name: self._value(value) for name, value in values.items()}

    def _escaped(self, values: Mapping[str, object]) -> dict[str, Markup]:
        return {name: escape(self._value(value)) for name, value in values.items()}

    def _value(self, value: object) -> object:
        if isinstance(value, Sentence):
            return self.say(value)
        return self.number(value) if isinstance(value, int) else value


def best(wish: str, codes: tuple[str, ...]) -> str:
    """The one of `codes` that fits the Accept-Language header `wish` best (RFC 9110 12.5.4)."""
    return _best(wish[:LONGEST_WISH], codes)


@lru_cache(500)
def _best(wish: str, codes: tuple[str, ...]) -> str:
    return parse_accept_header(wish, LanguageAccept).best_match(codes, SOURCE)


@lru_cache
def read(*folders: Path) -> dict[str, Language]:
    """English and the languages in the folders, by code; later folders add to a language. Compiled once a process."""
    found: dict[str, NullTranslations] = {SOURCE: NullTranslations()}
    for path in (path for folder in folders for path in sorted(folder.glob("*/LC_MESSAGES/messages.po"))):
        name, catalog = path.parent.parent.name, _compiled(path)
        known = found.get(name)
        found[name] = known.merge(catalog) if isinstance(known, Translations) else catalog
    languages = [Language(Locale.parse(name), catalog) for name, catalog in found.items()]
    return {language.code: language for language in languages}


def _compiled(path: Path) -> Translations:
    """The catalog at `path`, compiled in memory: a compiled file could be older than its source."""
    file = io.BytesIO()
    with path.open("rb") as source:
        write_mo(file, read_po(source))
    file.seek(0)
    return Translations(file)
