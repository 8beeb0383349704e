"""What an event has to say beside its kind: stored as data, told in the reader's language, carried over from texts."""

import json
from pathlib import Path
from typing import Any

import pytest

import db as databases
from db import Database
from db import events as stored_events
from db.migrate import FOLDER, migrate
from tests.browser import Browser
from webapp.accounts import details, events
from webapp.accounts.actor import NO_ACTOR
from webapp.accounts.events import Kind
from webapp.languages import catalogs

BEFORE = "0009_details"
# What was stored before, what is stored of it now, and what is read of it.
TEXTS: list[tuple[str, str, dict[str, str], str]] = [
    ("session_ended", "Firefox on Windows", {"device": "Firefox on Windows"}, "Firefox on Windows"),
    ("login_failed", "disabled", {"refused": "disabled"}, "disabled"),
    ("username_changed", "from alice to bob", {"old": "alice", "new": "bob"}, "from alice to bob"),
    (
        "email_changed",
        "from a to b@example.com to c@example.com",
        {"old": "a to b@example.com", "new": "c@example.com"},
        "from a to b@example.com to c@example.com",
    ),
    ("role_changed", "from user to admin", {"old": "user", "new": "admin", "why": ""}, "from user to admin"),
    (
        "role_changed",
        'from user to admin: It\'s "hers": now',
        {"old": "user", "new": "admin", "why": 'It\'s "hers": now'},
        'from user to admin: It\'s "hers": now',
    ),
    (
        "block_lifted",
        "Failed log-ins in a minute 203.0.113.7",
        {"limit": "minute", "label": "203.0.113.7"},
        "Failed log-ins in a minute 203.0.113.7",
    ),
    ("block_lifted", "Sign-ups", {"limit": "sign-ups", "label": ""}, "Sign-ups"),
    ("block_lifted", "of a team's own", {"text": "of a team's own"}, "of a team's own"),
    ("disabled", "sends spam", {"why": "sends spam"}, "sends spam"),
    ("disabled", "{", {"why": "{"}, "{"),
    ("username_changed", "no change that we know", {"text": "no change that we know"}, "no change that we know"),
    ("of_a_teams_own", "Ünïcode → \\ text", {"text": "Ünïcode → \\ text"}, "Ünïcode → \\ text"),
    ("logged_in", "", {}, ""),
]


@pytest.fixture
def old(first_settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database as it was before details were data."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for path in FOLDER.glob("*.sql"):
        if path.name < BEFORE:
            (folder / path.name).write_text(path.read_text())
    database = databases.connect(first_settings["DATABASE_URL"])
    with monkeypatch.context() as patch:
        patch.setattr("db.migrate.FOLDER", folder)
        migrate(database)
    return database


def test_what_was_stored_in_english_is_carried_over(old: Database) -> None:
    for kind, text, _, _ in TEXTS:
        stored_events.add(old, None, kind, None, "", "", "", text, old.now())
    migrate(old)
    stored = events.page(old, events.Filter(), None).events[::-1]
    assert [details.of(event) for event in stored] == [held for _, _, held, _ in TEXTS]
    assert [str(details.told(event)) for event in stored] == [told for *_, told in TEXTS]
    old.close()


def test_what_happened_is_told_in_the_readers_language(db: Database) -> None:
    german = catalogs.read(catalogs.FOLDER)["de"]
    with db.transaction():
        events.record(db, NO_ACTOR, Kind.ROLE_CHANGED, None, old="user", new="admin", why="")
        events.record(db, NO_ACTOR, Kind.BLOCK_LIFTED, None, limit="minute", label="203.0.113.7")
        events.record(db, NO_ACTOR, Kind.LOGIN_FAILED, None, refused="disabled")
    told = [german.say(details.told(event)) for event in events.page(db, events.Filter(), None).events]  # type: ignore[arg-type]
    assert told == ["deaktiviert", "Fehlgeschlagene Anmeldungen in einer Minute 203.0.113.7", "von Benutzer zu Admin"]


def test_an_old_address_with_a_blank_is_told_whole(alice: Browser, db: Database) -> None:
    db.run("UPDATE users SET email = 'a lice@example.com'")
    alice.visit("/account").submit("email-form", email="alice2@example.com")
    [held] = db.all("SELECT detail FROM events WHERE kind = 'email_changed'")
    assert json.loads(held[0]) == {"old": "a lice@example.com", "new": "alice2@example.com"}
    assert "from a lice@example.com to alice2@example.com" in alice.visit("/account/activity").text()


def test_nothing_is_stored_where_there_is_nothing_to_say(alice: Browser, db: Database) -> None:
    assert db.all("SELECT DISTINCT detail FROM events WHERE kind = 'logged_in'") == [("",)]
