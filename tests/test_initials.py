"""Initials: a picture of a user that nobody has to upload."""

from pathlib import Path

import pytest
from bs4 import Tag

from db import Database
from tests.browser import Browser
from tests.fixtures import person
from webapp.accounts import initials
from webapp.views.styleguide import ALICE

SHEET = Path(__file__).parent.parent / "webapp/static/css/panels.css"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("alice", "AL"), ("ada.lovelace", "AL"), ("Grace_Brewster_Hopper", "GB"), ("x-1", "X1"), ("ß", "SS"),
        ("__", ""), ("mia@example.com", "MI"),
    ],
)  # fmt: skip
def test_they_are_the_first_letters_of_two_words_or_two_of_one(name: str, letters: str) -> None:
    assert initials.of(ALICE._replace(username=name)).letters == letters


def test_their_colour_is_the_users_and_stays_with_another_name() -> None:
    hues = [initials.of(ALICE._replace(id=number)).hue for number in range(1, 100)]
    assert set(hues) == set(range(initials.HUES))
    assert initials.of(ALICE).hue == initials.of(ALICE._replace(username="another")).hue


def test_the_style_sheet_has_each_of_their_colours() -> None:
    assert all(f".hue-{hue} {{" in SHEET.read_text() for hue in range(initials.HUES))


def test_the_header_has_ones_own_and_says_nothing_more(alice: Browser, db: Database) -> None:
    mark = the_one(alice.visit("/account"), ".site-header .initials")
    assert mark["data-initials"] == "AL" and f"hue-{initials.of(person(db, 'alice')).hue}" in mark["class"]
    assert mark["aria-hidden"] == "true" and mark.text == ""
    assert mark.parent and mark.parent.text == "Account"


def test_a_persons_page_has_theirs(bob: Browser, grace: Browser, db: Database) -> None:
    grace.visit(f"/admin/users/{person(db, 'bob').id}")
    assert the_one(grace, "#user-panel .initials")["data-initials"] == "BO"
    assert the_one(grace, ".site-header .initials")["data-initials"] == "GR"


def test_a_stranger_has_none(browser: Browser) -> None:
    assert browser.visit("/login").page.select(".initials") == []


def the_one(browser: Browser, selector: str) -> Tag:
    (found,) = browser.page.select(selector)
    return found
