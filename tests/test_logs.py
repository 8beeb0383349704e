"""Log lines: one for each act, with where it came from, and nothing that is secret."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, request

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, log_in, sign_up
from tests.server import Server
from tests.visitor import Visitor
from webapp import create_app
from webapp.auth import public
from webapp.server.logs import FORMATTERS, LONGEST

# A second line, a terminal's colours, a line break of Unicode's, a writing direction.
HOSTILE = "x\r\n2026-01-01 00:00:00,000 INFO logged in: user 1\x1b[31m\x85\u2028\u202e"


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
        "refused a confirmation: user 1",
        "confirmed: user 1",
        "logged out: user 1",
    ]
    assert not [line for line in lines.messages if PASSWORD in line or "kettle" in line or "example.com" in line]


@pytest.fixture(params=["text", "json"])
def log_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def telling(settings: dict[str, Any], log_format: str) -> Iterator[Flask]:
    """An app whose pages log what is hostile, and crash on it."""
    app = create_app(settings | {"LOG_FORMAT": log_format})
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/tell")
    @public
    def tell() -> str:
        logging.getLogger("latchkey").info("heard %s, %s", HOSTILE, b"\xff\n")
        return "told"

    @app.get("/crash")
    @public
    def crash() -> str:
        raise RuntimeError("x" * 5000 if "long" in request.args else HOSTILE)

    yield app
    app.extensions["database"].close()


@pytest.mark.parametrize("log_format", ["text"])
def test_a_line_ends_with_the_address_and_the_request(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    client = telling.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    answer = client.get("/tell")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f" from=203.0.113.9 request={answer.headers['X-Request-ID']}")


def test_an_address_that_is_none_is_not_told(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    client = telling.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9\n2026 INFO logged in: user 1"
    client.post("/login", headers={"Sec-Fetch-Site": "cross-site"})
    (line,) = capsys.readouterr().err.splitlines()
    assert "from=- " in line or json.loads(line)["address"] == "-"


def test_what_is_hostile_stays_on_its_line(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    telling.test_client().get("/tell")
    told = capsys.readouterr().err
    assert told.endswith("\n") and told[:-1].isprintable()
    assert "logged in: user 1" in told


def test_a_broken_byte_is_spelled_out(log_format: str) -> None:
    line = FORMATTERS[log_format].format(logging.makeLogRecord({"msg": "heard %s", "args": "\udcff"}))
    assert "heard \\udcff" in line and line.isascii()


@pytest.mark.parametrize("text", ["x" * 1025, "\x1b" * 5000, "ж" * 100_000])
def test_a_long_message_is_cut(log_format: str, text: str) -> None:
    line = FORMATTERS[log_format].format(logging.makeLogRecord({"msg": "heard %s", "args": text}))
    told = json.loads(line)["message"] if log_format == "json" else line.removesuffix(" from=- request=-")
    message = told[told.index("heard") :]
    spelled = len(json.dumps(message)) - 2 if log_format == "json" else len(message)
    assert message.endswith("…") and LONGEST - 12 < spelled <= LONGEST


def test_one_of_a_kilobyte_is_not(log_format: str) -> None:
    line = FORMATTERS[log_format].format(logging.makeLogRecord({"msg": "x" * 1024}))
    assert "x" * 1024 in line


def test_each_line_of_a_traceback_is_cut(telling: Flask, capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    answer = telling.test_client().get("/crash?long")
    told = capsys.readouterr().err
    trace = json.loads(told)["exception"].split("\n") if log_format == "json" else told.splitlines()[1:]
    assert answer.status_code == 500 and trace[-1].strip() == f"RuntimeError: {'x' * (LONGEST - 15)}…"


@pytest.mark.parametrize("log_format", ["json"])
def test_an_object_a_line_holds_all_of_it(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    answer = telling.test_client().get("/tell")
    line = json.loads(capsys.readouterr().err)
    assert abs(datetime.fromisoformat(line.pop("time")) - datetime.now(UTC)) < timedelta(minutes=1)
    assert line == {
        "level": "INFO",
        "message": f"heard {HOSTILE}, b'\\xff\\n'",
        "address": "127.0.0.1",
        "request_id": answer.headers["X-Request-ID"],
        "logger": "latchkey",
    }


@pytest.mark.parametrize("log_format", ["json"])
def test_a_crash_is_an_object_too(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    answer = telling.test_client().get("/crash")
    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "webapp", "Exception on /crash [GET]")
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["exception"].startswith("Traceback") and line["exception"].endswith(f"RuntimeError: {HOSTILE}")


@pytest.mark.parametrize("log_format", ["text"])
def test_a_crash_forges_no_line(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    """Its trace stands indented below the line."""
    answer = telling.test_client().get("/crash")
    first, *trace = capsys.readouterr().err.splitlines()
    assert " ERROR Exception on /crash [GET] from=127.0.0.1 " in first
    assert first.endswith(answer.headers["X-Request-ID"])
    assert len(trace) > 3 and all(line.startswith("    ") and line.isprintable() for line in trace)


def test_outside_of_a_request_a_line_names_none(telling: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("latchkey").info("adopted")
    line = capsys.readouterr().err
    assert line.endswith("INFO adopted from=- request=-\n") or json.loads(line)["request_id"] == "-"


def test_a_full_disk_under_the_log_stops_nobody(start_server: Callable[..., Server]) -> None:
    server = start_server(stderr="/dev/full")
    alice = Visitor(server.url)
    assert alice.sign_up("alice").status == 303 and alice.log_in("alice", "wrong").status == 422
    assert alice.log_in("alice").status == 303 and alice.visit("/nowhere").status == 404
