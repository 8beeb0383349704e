"""A browser on Flask's test client: it reads the page that was served, fills in its forms, sends and follows.

With `htmx` it sends forms as htmx does and puts the answers where htmx would; each page is checked as HTML when
it is first seen.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

NAMELESS = {"hidden", "submit", "button"}
TOKEN = re.compile('name="csrf_token" value="([0-9a-f]+)"')
# Answers that were found in order, as `_likeness` has them: a thousand tests see the same few.
IN_ORDER: set[int] = set()
# Tokens, and ids of sessions.
RANDOM = re.compile("[0-9a-f]{16,}")
REFERENCES = {"aria-describedby", "aria-labelledby", "aria-controls", "for"}


class Browser:
    """`page` is what is on the screen, `answer` what the server said last."""

    def __init__(self, app: Flask, htmx: bool = False) -> None:
        self.app, self.htmx = app, htmx
        self.client = app.test_client()
        self.path, self._shown = "", ""
        self.answer: TestResponse

    @cached_property
    def page(self) -> BeautifulSoup:
        """The page, parsed when a test first looks at it: half of all pages only lie on the way."""
        return BeautifulSoup(self._shown, "html.parser")

    def visit(self, path: str) -> Browser:
        """Open an address and follow where it leads."""
        self.answer = self.client.get(path)
        if self.answer.status_code in {301, 302, 303}:
            return self.visit(self.answer.location)
        return self._show(path)

    def submit(self, form: str, *, headers: dict[str, str] | None = None, **typed: Any) -> Browser:
        """Type into the form with this id and press its button."""
        element = self.page.select_one(f"form#{form}")
        assert element is not None, f"no form {form} on {self.path}"
        unknown = [name for name in typed if element.find(attrs={"name": name}) is None]
        assert not unknown, f"nowhere to type {unknown}"
        # As the HTML standard has it for text of several lines.
        lines = {
            name: str(typed[name]).replace("\n", "\r\n") for name in typed if element.find("textarea", {"name": name})
        }
        fields = values(element) | typed | lines
        return self.send(str(element["action"]), {k: v for k, v in fields.items() if v is not None}, element, headers)

    def send(
        self,
        path: str,
        fields: dict[str, Any],
        form: Tag,
        headers: dict[str, str] | None = None,
    ) -> Browser:
        """Post these fields as the form would, and show the answer as the page would."""
        over_htmx = self.htmx and form.has_attr("data-hx-post")
        sent = {"Sec-Fetch-Site": "same-origin"} | ({"HX-Request": "true"} if over_htmx else {}) | (headers or {})
        self.answer = self.client.post(path, data=fields, headers=sent)
        if over_htmx and (address := self.answer.headers.get("HX-Redirect")):
            assert self.answer.status_code in {204, 401}
            return self.visit(address)
        if self.answer.status_code in {301, 302, 303}:
            return self.visit(self.answer.location)
        if over_htmx and "text/html" in self.answer.content_type:
            self._swap(self._target(form))
            return self
        return self._show(path)

    def pass_by(self, path: str, **typed: str) -> int:
        """Fill in the form at this address and send it, with no look at either page; give the answer's status."""
        token = TOKEN.search(self.client.get(path).text)
        assert token, f"no form at {path}"
        sent = typed | {"csrf_token": token[1]}
        self.answer = self.client.post(path, data=sent, headers={"Sec-Fetch-Site": "same-origin"})
        return self.answer.status_code

    def refresh(self, link: str) -> Browser:
        """Follow the link with this id, in place over htmx."""
        element = self.page.select_one(f"a#{link}")
        assert element is not None
        if not self.htmx:
            return self.visit(str(element["href"]))
        assert element["data-hx-get"] == element["href"]
        self.answer = self.client.get(str(element["href"]), headers={"HX-Request": "true"})
        if address := self.answer.headers.get("HX-Redirect"):
            return self.visit(address)
        self._swap(self._target(element))
        return self

    def errors(self) -> dict[str, str]:
        """The sentence beside each field."""
        slots = {str(slot["id"]).removesuffix("-error"): text(slot) for slot in self.page.select("p.error")}
        return {name: sentence.removeprefix("Error: ") for name, sentence in slots.items() if sentence}

    def text(self) -> str:
        """All that is to be read, in one line."""
        return text(self.page)

    def flashes(self) -> list[str]:
        return [text(flash) for flash in self.page.select("#flashes .flash")]

    def heading(self) -> str:
        heading = self.page.h1
        assert heading is not None
        return text(heading)

    def value(self, name: str) -> str:
        """What stands in a field."""
        field = self.page.find(attrs={"name": name})
        assert isinstance(field, Tag)
        return str(field.get("value", ""))

    def cookie(self, name: str) -> str | None:
        cookie = self.client.get_cookie(name)
        return cookie.value if cookie else None

    def _show(self, path: str) -> Browser:
        self.path, self._shown = path, self.answer.text
        vars(self).pop("page", None)
        if (likeness := _likeness(self.answer)) not in IN_ORDER:
            self.page = checked(self.answer)
            IN_ORDER.add(likeness)
        return self

    def _target(self, element: Tag) -> Tag:
        """Where htmx puts what this form or link brings."""
        name = str(element["data-hx-target"])
        target = element if name == "this" else self.page.select_one(name)
        assert target is not None, f"no target {name}"
        return target

    def _swap(self, target: Tag) -> None:
        """Put a part where htmx 4 does: title, out-of-band parts, then the target itself."""
        part = BeautifulSoup(self.answer.text, "html.parser")
        assert part.html is None, "a whole page was sent to htmx"
        title = part.title.extract() if part.title else None
        for piece in part.select("[data-hx-swap-oob]"):
            place = self.page.select_one(f"#{piece['id']}")
            assert place is not None and piece["data-hx-swap-oob"] == "innerHTML"
            place.clear()
            for child in list(piece.extract().children):
                place.append(child)
        if self.answer.headers.get("HX-Reswap") != "none":
            root = part.find(True)
            assert isinstance(root, Tag) and root.get("id") == target.get("id")
            target.replace_with(root)
            assert title is not None and self.page.title is not None
            self.page.title.replace_with(title)
        check(self.page)


