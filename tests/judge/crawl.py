"""The pages that a stranger, a person and an admin come to by following links and sending forms empty."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import APIRequestContext, APIResponse, Playwright

from tests.browser import NAMELESS, values
from tests.server import Server
from webapp.accounts import demo

PEOPLE = {"stranger": None, "person": demo.MEMBER, "admin": demo.ADMIN}
# No link leads to these, or not everybody.
STARTS = ["/", "/dashboard", "/account", "/admin", "/confirm", "/expiry", "/logout", "/offline", "/nowhere"]
# Addresses that differ in a number, or in what is asked for, are pages of one template.
OF_A_KIND = 4
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Site(NamedTuple):
    """A demo; everybody in it has this password."""

    playwright: Playwright
    server: Server
    password: str


class Page(NamedTuple):
    """`name` says who came to it and how."""

    name: str
    source: str


class Complaint(NamedTuple):
    """What a judge did not like, and where."""

    page: str
    place: str
    rule: str
    sentence: str


def whole(site: Site) -> tuple[list[Page], list[Complaint]]:
    """Every page, and every link that leads nowhere."""
    visitors = [Visitor(site, name, email) for name, email in PEOPLE.items()]
    pages = [page for visitor in visitors for page in visitor.pages()]
    return pages, [complaint for visitor in visitors for complaint in visitor.broken]


def logged_in(site: Site, email: str | None) -> APIRequestContext:
    """Somebody's cookies; a stranger has none."""
    browser = site.playwright.request.new_context(base_url=site.server.url, extra_http_headers=SAME_ORIGIN)
    if email is not None:
        form = BeautifulSoup(browser.get("/login").text(), "html.parser").select_one("#login-form")
        assert form is not None
        answer = browser.post("/login", form=values(form) | {"email": email, "password": site.password})
        assert answer.url.endswith("/dashboard"), answer.url
    return browser


class Visitor:
    """Walks through the site, and notes the links that are `broken`."""

    def __init__(self, site: Site, name: str, email: str | None) -> None:
        self._browser, self._name = logged_in(site, email), name
        self._waiting = deque((path, "") for path in STARTS)
        self._seen = Counter(STARTS)
        self.broken: list[Complaint] = []

    def pages(self) -> Iterator[Page]:
        while self._waiting:
            address, origin = self._waiting.popleft()
            answer = self._browser.get(address)
            if origin and answer.status >= 400:
                self.broken.append(Complaint(origin, f"link to {address}", "crawl", f"It answers {answer.status}."))
            if answer.headers["content-type"].startswith("text/html"):
                yield from self._read(answer, f"{self._name} at {address}")

    def _read(self, answer: APIResponse, name: str) -> Iterator[Page]:
        page = BeautifulSoup(source := answer.text(), "html.parser")
        yield Page(name, source)
        for link in page.select("a[href]"):
            self._note(urljoin(answer.url, str(link["href"])), answer.url, name)
        for form in page.select("form[method=post]"):
            if is_typed_in(form) and self._is_new(f"form {form['id']}"):
                yield Page(f"{name}, {form['id']} sent empty", self._send(form))

    def _note(self, link: str, base: str, origin: str) -> None:
        here, there = urlsplit(base), urlsplit(link)
        address = there._replace(scheme="", netloc="", fragment="").geturl()
        if here.netloc == there.netloc and self._is_new(address):
            self._waiting.append((address, origin))

    def _is_new(self, address: str) -> bool:
        """Whether few of its kind, and never itself, were seen before."""
        self._seen[address] += 1
        self._seen[kind(address)] += self._seen[address] == 1
        return self._seen[address] == 1 and self._seen[kind(address)] <= OF_A_KIND

    def _send(self, form: Tag) -> str:
        blank = {str(field["name"]): "" for field in form.select("input[name]") if field.get("type") not in NAMELESS}
        return self._browser.post(str(form["action"]), form=values(form) | blank).text()


def is_typed_in(form: Tag) -> bool:
    """Sent empty, a form without a field would do what it is for."""
    return any(field.get("type") not in NAMELESS for field in form.select("input[name]"))


def kind(address: str) -> str:
    """The address with a dot for each number and id, and what is asked for without what for."""
    parts = urlsplit(address)
    path = re.sub(r"/(\d+|[0-9a-f]{16})(?=/|$)", "/.", parts.path)
    return f"kind {path}?{'&'.join(sorted(parse_qs(parts.query)))}"
