"""own/: a team adds pages, overrides ours, and edits nothing of ours."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT

IGNORED = shutil.ignore_patterns("__pycache__", "screenshots", ".git", "instance", ".venv*", "*_cache")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of ours, for a team to add to."""
    for name in ("webapp", "db", "own", "tests"):
        shutil.copytree(ROOT / name, tmp_path / "clone" / name, ignore=IGNORED)
    for name in ("pyproject.toml", "SECURITY.md", "conftest.py"):
        shutil.copy(ROOT / name, tmp_path / "clone" / name)
    return tmp_path / "clone"


def _run(clone: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "LATCHKEY_"))}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=clone, env=environment, capture_output=True, text=True, timeout=120
    )


def test_in_our_tree_it_holds_a_readme_alone() -> None:
    tracked = subprocess.run(["git", "ls-files", "own"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert tracked.split() == ["own/README.md"]


def test_a_new_page_is_written_and_its_tests_pass(clone: Path) -> None:
    made = _run(clone, "webapp.commands.new", "page", "notes")
    assert made.returncode == 0 and "own/views/notes.py" in made.stdout
    tried = _run(clone, "pytest", "-q", "-p", "no:cacheprovider", "own", "tests/test_security.py")
    assert tried.returncode == 0, tried.stdout
    again = _run(clone, "webapp.commands.new", "page", "notes")
    assert again.returncode == 1 and again.stderr == "own/views/notes.py is there already.\n"


@pytest.mark.parametrize("words", [(), ("page",), ("page", "../x"), ("house", "notes")])
def test_what_it_cannot_write_is_said(clone: Path, words: tuple[str, ...]) -> None:
    made = _run(clone, "webapp.commands.new", *words)
    assert made.returncode == 1 and made.stderr.startswith("Say `./just new page notes`")


OVERRIDES = {
    "own/templates/home.html": '{% extends "base.html" %}{% block name %}Ours{% endblock %}'
    '{% block content %}<h1>A home of our own</h1><p class="sign">{{ asset("sign.css") }}</p>{% endblock %}',
    "own/static/sign.css": ".sign { color: red; }",
    "own/migrations/0001_signs.sql": "CREATE TABLE signs (name TEXT PRIMARY KEY);",
    "own/translations/de/LC_MESSAGES/messages.po": 'msgid ""\nmsgstr ""\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Log out"\nmsgstr "Tschüs"\n',
    "own/tests/test_signs.py": """
from flask import Flask
from db import Database
from tests.browser import Browser

def test_all_of_it(app: Flask, db: Database) -> None:
    browser = Browser(app).visit("/")
    assert browser.heading() == "A home of our own" and "/static/sign." in browser.text()
    assert db.all("SELECT name FROM migrations WHERE name LIKE 'own/%'") == [("own/0001_signs",)]
    assert app.extensions["languages"]["de"].catalog.gettext("Log out") == "Tschüs"
    assert app.extensions["languages"]["de"].catalog.gettext("Log in") == "Anmelden"
""",
}


def test_a_team_overrides_a_template_and_adds_the_rest(clone: Path) -> None:
    for name, text in OVERRIDES.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    tried = _run(clone, "pytest", "-q", "-p", "no:cacheprovider", "own")
    assert tried.returncode == 0, tried.stdout
