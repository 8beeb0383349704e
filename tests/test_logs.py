"""Log lines: one for each act, with where it came from, and nothing that is secret."""

import logging

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.conftest import PASSWORD, log_in, sign_up
from webapp.logs import FORMAT, start


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    logger = logging.getLogger("latchkey")
    monkeypatch.setattr(logger, "propagate", True)
    caplog.set_level(logging.INFO, "latchkey")
    return caplog


def test_every_log_in_refusal_and_change_is_a_line(app: Flask, db: Database, lines: pytest.LogCaptureFixture) -> None:
    alice = sign_up(Browser(app), "alice")
    sign_up(Browser(app), "alice")
    log_in(alice, "alice", password="wrong")
    log_in(alice, "nobody")
    log_in(alice, "alice")
    alice.visit("/account").submit("username-form", username="alicia")
    alice.submit("email-form", email="alicia@example.com")
    alice.visit("/account/password").submit(
        "password-change-form", current_password=PASSWORD, new_password="blue kettle on the hill"
    )
    alice.visit("/confirm").submit("confirm-form", password="wrong")
    alice.submit("confirm-form", password="blue kettle on the hill")
    alice.visit("/logout").submit("logout-form")
    assert [line for line in lines.messages if "kept user" not in line] == [
        "signed up: user 1",
        "refused a sign-up: username taken",
        "refused a log-in: user 1",
        "refused a log-in: unknown address",
        "logged in: user 1",
        "user name changed: user 1",
        "email address changed: user 1",
        "password changed: user 1",
        "refused a password: user 1",
        "confirmed: user 1",
        "logged out: user 1",
    ]
    assert not [line for line in lines.messages if PASSWORD in line or "kettle" in line or "example.com" in line]


def test_a_line_ends_with_the_address_and_is_one_line(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    start()
    assert FORMAT.endswith("from=%(address)s")
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9\n2026 INFO logged in: user 1"
    client.post("/login", headers={"Sec-Fetch-Site": "cross-site"})
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and said[0].endswith("from=-")
