"""Templates in the reader's language: each is compiled once for every language, with its sentences translated.

A page has forty sentences and twenty addresses; looking each up whenever the page is shown took a quarter of its time.
"""

from collections.abc import Callable, Iterator, MutableMapping
from functools import partial
from pathlib import Path
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, TypeGuard, cast

import jinja2
from flask import Flask
from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from markupsafe import Markup, escape

from webapp.hypermedia import addresses, charts
from webapp.languages import scripts, times
from webapp.languages.catalogs import Language
from webapp.languages.reader import current


def register(app: Flask, *folders: Path) -> None:
    """Find pages in `templates/` and parts of pages in `partials/` of these folders; the first that has one wins."""
    partials = PrefixLoader({"partials": FileSystemLoader([folder / "partials" for folder in folders])})
    app.jinja_loader = ChoiceLoader([FileSystemLoader([folder / "templates" for folder in folders]), partials])


Resolve = Callable[[str], str]


class Templates(Environment):
    """The app's templates, and a copy for each `language`, made when it is first asked for."""

    language: Language | None = None

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **options)
        self.by_language: dict[Language, Templates] = {}
        self.loaded: dict[str, jinja2.Template] = {}
        self.constant: dict[str, Resolve] = {"url_for": addresses.constant(app)}
        self.add_extension(Constants)
        self.undefined = StrictUndefined
        self.context_class = QuickCalls
        self.trim_blocks = self.lstrip_blocks = True

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> jinja2.Template:
        if not self.language:
            return self._in(current()).get_template(name, parent, globals)
        if self.auto_reload or globals or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        # Jinja would look for it behind a lock and a weak reference, seven times a page.
        if name not in self.loaded:
            self.loaded[name] = super().get_template(name, parent)
        return self.loaded[name]

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
        templates.loaded = {}
        asset, brand = cast(Resolve, self.globals["asset"]), cast(Resolve, self.globals["brand"])
        gettext = _with_name(language, brand("name"))
        templates.constant = {**self.constant, "_": gettext, "asset": asset, "brand": brand}
        templates.filters = self.filters | {
            "number": language.number,
            "time": partial(times.as_time, language),
            "time_ago": partial(times.as_time_ago, language),
            "end": partial(times.as_end, language),
            "in_full": partial(times.in_full, language),
        }
        templates.globals = self.globals | {
            "_": gettext,
            "bars": partial(charts.bars, language),
            "language": language,
            "ngettext": language.ngettext,
            "spark": partial(charts.spark, language),
            "script_moments": partial(scripts.of_moments, language),
            "script_sentences": partial(scripts.as_json, language),
        }
        return templates

    def _close(self) -> None:
        """Make adding a filter or a global raise TypeError from here on, since the copies would lack it."""
        self.filters = cast(dict[str, Any], MappingProxyType(dict(self.filters)))
        self.globals = cast(dict[str, Any], MappingProxyType(dict(self.globals)))


def _with_name(language: Language, site: str) -> Callable[..., Markup]:
    """`language.gettext`, which puts the site's name into sentences that hold `%(site)s`."""

    def gettext(template: str, **values: object) -> Markup:
        return language.gettext(template, **(values | {"site": site} if "%(site)s" in template else values))

    return gettext


class QuickCalls(Context):
    """A template's values, and how it calls those that are functions."""

    def call(self, called: Any, /, *given: Any, **named: Any) -> Any:
        """Call what a template calls. Most are plain functions, of which Jinja would ask four things each time."""
        if type(called) not in PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *given, **named)
        if named:
            # Jinja adds these for functions marked @pass_context.
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
        return called(*given, **named)


class Constants(Extension):
    """Puts what never changes into a template while it is compiled: `_("Log in")`, `asset("app.js")`, `brand("name")`.

    Such a call has no values, only a text in quotes.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        tokens, before = [*stream], ""
        while tokens:
            shape = [token.type for token in tokens[:6]]
            if shape == ["variable_begin", *CALL, "variable_end"] and (text := self._known(*tokens[1:4:2])) is not None:
                yield Token(tokens[0].lineno, "data", escape(text))
                del tokens[:6]
            elif shape[:4] == CALL and before not in PARTS and _is_plain(text := self._known(*tokens[0:3:2])):
                yield Token(tokens[0].lineno, "string", text)
                del tokens[:4]
            else:
                before = tokens[0].type
                yield tokens.pop(0)

    def _known(self, name: Token, given: Token) -> str | None:
        """What this function always gives for this text; None if it is another one, or needs more to know it."""
        known = cast(Templates, self.environment).constant.get(name.value)
        try:
            return known(given.value) if known else None
        except LookupError:
            return None


def _is_plain(text: str | None) -> TypeGuard[str]:
    """Whether a text in quotes says the same; HTML in it would be escaped once more."""
    return text is not None and (not isinstance(text, Markup) or escape(str(text)) == text)


PLAIN = {FunctionType, MethodType}
# Behind these a name is an attribute or a filter.
PARTS = {"dot", "pipe"}
CALL = ["name", "lparen", "string", "rparen"]
