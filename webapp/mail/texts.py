"""The text of a mail: a subject and paragraphs, plain first, and HTML made from the same.

Each kind of mail is a template in `templates/mail/`; one of the same name in own/templates/mail/ takes its place.
The first line is the subject; a paragraph that is a link, or the code, stands on a line of its own.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webapp.languages.catalogs import Language
from webapp.languages.sentences import say

# In characters, so that no line has to be folded (RFC 5322 2.1.1), quoted once or twice in an answer.
WIDTH = 72


class Text(NamedTuple):
    subject: str
    plain: str
    html: str


class Texts:
    """The texts of a site called `site`, whose pages begin with `origin`, from the templates in these folders."""

    def __init__(self, site: str, origin: str, folders: Iterable[Path]) -> None:
        self._site, self._origin = site, origin
        self._templates = Environment(
            loader=FileSystemLoader([folder / "templates" for folder in folders]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            lstrip_blocks=True,
        )
        self._speaking = cache(self._in)

    def of(self, kind: str, language: Language, told: Mapping[str, object]) -> Text:
        """The text of this kind of mail; `told` is what its template names."""
        written = self._speaking(language).get_template(f"mail/{kind}.txt").render(told)
        subject, *paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", written.strip()))
        signature = f"-- \n{self._site}\n{self._origin}/\n"
        plain = "\n\n".join([*map(_wrapped, paragraphs), signature])
        page = self._speaking(language).get_template("mail/layout.html")
        code = told.get("code")
        return Text(subject, plain, page.render(subject=subject, paragraphs=paragraphs, code=code, language=language))

    def _in(self, language: Language) -> Environment:
        """The templates in one language; `_` writes plain text, as no mail program would read `&#39;`."""
        templates = self._templates.overlay()
        templates.globals = {
            "_": lambda template, **values: language.say(say(template, **values)),
            "origin": self._origin,
            "site": self._site,
        }
        return templates


def _wrapped(paragraph: str) -> str:
    """The paragraph in short lines; a link is never broken."""
    return textwrap.fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
