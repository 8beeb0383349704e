"""SECURITY.md: each form, how often it may be sent, and whether it asks for the password first."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from webapp.accounts import limits

TEXT = (Path(__file__).parent.parent / "SECURITY.md").read_text()
ROWS = {
    row[0]: row[1:] for row in re.findall(r"^\| `(/[^`]*)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.M)
}


def _posts(app: Flask) -> dict[str, str]:
    """The address of each form of ours, and its endpoint."""
    return {rule.rule: rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}


@pytest.fixture
def app(mailing: Flask) -> Flask:
    """A site that sends mail has all forms."""
    return mailing


def test_every_form_is_in_its_table_and_nothing_else(app: Flask) -> None:
    # Forms for a team's own fields are there once it declares one: tests/test_fields.py.
    assert {path for path in ROWS if "/fields" not in path} == set(_posts(app))


def test_every_bucket_that_it_names_is_there_with_its_number(app: Flask) -> None:
    named = set()
    for buckets, *_ in ROWS.values():
        assert "`" in buckets or re.match(r"one (row a|for each)", buckets)
        for name, number, unit in re.findall(r"`(\w+)`(?: ([\d,]+) an? (hour|minute))?", buckets):
            named.add(limit := getattr(limits, name))
            if number:
                assert (limit.most, limit.within) == (int(number.replace(",", "")), timedelta(**{f"{unit}s": 1}))
    assert named == set(limits.LIMITS.values())


def test_it_says_which_forms_ask_for_the_password(app: Flask) -> None:
    for path, endpoint in _posts(app).items():
        view = app.view_functions[endpoint]
        is_admins = getattr(view, "door", "") == "admin" and not hasattr(view, "unconfirmed")
        asks = is_admins or hasattr(view, "confirmed")
        assert (ROWS[path][2].strip() == "asks") is asks, path


def test_every_form_that_asks_for_the_password_says_what_it_does(app: Flask) -> None:
    for path, endpoint in _posts(app).items():
        assert hasattr(app.view_functions[endpoint], "told") is (ROWS[path][2].strip() == "asks"), path
