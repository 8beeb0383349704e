"""The command line."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from db import Database, Unavailable, Unknown, users
from tests.browser import Browser
from tests.fixtures import BREACHED, log_in, logged_in, person, sign_up
from tests.server import ROOT, free_port


def test_somebody_who_signed_up_is_made_an_admin(app: Flask, db: Database) -> None:
    sign_up(Browser(app), "alice")
    result = app.test_cli_runner().invoke(args=["user", "promote", " Alice@example.com "])
    assert (result.exit_code, result.stdout) == (0, "alice is an admin now, from the next page on.\n")
    alice = users.by_email(db, "alice@example.com")
    assert alice is not None and alice.is_admin


def test_an_admin_who_is_one_already_is_told_so(app: Flask, db: Database) -> None:
    logged_in(Browser(app), "alice")
    _run(app, "promote", "alice")
    assert _run(app, "promote", "alice") == (0, "alice is an admin already.\n")
    assert db.one("SELECT count(*) FROM events WHERE kind = 'role_changed'") == (1,)


def test_an_address_is_never_run_as_a_command(tmp_path: Path) -> None:
    """Sign-up takes `$` and backticks, as the HTML standard does, and an admin types what somebody signed up with."""
    address = f"`touch${{IFS}}{tmp_path}/owned`@example.com"
    environment = os.environ | {"LATCHKEY_INSTANCE": str(tmp_path), "LATCHKEY_PORT": str(free_port())}
    done = subprocess.run([ROOT / "just", "admin", address], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and f"Nobody has signed up as {address}." in done.stderr
    assert not (tmp_path / "owned").exists()


def test_an_unknown_address_is_told_how_to_go_on(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["user", "promote", "nobody@example.com"])
    assert result.exit_code == 1
    assert "Nobody has signed up as nobody@example.com. Sign up at http://127.0.0.1:8000/signup first." in result.output


def test_an_admin_is_made_a_plain_user_but_not_the_last_one(app: Flask, db: Database) -> None:
    for name in ("alice", "bob"):
        sign_up(Browser(app), name)
        _run(app, "promote", name)
    assert _run(app, "demote", "bob") == (0, "bob is a plain user now, from the next page on.\n")
    assert _run(app, "demote", "alice") == (
        1, "Error: alice is the last admin. Make somebody else one first.\n",
    )  # fmt: skip
    assert _run(app, "disable", "alice")[0] == 1


def test_an_account_is_shut_and_opened_again(app: Flask) -> None:
    alice = logged_in(Browser(app), "alice")
    assert _run(app, "disable", "alice") == (0, "alice is logged out everywhere and cannot log in.\n")
    assert alice.client.get("/dashboard").status_code == 303
    assert log_in(alice, "alice").answer.status_code == 422
    assert _run(app, "enable", "alice") == (0, "alice can log in again.\n")
    assert log_in(alice, "alice").path == "/dashboard"


def test_somebody_is_signed_up_with_a_password_from_standard_input(app: Flask, db: Database) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["user", "create", "Alice@example.com"], input="correct horse battery\n")
    assert (done.exit_code, done.stdout) == (0, "Alice can log in now.\n")
    assert log_in(Browser(app), "alice").path == "/dashboard"
    assert db.all("SELECT kind, actor FROM events ORDER BY id")[0] == ("signed_up", "command line")
    again = runner.invoke(args=["user", "create", "alice@example.com", "--username", "al"], input="correct horse b\n")
    assert again.exit_code == 1 and "Email already registered." in again.output
    for typed in ("short\n", "", "password\n", f"{BREACHED}\n"):
        refused = runner.invoke(args=["user", "create", "bob@example.com"], input=typed)
        assert refused.exit_code == 1 and "assword" in refused.output
    assert "user name" in runner.invoke(args=["user", "create", "!@example.com"], input="correct horse\n").output
    assert "No mail" in runner.invoke(args=["user", "create", "a..b@example.com"], input="correct horse\n").output
    assert users.count(db) == 1


def test_people_are_listed_and_shown_as_text_and_as_json(app: Flask, db: Database) -> None:
    runner = app.test_cli_runner()
    assert json.loads(runner.invoke(args=["user", "list", "--json"]).stdout) == []
    for name in ("alice", "bob"):
        logged_in(Browser(app), name)
    lines = runner.invoke(args=["user", "list"]).stdout.splitlines()
    assert [line.split("\t") for line in lines] == [
        ["2", "bob", "bob@example.com", "user", "active", "no"],
        ["1", "alice", "alice@example.com", "user", "active", "no"],
    ]
    listed = json.loads(runner.invoke(args=["user", "list", "--json"]).stdout)
    assert [person["username"] for person in listed] == ["bob", "alice"] and "password" not in listed[0]
    shown = json.loads(runner.invoke(args=["user", "show", "--json", "alice@example.com"]).stdout)
    assert shown["account"]["email"] == "alice@example.com" and len(shown["sessions"]) == 1
    assert [event["kind"] for event in shown["events"]] == ["logged_in", "signed_up"]
    text = runner.invoke(args=["user", "show", "alice@example.com"]).stdout
    assert "email: alice@example.com" in text and "Logged in" in text and "pbkdf2" not in text


def test_sessions_are_ended_with_a_reason_that_the_person_reads(app: Flask) -> None:
    alice = logged_in(Browser(app), "alice")
    result = app.test_cli_runner().invoke(args=["user", "sign-out", "alice@example.com", "--why", "lost laptop"])
    assert result.stdout == "alice is logged out everywhere: 1.\n"
    assert alice.client.get("/dashboard").status_code == 303
    assert "lost laptop" in log_in(alice, "alice").visit("/account/activity").text()


@pytest.mark.parametrize("answer", ["y", "n"])
def test_an_address_that_nobody_has_becomes_an_admin_only_if_that_is_meant(
    app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("webapp.commands.user.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    typed = f"{answer}\ncorrect horse battery\ncorrect horse battery\n"
    said = app.test_cli_runner().invoke(args=["user", "promote", "--create", "ann@exmaple.com"], input=typed)
    assert "Nobody has signed up as ann@exmaple.com. Sign this person up now, as an admin? [y/N]" in said.output
    assert (said.exit_code, users.count(db)) == ((0, 1) if answer == "y" else (1, 0))
    wrong = app.test_cli_runner().invoke(args=["user", "promote", "--create", "ann"], input=typed)
    assert wrong.exit_code == 1 and "Enter an email address, like name@example.com." in wrong.output


def test_a_role_is_added_and_given(app: Flask, db: Database) -> None:
    sign_up(Browser(app), "alice")
    runner = app.test_cli_runner()
    missing = runner.invoke(args=["user", "role", "alice@example.com", "editor"])
    assert missing.exit_code == 1 and "There is no role editor" in missing.output
    assert runner.invoke(args=["role", "add", "editor"]).stdout == "There is a role editor now.\n"
    assert runner.invoke(args=["role", "add", "editor"]).exit_code == 1
    assert {runner.invoke(args=["role", "add", name]).exit_code for name in ("A B", "both", "users", "public")} == {1}
    assert runner.invoke(args=["role", "list"]).stdout.split() == ["admin", "editor", "user"]
    assert runner.invoke(args=["user", "role", "alice@example.com", "editor"]).exit_code == 0
    assert person(db, "alice").role == "editor"


def test_every_command_says_who_is_not_there(app: Flask) -> None:
    for command in ("promote", "demote", "disable", "enable", "sign-out", "show"):
        result = app.test_cli_runner().invoke(args=["user", command, "nobody@example.com"])
        assert result.exit_code == 1 and "Nobody has signed up as nobody@example.com." in result.output


@pytest.mark.parametrize("why", ["a" * 201, "line\nline", "\x1b[31m", "\x00"])
def test_a_reason_follows_the_rules_of_the_page(app: Flask, db: Database, why: str) -> None:
    sign_up(Browser(app), "alice")
    result = app.test_cli_runner().invoke(args=["user", "disable", "alice@example.com", "--why", why])
    assert result.exit_code == 1 and "reason must be" in result.output
    assert person(db, "alice").state == "active"


def test_bytes_that_are_no_text_are_no_traceback(app: Flask, db: Database) -> None:
    sign_up(Browser(app), "alice")
    result = app.test_cli_runner().invoke(args=["user", "disable", "alice@example.com", "--why", "\udcff"])
    assert result.exit_code == 0 and db.all("SELECT detail FROM events WHERE kind = 'disabled'") == [('{"why": "?"}',)]


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (Unavailable("locked"), "The database cannot answer now, and nothing was done: locked"),
        (Unknown("no answer"), "Look whether this was done, before you do it again: no answer"),
    ],
)
def test_a_database_in_trouble_is_said_in_a_sentence(
    app: Flask, monkeypatch: pytest.MonkeyPatch, trouble: Unavailable, sentence: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr(app.extensions["database"], "one", fail)
    result = app.test_cli_runner().invoke(args=["user", "show", "alice@example.com"])
    assert result.exit_code == 1 and sentence in result.output


def test_the_first_admin_is_made_of_somebody_new(tmp_path: Path) -> None:
    environment = os.environ | {"LATCHKEY_INSTANCE": str(tmp_path), "LATCHKEY_PORT": str(free_port())}
    command = [ROOT / "just", "admin", "first@example.com"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input="correct horse battery\n", capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "first is an admin now, from the next page on.\n")


def _run(app: Flask, command: str, name: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["user", command, f"{name}@example.com"])
    return result.exit_code, "".join(line for line in result.output.splitlines(True) if " INFO " not in line)