def values(form: Tag) -> dict[str, Any]:
    """What a browser sends for a form as it stands."""
    fields: dict[str, Any] = {}
    for field in form.find_all("input"):
        if (
            field.get("name")
            and not field.has_attr("disabled")
            and (field.get("type") != "checkbox" or field.has_attr("checked"))
        ):
            fields[str(field["name"])] = str(field.get("value", "on" if field.get("type") == "checkbox" else ""))
    return fields


def _likeness(answer: TestResponse) -> int:
    """A hash of the answer with a number for each random value in it; what comes twice in it still does."""
    numbers: dict[str, int] = {}
    text = RANDOM.sub(lambda found: f"<{numbers.setdefault(found[0], len(numbers))}>", answer.text)
    return hash((answer.content_type, text))


def checked(answer: TestResponse) -> BeautifulSoup:
    """The answer as a page, after a look at it."""
    page = BeautifulSoup(answer.text, "html.parser")
    if "text/html" in answer.content_type:
        assert page.h1 is not None and len(page.find_all("h1")) == 1, "a page has one h1"
        assert page.title is not None and page.title.text.strip()
        assert page.html is not None and page.html["lang"]
        check(page)
    return page


def check(page: BeautifulSoup) -> None:
    """Ids are unique, every input has a label, every reference and every htmx target something to refer to."""
    # Thousands of pages are looked at, and a CSS selector takes as long as all of this.
    elements = page.find_all(True)
    ids = [str(element["id"]) for element in elements if "id" in element.attrs]
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(ids)}"
    labelled = {element.get("for") for element in elements if element.name == "label"}
    for element in elements:
        _check_references(element, set(ids))
        if element.name == "input" and element.get("type") not in NAMELESS:
            assert element["id"] in labelled, f"no label for {element['name']}"
        if element.name == "form" and element.get("method") == "post":
            assert element.find("input", attrs={"name": "csrf_token"}), "a form without a token"


def _check_references(element: Tag, ids: set[str]) -> None:
    attributes = element.attrs
    for name in REFERENCES & attributes.keys():
        missing = set(str(attributes[name]).split()) - ids
        assert not missing, f"{name} leads nowhere: {missing}"
    if element.name == "a" and str(attributes.get("href", "")).startswith("#"):
        assert attributes["href"][1:] in ids, f"{attributes['href']} leads nowhere"
    if asked := attributes.get("data-hx-post", attributes.get("data-hx-get")):
        target = str(attributes["data-hx-target"])
        assert target == "this" or target.removeprefix("#") in ids, f"no target {target}"
        assert element.name in {"input", "p"} or attributes.get("action", attributes.get("href")) == asked


def text(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())
