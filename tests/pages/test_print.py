"""Pages on paper: how many sheets each takes, and what is on the first."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page

from tests.screens import Person, Screens, get_in
from tests.server import Server
from webapp.accounts import demo
from webapp.commands.demo import EVENTS_EACH

PEOPLE = 300
# The most sheets of A4 upright; lying, each holds 1.6 times less.
MOST = {("/admin", demo.ADMIN): 8, ("/admin/users", demo.ADMIN): 4, ("/account/activity", demo.MEMBER): 5}
LYING = 1.6
# A sheet is looked at in strips of 7 mm, about as high as a line with its space.
STRIPS = 42
# Of what a table or a time says, nothing goes on in a second line.
BROKEN = """() => [...document.querySelectorAll(".chart :is(th, td), td time")].filter((element) => {
  const [range, texts] = [document.createRange(), document.createTreeWalker(element, NodeFilter.SHOW_TEXT)];
  const tops = new Set();
  while (texts.nextNode()) {
    range.selectNodeContents(texts.currentNode);
    for (const { top } of range.getClientRects()) tops.add(Math.round(top));
  }
  return tops.size > 1;
}).map((element) => element.textContent)"""


def test_pages_take_few_sheets_and_fill_the_first(screens: Screens, start_server: Callable[..., Server]) -> None:
    server = start_server()
    with closing(server.database()) as db:
        password = demo.fill(db, PEOPLE, PEOPLE * EVENTS_EACH).password
    for (path, email), most in MOST.items():
        page = get_in(screens.open(base_url=server.url), Person(email.partition("@")[0], email, password), path)
        for is_lying in (False, True):
            sheets = page.pdf(format="A4", landscape=is_lying)
            assert sheet_count(sheets) <= most * (LYING if is_lying else 1), (path, is_lying)
            assert filled(sheets) > 0.6, (path, is_lying)
        assert_cells_are_whole(page)


def assert_cells_are_whole(page: Page) -> None:
    """In a column as wide as that of a sheet of A4."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate(BROKEN) == []


def sheet_count(sheets: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", sheets))


def filled(sheets: bytes) -> float:
    """Which part of the strips of the first sheet has any ink."""
    if not shutil.which("pdftoppm") and os.environ.get("CI") != "true":
        pytest.skip("pdftoppm is not installed")
    drawn = subprocess.run(["pdftoppm", "-gray", "-r", "50", "-l", "1"], input=sheets, capture_output=True, check=True)
    _, width, height, _, dots = re.split(rb"\s", drawn.stdout, maxsplit=4)
    size = int(width) * (int(height) // STRIPS)
    strips = [dots[start : start + size] for start in range(0, STRIPS * size, size)]
    return sum(min(strip) < 200 for strip in strips) / STRIPS
