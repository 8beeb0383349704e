"""The command line."""

from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.conftest import sign_up


def test_somebody_who_signed_up_is_made_an_admin(app: Flask, db: Database) -> None:
    sign_up(Browser(app), "alice")
    result = app.test_cli_runner().invoke(args=["user", "promote", " Alice@example.com "])
    assert (result.exit_code, result.stdout) == (0, "alice is an admin now, from the next page on.\n")
    alice = users.by_email(db, "alice@example.com")
    assert alice is not None and alice.is_admin


def test_an_unknown_address_is_told_how_to_go_on(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["user", "promote", "nobody@example.com"])
    assert result.exit_code == 1
    assert "Nobody has signed up as nobody@example.com. Sign up at http://127.0.0.1:8000/signup first." in result.output
