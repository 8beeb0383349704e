"""Each page at each width, in each language, for a visitor, a user and an admin: one header, and no sideways scroll.

`./just test tests/pages/test_widths.py -rP` shows what was measured as a table.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.screens import ACQUAINTANCE, Screens, page_about
from webapp.accounts import admin

WIDTHS = (320, 768, 1024, 1280, 1920)
PAGES = {
    "visitor": ["/", "/signup", "/login", "/dashboard", "/expiry", "/offline"],
    "busy": [
        "/dashboard", "/account", "/account/password", "/account/sessions", "/account/activity", "/account/data",
        "/account/delete", "/confirm", "/expiry", "/logout", "/account/security", "/account/totp",
        "/account/recovery-codes", "/account/passkeys",
    ],
    "enrolled": [
        "/account/security", "/account/totp", "/account/totp/remove", "/account/recovery-codes", "/account/passkeys",
        "/confirm",
    ],
    "admin": ["/admin", f"/admin?days={admin.SPANS[-1]}", "/admin/users", "/admin/events", "/admin/blocks", "/account"],
}  # fmt: skip
MEASURED = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return [document.querySelector(".site-header").getBoundingClientRect().height, scrollWidth - clientWidth];
}"""


class Measured(NamedTuple):
    """In pixels; `who` is a visitor, or a key of `tests.screens.KEYS`."""

    who: str
    path: str
    width: int
    header: float
    scroll: int


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_header_has_one_height_and_nothing_scrolls_sideways(screens: Screens, language: str) -> None:
    found = [*measured(screens, language)]
    sys.stdout.write(table(language, found))
    assert [one for one in found if one.scroll > 0] == []
    heights = {width: {one.header for one in found if one.width == width} for width in WIDTHS}
    assert {width: sorted(many) for width, many in heights.items() if len(many) != 1} == {}


def measured(screens: Screens, language: str) -> Iterator[Measured]:
    for who, paths in PAGES.items():
        key = None if who == "visitor" else screens.key(who)
        page = screens.open(storage_state=key, locale=language)
        person = [page_about(screens.server, ACQUAINTANCE)] if who == "admin" else []
        for path in [*paths, *person, *[f"{about}/role" for about in person]]:
            page.goto(path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                yield Measured(who, path, width, *page.evaluate(MEASURED))


def table(language: str, found: list[Measured]) -> str:
    """A row for each page: the header's height at each width, and how far the page scrolls sideways."""
    rows = [f"| {language} | " + " | ".join(map(str, WIDTHS)) + " |", "| --- " * (len(WIDTHS) + 1) + "|"]
    for who, path in dict.fromkeys((one.who, one.path) for one in found):
        cells = [f"{one.header:g}, {one.scroll}" for one in found if (one.who, one.path) == (who, path)]
        rows.append(f"| {who} {path} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
