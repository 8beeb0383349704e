"""own/: a team adds pages, overrides ours, and edits nothing of ours."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT
from tests.test_readme import block

TEAM = ("-c", "user.name=A team", "-c", "user.email=team@example.org")
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
    assert "own/translations/de/LC_MESSAGES/messages.po, with sentences to translate" in made.stdout
    tried = _run(clone, "pytest", "-q", "-p", "no:cacheprovider", "own", "tests/test_security.py")
    assert tried.returncode == 0, tried.stdout
    for checked in (("ruff", "check", "own"), ("ruff", "format", "--check", "own")):
        tried = _run(clone, *checked)
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
    _write(clone, OVERRIDES)
    tried = _run(clone, "pytest", "-q", "-p", "no:cacheprovider", "own")
    assert tried.returncode == 0, tried.stdout


BOARD_TEST = """
from db import Database
from tests.browser import Browser
from tests.fixtures import person
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE

def test_the_page(alice: Browser, db: Database) -> None:
    alice.visit("/dashboard")
    assert "Posts on the board 3" in alice.text() and "Edit the board" not in alice.text()
    assert alice.visit("/board").heading() == "Board" and "Good morning, alice." in alice.text()
    assert alice.client.get("/board/edit").status_code == 403
    roles.give(db, COMMAND_LINE, person(db, "alice"), "editor")
    assert alice.visit("/board/edit").heading() == "Board" and "Edit the board" in alice.text()
"""
BOARD = {
    "own/views/board.py": block("`own/views/board.py`", "python"),
    "own/templates/board.html": block("`own/templates/board.html`", "jinja"),
    "own/partials/board_panel.html": block("`own/partials/board_panel.html`", "jinja"),
    "own/partials/board_card.html": block("`own/partials/board_card.html`", "jinja"),
    "own/migrations/0001_editor.sql": "INSERT INTO roles (name) VALUES ('editor');",
    "own/tests/test_board.py": BOARD_TEST,
}


def test_the_page_in_the_docs_takes_new_files_alone(clone: Path) -> None:
    _write(clone, BOARD)
    tried = _run(clone, "pytest", "-q", "-p", "no:cacheprovider", "own")
    assert tried.returncode == 0, tried.stdout


FIELDS_TEST = """
from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, log_in, logged_in, person
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.fields.values import Filled, save
from webapp.fields import declared

def test_the_fields(browser: Browser, db: Database) -> None:
    typed = {"username": "alice", "email": "alice@example.com", "password": PASSWORD, "phone": "12345"}
    browser.visit("/signup").submit("signup-form", **typed)
    assert browser.errors() == {"site": "Website is missing."} and not browser.page.select("#department, #remark")
    browser.submit("signup-form", site="https://alice.example", password=PASSWORD)
    log_in(browser, "alice")
    assert "Department missing Phone 12345 Website https://alice.example" in browser.visit("/account").text()
    with browser.app.app_context():
        save(db, COMMAND_LINE, person(db, "alice"), Filled(declared()[:1], {"department": "sales"}))
    assert "Department Sales" in browser.visit("/account").text() and "Remark" not in browser.text()
    # What is required is filled in for every test of a team's.
    assert "Website https://example.com" in logged_in(Browser(browser.app), "bob").visit("/account").text()
"""


def test_the_fields_in_the_docs_take_one_file(clone: Path) -> None:
    _write(clone, {"own/fields.py": block("`own/fields.py`", "python"), "own/tests/test_fields.py": FIELDS_TEST})
    tried = _run(clone, "pytest", "-q", "-p", "no:cacheprovider", "own")
    assert tried.returncode == 0, tried.stdout


def test_a_clone_of_the_last_release_takes_todays_state_without_a_conflict(tmp_path: Path) -> None:
    clone, release = tmp_path / "clone", last_release()
    clone.mkdir()
    archive = subprocess.run(["git", "archive", release], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x", "-C", clone], input=archive, check=True)
    _git(clone, "init", "-q", "-b", "latchkey")
    _commit(clone, "The release")
    _git(clone, "checkout", "-q", "-b", "ours")
    _write(
        clone, BOARD | {"own/templates/home.html": OVERRIDES["own/templates/home.html"].replace("sign.css", "app.js")}
    )
    _commit(clone, "A page, a template, a migration and a role of our own")
    _git(clone, "checkout", "-q", "latchkey")
    _bring_to_today(clone)
    _commit(clone, "Today")
    _git(clone, "checkout", "-q", "ours")
    _git(clone, *TEAM, "merge", "-q", "--no-edit", "latchkey")
    tried = _run(
        clone, "pytest", "-q", "-p", "no:cacheprovider", "own", "tests/test_security.py", "tests/test_doors.py"
    )
    assert tried.returncode == 0, tried.stdout


def last_release() -> str:
    """The commit of the last release; without history, as in a downloaded copy, there is none to try."""
    command = ["git", "log", "-1", "--format=%H", "--extended-regexp", r"--grep=^Release [0-9]+\.[0-9]+\.[0-9]+$"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    if not found:
        assert os.environ.get("CI") != "true", "CI has the history, and in it a release"
        pytest.skip("this copy has no history with a release")
    return found


def _bring_to_today(clone: Path) -> None:
    for name in filter(None, _git(clone, "ls-files", "-z").split("\0")):
        (clone / name).unlink()
    for name in filter(None, _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")):
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)


def _commit(clone: Path, message: str) -> None:
    _git(clone, "add", "--all")
    _git(clone, *TEAM, "commit", "-q", "--allow-empty", "-m", message)


def _git(folder: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def _write(clone: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
