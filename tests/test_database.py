"""The four verbs, and the two ways in which they fail, on either database."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copy
from typing import Any

import psycopg
import pytest

import db as databases
from db import Database, Duplicate, Unavailable, Unfit, events, users
from db.migrate import FOLDER, migrate


def _add(db: Database, name: str) -> int:
    with db.transaction():
        return users.add(db, name, f"{name}@example.com", "x")


def test_a_block_that_fails_leaves_nothing_behind(db: Database) -> None:
    def fail() -> None:
        with db.transaction():
            users.add(db, "alice", "alice@example.com", "x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert users.count(db) == 0


def test_a_colon_in_a_text_of_a_statement_is_no_parameter(db: Database) -> None:
    assert db.one("SELECT 'a:b' WHERE 'c:d' = :it", it="c:d") == ("a:b",)


def test_a_block_within_a_block_is_part_of_it(db: Database) -> None:
    def fail() -> None:
        with db.transaction():
            _add(db, "alice")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert users.count(db) == 0
    _add(db, "alice")
    assert users.count(db) == 1


@pytest.mark.parametrize(
    ("name", "email", "column"),
    [
        ("alice", "b@example.com", "username"),
        ("ALICE", "b@example.com", "username"),
        ("bob", "alice@example.com", "email"),
    ],
)
def test_a_duplicate_names_its_column(db: Database, name: str, email: str, column: str) -> None:
    _add(db, "alice")
    with pytest.raises(Duplicate) as caught, db.transaction():
        users.add(db, name, email, "x")
    assert users.taken(caught.value) == column
    assert _add(db, "carol")


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (("1", "y", "z"), {"mail_tokens.id", "mail_tokens_pkey"}),
        (("2", "x", "z"), {"mail_tokens.user_email", "mail_tokens_user_email_key"}),
        (("2", "y", "A"), {"mail_tokens_users_email"}),
    ],
)
def test_a_duplicate_in_a_table_of_several_words_is_no_other_tables(
    db: Database, row: tuple[str, str, str], names: set[str]
) -> None:
    with db.transaction():
        db.script(
            """CREATE TABLE mail_tokens (id TEXT PRIMARY KEY, user_email TEXT UNIQUE, users TEXT);
            CREATE UNIQUE INDEX mail_tokens_users_email ON mail_tokens (lower(users));"""
        )
    insert = "INSERT INTO mail_tokens (id, user_email, users) VALUES (:id, :email, :users)"
    db.run(insert, id="1", email="x", users="a")
    with pytest.raises(Duplicate) as caught:
        db.run(insert, id=row[0], email=row[1], users=row[2])
    assert caught.value.name in names
    with pytest.raises(KeyError):
        users.taken(caught.value)


def test_a_duplicate_of_several_columns_names_them_all(db: Database) -> None:
    with db.transaction():
        db.script("CREATE TABLE user_keys (user_id TEXT, name TEXT, UNIQUE (user_id, name));")
    insert = "INSERT INTO user_keys (user_id, name) VALUES ('1', 'x')"
    db.run(insert)
    with pytest.raises(Duplicate) as caught:
        db.run(insert)
    assert caught.value.name in {"user_keys.user_id, user_keys.name", "user_keys_user_id_name_key"}


@pytest.mark.parametrize("role", ["superuser", "", "ADMIN", 7, b"admin", None])
def test_a_role_that_does_not_exist_is_nobodys(db: Database, role: Any) -> None:
    alice = _add(db, "alice")
    with pytest.raises((sqlite3.DatabaseError, psycopg.Error)):
        db.run("UPDATE users SET role = :role WHERE id = :id", role=role, id=alice)
    user = users.by_email(db, "alice@example.com")
    assert user is not None and user.role == "user"


def test_a_team_adds_a_role_as_a_row(db: Database) -> None:
    alice = _add(db, "alice")
    db.run("INSERT INTO roles (name) VALUES ('editor')")
    users.set_role(db, alice, "editor")
    user = users.by_email(db, "alice@example.com")
    assert user is not None and user.role == "editor" and not user.is_admin


def test_threads_write_one_after_the_other_without_an_error(db: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda number: _add(db, f"user{number}"), range(80)))
    assert len(set(ids)) == 80


def test_servers_that_start_at_once_migrate_once(first_settings: dict[str, Any]) -> None:
    opened = [databases.connect(first_settings["DATABASE_URL"]) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        run = [name for names in threads.map(migrate, opened) for name in names]
    assert sorted(run) == sorted(set(run))
    assert {name.split(".")[0] for name in run} == {path.name.split(".")[0] for path in FOLDER.glob("*.sql")}
    for database in opened:
        database.close()


def test_the_days_of_a_life_before_are_summed(first_settings: dict[str, Any], tmp_path: Path) -> None:
    for path in FOLDER.glob("000*.sql"):
        copy(path, tmp_path)
    database = databases.connect(first_settings["DATABASE_URL"])
    migrate(database, tmp_path)
    people = "INSERT INTO users (username, email, password) VALUES ('alice', 'alice@example.com', 'x') RETURNING id"
    (alice,) = database.one(people) or (0,)
    for kind, at in (("logged_in", "10"), ("logged_in", "11"), ("login_failed", "11"), ("logged_out", "12")):
        events.add(database, alice, kind, None, "", "-", "", "", f"2026-03-01 {at}:00:00")
    migrate(database)
    found = database.all("SELECT user_id, kind, day, number FROM user_days ORDER BY kind")
    assert found == [(alice, "logged_in", "2026-03-01", 2), (alice, "login_failed", "2026-03-01", 1)]
    database.close()


def test_a_migration_that_fails_leaves_nothing_of_itself(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_broken.sql").write_text("CREATE TABLE half (id INTEGER);\nCREATE TABLE half (id INTEGER);\n")
    monkeypatch.setattr("db.migrate.FOLDER", folder)
    database = databases.connect(settings["DATABASE_URL"])
    with pytest.raises(Unfit, match="0001_broken"):
        migrate(database)
    assert not database.has_table("half")
    database.close()


def test_an_address_that_leads_nowhere_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        databases.connect("sqlite:////no/such/folder/x.db")
