"""Nothing of a token or a code stays anywhere but in its mail: the whole journey, then a search of all that is left."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import POSTGRES, Clock, log_in, person
from tests.mailbox import Letter, Mailbox, ask_to_sign_up
from webapp import create_app
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.backup import create_app as create_commands
from webapp.mail.messages import LINKS
from webapp.server.logs import FORMATTERS

TABLES = ("tokens", "outbox", "events", "drafts", "throttles", "sessions", "users")
NEW = "another horse battery"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("latchkey"), "propagate", True)
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture
def app(mail_settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Flask]:
    app = create_app(mail_settings | {"LOG_FORMAT": "json"}, clock)
    yield app
    app.extensions["database"].close()


def _live_through_it(app: Flask, mailbox: Mailbox) -> list[Letter]:
    """Sign up, reset, log in by mail, move, undo, invite; give every mail."""
    letters: list[Letter] = []

    def newest() -> Letter:
        letters.extend(mailbox.new())
        return letters[-1]

    browser, db = Browser(app), app.extensions["database"]
    ask_to_sign_up(browser, "alice")
    browser.visit(newest().link).submit("verify-form")
    browser.visit("/reset").submit("reset-form", email="alice@example.com")
    browser.visit(newest().link).submit("new_password-form", password=NEW)
    browser.visit("/login/link").submit("login_link-form", email="alice@example.com")
    browser.submit("login_code-form", code=newest().code)
    browser.visit("/account").submit("email-form", email="new@example.com")
    browser.visit(newest().link).submit("verify-form")
    browser.visit(newest().link).submit("undo-form")
    browser.visit(newest().link).submit("new_password-form", password=NEW)
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    log_in(browser, "alice", password=NEW)
    browser.visit("/admin/invitations").submit("invite-form", email="bob@example.com", role="user")
    newest()
    browser.client.post(letters[0].link, headers={"Sec-Fetch-Site": "cross-site"})
    browser.visit(letters[0].link)
    return letters


def test_they_are_in_no_log_number_table_event_or_backup(
    app: Flask, tmp_path: Path, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
    mail_settings: dict[str, Any], capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    letters = _live_through_it(app, Mailbox(app, tmp_path / "mail"))
    secrets = [letter.link.rpartition("/")[2] for letter in letters if letter.has_link]
    codes = [letter.code for letter in letters if "/login/link/" in letter.plain]
    assert len(secrets) >= 8 and len(codes) == 1
    secrets += codes + [code.replace("-", "") for code in codes]
    db: Database = app.extensions["database"]
    held = {
        "logs": "\n".join(formatter.format(record) for record in lines.records for formatter in FORMATTERS.values()),
        "numbers": app.test_client().get("/metrics").text,
        **{
            table: str(db.all(f"SELECT * FROM {table}"))
            for table in ("tokens", "outbox", "events", "drafts", "throttles")
        },
    }
    assert "refused a form that another site sent: /verify/…" in held["logs"]
    if POSTGRES is None:
        held["backup"] = _backed_up(tmp_path, mail_settings, monkeypatch).decode("latin-1")
    for place, content in held.items():
        assert not [secret for secret in secrets if secret in content], place


def test_each_way_that_a_mailed_link_leads_is_marked_and_masked_in_the_log(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.endswith("/<token>")]
    assert {rule.rule.removesuffix("/<token>").lstrip("/") for rule in rules} == set(LINKS.values())
    token = "x" * 43
    for rule in rules:
        assert hasattr(app.view_functions[rule.endpoint], "mailed")
        record = logging.makeLogRecord({"msg": f"refused {rule.rule.replace('<token>', token)}"})
        assert not [formatter for formatter in FORMATTERS.values() if token in formatter.format(record)]


def _backed_up(folder: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> bytes:
    for name, value in settings.items():
        monkeypatch.setenv(f"LATCHKEY_{name}", value)
    run = create_commands().test_cli_runner().invoke(args=["backup", str(folder / "copy.db")])
    assert run.exit_code == 0, run.output
    return (folder / "copy.db").read_bytes()


def test_what_is_restored_mails_and_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mail_settings: dict[str, Any], clock: Clock, cheap_hashes: None
) -> None:
    """On a file, whatever the other tests run on."""
    given = mail_settings | {"DATABASE_URL": f"sqlite:///{tmp_path}/embedded.db"}
    app = create_app(given, clock)
    ask_to_sign_up(Browser(app), "alice")
    _backed_up(tmp_path, given, monkeypatch)
    app.extensions["database"].close()
    run = create_commands().test_cli_runner().invoke(args=["restore", str(tmp_path / "copy.db")])
    assert run.exit_code == 0, run.output
    with closing(sqlite3.connect(tmp_path / "embedded.db")) as restored:
        for table in ("tokens", "outbox"):
            assert restored.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_crash_behind_a_link_logs_no_token(
    app: Flask, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.accounts.reset.owner", lambda *_: 1 / 0)
    assert app.test_client().get(f"/reset/{'x' * 43}").status_code == 500
    for formatter in FORMATTERS.values():
        logged = "\n".join(map(formatter.format, lines.records))
        assert "Exception on /reset/" in logged and "x" * 20 not in logged
