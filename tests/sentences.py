"""Sentences as `just translate` finds them, and a language that nobody speaks: each in brackets, from right to left."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po
from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

ROOT = Path(__file__).parent.parent
CATALOGS = sorted((ROOT / "webapp/languages/translations").glob("*/LC_MESSAGES/messages.po"))
# Hebrew has its own letters and direction, and no catalog of ours.
PSEUDO = "he"
TOLD = ("title", "aria-label", "alt", "placeholder", "aria-description", "aria-roledescription", "aria-valuetext")
# What is the same in every language: names, addresses, moments, numbers, the brand, what people typed.
DATA = re.compile(
    r"Latchkey|[\w.+-]+@\w+\.\w+|\b(?:alice|bob|grace|zed)\b|127\.0\.0\.1|\[?[0-9a-f]{16}\]?|spam"
    # Babel's own words: `a minute ago`, `in 3 days`, dates, and `and`.
    r"|(?:לפני|בעוד)[\d ()\u05d0-\u05f3]+|\d+ [\u05d0-\u05f3]+(?: \d{4})?|\bו\b"
    r"|\d+:\d\d(?::\d\d)? UTC|\d{4}-\d\d-\d\d|[\d.,]+|[\s,:()·–↑↓]"
)


def found(folder: Path) -> Catalog:
    """Every sentence in the code, by the command in the justfile."""
    template = folder / "messages.pot"
    recipe = (ROOT / "justfile").read_text()
    words = re.search(r"\$babel (extract .*) -o \"\$found\"", recipe)
    assert words is not None
    CommandLineInterface().run(["pybabel", "-q", *shlex.split(words[1]), "-o", str(template), "webapp"])
    with template.open("rb") as file:
        return read_po(file)


def kept(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def write_pseudo(folder: Path) -> None:
    """A catalog in `folder` that says ⟦Log in⟧ for `Log in`."""
    catalog = found(folder)
    catalog.locale = PSEUDO
    catalog.fuzzy = False
    for message in messages(catalog):
        message.string = _bracketed(message.id)
    path = folder / PSEUDO / "LC_MESSAGES/messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalog)


def forgotten(html: str) -> list[str]:
    """What a page says, or hides for some readers, that went through no catalog."""
    page = BeautifulSoup(html, "html.parser")
    texts = ["".join(_texts(page)), *(str(tag[name]) for name in TOLD for tag in page.select(f"[{name}]"))]
    texts += [str(tag["content"]) for tag in page.select("meta[name=description]")]
    return [left for text in texts if (left := DATA.sub("", outside_brackets(text)).strip())]


def outside_brackets(text: str) -> str:
    before = None
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
    return text


def _texts(page: BeautifulSoup) -> Iterator[str]:
    for text in page.find_all(string=True):
        if not isinstance(text, PreformattedString) and text.find_parent(_is_no_sentence) is None:
            yield str(text)


def _is_no_sentence(element: Tag) -> bool:
    """A language's own name is in that language, a time zone has its IANA name; a key or a code is the same in all."""
    is_named = element.name in {"option", "optgroup"} and element.has_attr("lang")
    return is_named or element.name in {"script", "style", "kbd", "code"}


def _bracketed(message: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return f"⟦{message}⟧" if isinstance(message, str) else tuple(f"⟦{form}⟧" for form in message)
