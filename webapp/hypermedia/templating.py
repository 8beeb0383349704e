"""Templates in the reader's language: each is compiled once for every language, with its sentences translated.

A page has forty sentences; looking each up whenever the page is shown took a sixth of the page's time.
"""

from collections.abc import Iterator, MutableMapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import jinja2
from flask import Flask
from flask.templating import Environment
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from webapp.hypermedia import charts
from webapp.languages import scripts, times
from webapp.languages.catalogs import SOURCE, Language
from webapp.languages.reader import current, known


def register(app: Flask, *folders: Path) -> None:
    """Find pages in `templates/` and parts of pages in `partials/` of these folders; the first that has one wins."""
    partials = PrefixLoader({"partials": FileSystemLoader([folder / "partials" for folder in folders])})
    app.jinja_loader = ChoiceLoader([FileSystemLoader([folder / "templates" for folder in folders]), partials])


class Templates(Environment):
    """The app's templates, and a copy for each `language`, made when it is first asked for."""

    language: Language | None = None

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.by_language: dict[Language, Templates] = {}
        self.add_extension(PlainSentences)
        self.undefined = StrictUndefined
        self.trim_blocks = self.lstrip_blocks = True

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> jinja2.Template:
        if self.language:
            return super().get_template(name, parent, globals)
        return self._in(current()).get_template(name, parent, globals)

    def from_string(self, source: Any, *given: Any, **options: Any) -> jinja2.Template:
        if self.language:
            return super().from_string(source, *given, **options)
        return self._in(current()).from_string(source, *given, **options)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One mapping: Jinja's own chain of two is walked anew for each page, include and macro."""
        return {**self.globals, **(d or {})}

    def _in(self, language: Language) -> "Templates":
        if language not in self.by_language:
            self.by_language[language] = self._made_for(language)
        return self.by_language[language]

    def _made_for(self, language: Language) -> "Templates":
        self._close()
        templates = self.overlay(finalize=language.translated)
        templates.language = language
        templates.filters = self.filters | {
            "number": language.number,
            "time": partial(times.as_time, language),
            "time_ago": partial(times.as_time_ago, language),
        }
        templates.globals = self.globals | {
            "_": language.gettext,
            "bars": partial(charts.bars, language),
            "language": language,
            "ngettext": language.ngettext,
            "script_sentences": partial(scripts.as_json, language),
        }
        return templates

    def _close(self) -> None:
        """Make adding a filter or a global raise TypeError from here on, since the copies would lack it."""
        self.filters = cast(dict[str, Any], MappingProxyType(dict(self.filters)))
        self.globals = cast(dict[str, Any], MappingProxyType(dict(self.globals)))


class PlainSentences(Extension):
    """Translates `_("Log in")` while the template is compiled, since this sentence has no values."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        tokens = [*stream]
        while tokens:
            shape = [token.value if token.type == "name" else token.type for token in tokens[:6]]
            if shape == ["variable_begin", *CALL, "variable_end"]:
                yield self._said(tokens[3], "data")
                del tokens[:6]
            elif shape[:4] == CALL:
                yield self._said(tokens[2], "string")
                del tokens[:4]
            else:
                yield tokens.pop(0)

    def _said(self, sentence: Token, kind: str) -> Token:
        language = cast(Templates, self.environment).language or known()[SOURCE]
        return Token(sentence.lineno, kind, language.gettext(sentence.value))


CALL = ["_", "lparen", "string", "rparen"]
