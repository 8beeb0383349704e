"""The command line."""

import os
import shutil
import subprocess
from pathlib import Path

from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.conftest import log_in, logged_in, sign_up
from tests.server import ROOT, free_port


def test_somebody_who_signed_up_is_made_an_admin(app: Flask, db: Database) -> None:
    sign_up(Browser(app), "alice")
    result = app.test_cli_runner().invoke(args=["user", "promote", " Alice@example.com "])
    assert (result.exit_code, result.stdout) == (0, "alice is an admin now, from the next page on.\n")
    alice = users.by_email(db, "alice@example.com")
    assert alice is not None and alice.is_admin


def test_an_address_is_never_run_as_a_command(tmp_path: Path) -> None:
    """Sign-up takes `$` and backticks, as the HTML standard does, and an admin types what somebody signed up with."""
    address = f"`touch${{IFS}}{tmp_path}/owned`@example.com"
    environment = os.environ | {"LATCHKEY_INSTANCE": str(tmp_path), "LATCHKEY_PORT": str(free_port())}
    just = shutil.which("just") or "just"
    done = subprocess.run([just, "admin", address], cwd=ROOT, env=environment, capture_output=True, text=True)
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
        1, "Error: alice@example.com is the last admin. Make somebody else one first.\n",
    )  # fmt: skip
    assert _run(app, "disable", "alice")[0] == 1


def test_an_account_is_shut_and_opened_again(app: Flask) -> None:
    alice = logged_in(Browser(app), "alice")
    assert _run(app, "disable", "alice") == (0, "alice is logged out everywhere and cannot log in.\n")
    assert alice.client.get("/dashboard").status_code == 303
    assert log_in(alice, "alice").answer.status_code == 422
    assert _run(app, "enable", "alice") == (0, "alice can log in again.\n")
    assert log_in(alice, "alice").path == "/dashboard"


def _run(app: Flask, command: str, name: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["user", command, f"{name}@example.com"])
    return result.exit_code, "".join(line for line in result.output.splitlines(True) if " INFO " not in line)
