"""Lighthouse, and how much the first page that somebody opens weighs."""

import gzip
import json
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from bs4 import BeautifulSoup
from playwright.sync_api import APIRequestContext

from tests import programs
from tests.judge.crawl import Complaint, Site, logged_in
from tests.judge.markup import run
from tests.screens import ARGUMENTS
from webapp.accounts import demo

PAGES = {"/": None, "/login": None, "/signup": None, "/dashboard": demo.MEMBER, "/admin": demo.ADMIN}
# A machine that is busy with other things only makes a page slower, so the best of a few looks is the page's own.
TRIES = 3
# The whole first load of /login as it travels; about one second on a slow 3G network.
MOST_BYTES = 24_000


def complaints(site: Site) -> Iterator[Complaint]:
    for path, email in PAGES.items():
        yield from _judged(site, path, _cookie(logged_in(site, email)))
    if (weight := first_load(f"{site.server.url}/login")) > MOST_BYTES:
        yield Complaint("/login", "", "weight", f"{weight} bytes travel at the first load; {MOST_BYTES} may.")


def first_load(address: str) -> int:
    """Bytes of a page, its style sheets and its scripts, compressed."""
    page = _travelling(address)
    linked = BeautifulSoup(gzip.decompress(page), "html.parser").select("link[rel=stylesheet], script[src]")
    parts = [_travelling(urljoin(address, str(part.get("href", part.get("src"))))) for part in linked]
    return sum(map(len, [page, *parts]))


def _judged(site: Site, path: str, cookie: str) -> Iterator[Complaint]:
    """What keeps a page from 100 in each category."""
    for _ in range(TRIES):
        report = _report(site.server.url + path, cookie)
        if not (short := [found for found in report["categories"].values() if found["score"] != 1]):
            return
    for category in short:
        score = f"{category['title']} {round(100 * (category['score'] or 0))}"
        yield Complaint(path, score, "lighthouse", report.get("runtimeError", {}).get("message", "It is not 100."))
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] not in (None, 1):
                yield Complaint(path, score, audit["id"], f"{audit['title']} {_items(audit)}")


def _items(audit: dict[str, Any]) -> str:
    """Where, as far as Lighthouse says."""
    items = audit.get("details", {}).get("items", [])
    places = [item.get("node", {}).get("snippet") or item.get("url") or item.get("description") for item in items]
    return ", ".join([audit.get("displayValue", ""), *filter(None, places)])


def _report(address: str, cookie: str) -> Any:
    chromium = programs.chromium()
    assert chromium
    said = run(
        "lighthouse",
        address,
        "--output=json",
        "--quiet",
        "--no-enable-error-reporting",
        f"--chrome-flags={shlex.join(['--headless', *ARGUMENTS])}",
        f"--extra-headers={json.dumps({'Cookie': cookie})}",
        CHROME_PATH=chromium,
    )
    return json.loads(said)


def _cookie(browser: APIRequestContext) -> str:
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in browser.storage_state()["cookies"])


def _travelling(address: str) -> bytes:
    with urlopen(Request(address, headers={"Accept-Encoding": "gzip"})) as answer:
        assert answer.headers["Content-Encoding"] == "gzip", address
        return bytes(answer.read())
