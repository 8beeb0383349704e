"""Numbers for Prometheus: what is counted, in how many processes, and who may read it."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

import db as databases
from db import Database
from tests.browser import Browser, checked
from tests.fixtures import log_in, logged_in, person, sign_up
from tests.server import ROOT, Server, free_port
from webapp import create_app, metrics
from webapp.accounts import standing
from webapp.accounts.actor import COMMAND_LINE
from webapp.auth import public
from webapp.metrics import folder as metrics_folder

TOKEN = "a-token-of-a-test"
ALONE = {"REMOTE_ADDR": "203.0.113.9"}


def _sum(families: Iterable[Metric], name: str, **labels: str) -> float | None:
    """Over all series of this name that have these labels; None where there is none."""
    samples = [sample for family in families for sample in family.samples if sample.name == f"latchkey_{name}"]
    fitting = [sample.value for sample in samples if labels.items() <= sample.labels.items()]
    return sum(fitting) if fitting else None


def _read(app: Flask) -> list[Metric]:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    return list(text_string_to_metric_families(answer.text))


def _gone(*_: object, **__: object) -> None:
    raise databases.Unavailable("gone")


def test_requests_are_counted_by_route_method_and_status(app: Flask) -> None:
    client = app.test_client()
    for path in ("/login", "/login", "/admin/users/17", "/admin/users/18"):
        client.get(path)
    client.post("/login")
    read = _read(app)
    assert _sum(read, "requests_total", route="/login", method="GET", status="200") == 2
    assert _sum(read, "requests_total", route="/login", method="POST", status="422") == 1
    assert _sum(read, "requests_total", route="/admin/users/<user_id>", status="303") == 2
    assert _sum(read, "request_duration_seconds_count", route="/login") == 3
    assert 0 < (_sum(read, "request_duration_seconds_sum", route="/login") or 0) < 60


def test_what_somebody_makes_up_makes_no_series(app: Flask) -> None:
    client = app.test_client()
    for number in range(5):
        client.get(f"/made-up-{number}")
        client.open("/login", method=f"BREW{number}")
    assert "made-up" not in client.get("/metrics").text and "BREW" not in client.get("/metrics").text
    assert _sum(_read(app), "requests_total", route="other", status="404") == 5
    assert _sum(_read(app), "requests_total", method="other", status="405") == 5


def test_over_htmx_what_was_sent_is_counted(app: Flask, browser: Browser, htmx: bool) -> None:
    log_in(sign_up(browser, "alice"), "alice")
    status = "204" if htmx else "303"
    assert _sum(_read(app), "requests_total", route="/login", method="POST", status=status) == 1


def test_log_ins_are_counted_by_outcome(app: Flask, db: Database, browser: Browser) -> None:
    assert [_sum(_read(app), "logins_total", outcome=outcome) for outcome in ("throttled", "busy")] == [0, 0]
    sign_up(browser, "alice")
    for typed in ({"password": "wrong"}, {"email": "nobody@example.com"}, {"password": ""}):
        log_in(browser, "alice", **typed)
    log_in(browser, "alice")
    sign_up(Browser(app), "bob")
    standing.disable(db, COMMAND_LINE, person(db, "bob"))
    log_in(Browser(app), "bob")
    counted = {outcome: _sum(_read(app), "logins_total", outcome=outcome) for outcome in ("succeeded", "failed")}
    assert counted == {"succeeded": 1, "failed": 2}
    assert _sum(_read(app), "logins_total", outcome="disabled") == 1


@pytest.mark.parametrize("status", [408, 413, 429, 503])
def test_refusals_are_counted(settings: dict[str, Any], status: int) -> None:
    app = create_app(settings)

    @app.get("/refused")
    @public
    def refused() -> str:
        abort(status)

    assert _sum(_read(app), "refusals_total", status=str(status)) == 0
    app.test_client().get("/refused")
    app.test_client().get("/login", environ_overrides={"latchkey.refused": status})
    assert _sum(_read(app), "refusals_total", status=str(status)) == 2
    assert _sum(_read(app), "requests_total", route="/login", status=str(status)) == 1
    app.extensions["database"].close()


def test_a_crash_is_counted(settings: dict[str, Any]) -> None:
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/crash")
    @public
    def crash() -> str:
        raise RuntimeError

    app.test_client().get("/crash")
    assert _sum(_read(app), "requests_total", route="/crash", status="500") == 1
    app.extensions["database"].close()


def test_live_sessions_are_counted_in_the_database(app: Flask, browser: Browser) -> None:
    assert _sum(_read(app), "live_sessions") == 0
    logged_in(browser, "alice")
    logged_in(Browser(app), "bob")
    assert _sum(_read(app), "live_sessions") == 2
    browser.visit("/logout").submit("logout-form")
    assert _sum(_read(app), "live_sessions") == 1


def test_while_the_database_is_gone_the_other_numbers_are_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for verb in ("one", "all", "run"):
        monkeypatch.setattr(app.extensions["database"], verb, _gone)
    assert app.test_client().get("/healthz").status_code == 503
    assert _sum(_read(app), "live_sessions") is None
    assert _sum(_read(app), "refusals_total", status="503") == 1


def test_the_hashing_queue_is_told(app: Flask) -> None:
    assert _sum(_read(app), "hashing") == 0
    lengths = [3, 2]
    metrics.watch_hashing(app, lambda: lengths[0], lambda: lengths[1])
    assert (_sum(_read(app), "hashing", state="waiting"), _sum(_read(app), "hashing", state="running")) == (3, 2)
    lengths[0] = 0
    assert _sum(_read(app), "hashing", state="waiting") == 0


def test_nothing_says_who(app: Flask, browser: Browser) -> None:
    logged_in(browser, "alice").visit("/account/sessions")
    text = app.test_client().get("/metrics").text
    assert "alice" not in text and "127.0.0.1" not in text


def test_it_gives_no_cookie(app: Flask) -> None:
    for environ in ({}, ALONE):
        answer = app.test_client().get("/metrics", environ_overrides=environ)
        assert "Set-Cookie" not in answer.headers
    assert app.test_client().get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.0.0.9", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 404),
        ("10.0.0.1", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": ""}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 404),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 404),
        ("127.0.0.1", {"Host": "localhost:8000"}, 200),
        ("127.0.0.1", {"Host": "[::1]:8000"}, 200),
        ("127.0.0.1", {"Host": "rebound.example"}, 404),
        ("203.0.113.9", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("203.0.113.9", {"Authorization": f"bearer {TOKEN}", "Host": "10.0.0.5:8000"}, 200),
        ("127.0.0.1", {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}, 200),
        ("203.0.113.9", {"Authorization": f"Bearer {TOKEN}x"}, 404),
        ("203.0.113.9", {"Authorization": f"Bearer {TOKEN[:-1]}"}, 404),
        ("203.0.113.9", {"Authorization": f"Basic {TOKEN}"}, 404),
        ("203.0.113.9", {"Authorization": "Bearer "}, 404),
        ("203.0.113.9", {"Authorization": "Bearer"}, 404),
        ("203.0.113.9", {"Authorization": "Bearer \xe9\xff"}, 404),
        ("203.0.113.9", {"Authorization": "Bearer a=b"}, 404),
        ("203.0.113.9", {"Authorization": TOKEN}, 404),
    ],
)
@pytest.mark.parametrize("proxies", ["0", "1"])
def test_who_may_read_it(
    settings: dict[str, Any], proxies: str, address: str, headers: dict[str, str], status: int
) -> None:
    app = create_app(settings | {"METRICS_TOKEN": TOKEN, "TRUSTED_PROXIES": proxies})
    answer = app.test_client().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status
    if status == 404:
        assert "latchkey_" not in answer.text and checked(answer).select("h1")
    app.extensions["database"].close()


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer None"])
def test_without_a_token_none_opens_it(app: Flask, given: str) -> None:
    answer = app.test_client().get("/metrics", headers={"Authorization": given}, environ_overrides=ALONE)
    assert answer.status_code == 404


def test_under_a_public_address_it_is_read_under_the_servers_own(settings: dict[str, Any]) -> None:
    app = create_app(settings | {"PUBLIC_URL": "https://id.example"})
    client = app.test_client()
    for path, host, status in (
        ("/metrics", "127.0.0.1:8000", 200),
        ("/metrics", "id.example", 404),
        ("/login", "127.0.0.1:8000", 400),
    ):
        assert client.get(path, headers={"Host": host}).status_code == status
    app.extensions["database"].close()


def test_two_processes_count_as_one(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server()
    asked = 0
    while asked < 300 and not (asked >= 20 and _have_both_counted(tmp_path)):
        urllib.request.urlopen(f"{server.url}/login", timeout=20).close()
        asked += 1
    assert _have_both_counted(tmp_path)
    for _ in range(10):
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=20) as answer:
            read = list(text_string_to_metric_families(answer.read().decode()))
        assert _sum(read, "requests_total", route="/login", method="GET", status="200") == asked
        assert _sum(read, "request_duration_seconds_count", route="/login") == asked
        assert _sum(read, "live_sessions") == 0


def _have_both_counted(instance: Path) -> bool:
    files = instance.glob("metrics/*/counter_*.db")
    counted = [_sum(MultiProcessCollector.merge([str(file)]), "requests_total", route="/login") for file in files]
    return len(counted) == 2 and all(counted)


def test_what_the_front_door_refuses_is_counted(start_server: Callable[..., Server]) -> None:
    server = start_server()
    with pytest.raises(urllib.request.HTTPError, match="413"):
        urllib.request.urlopen(f"{server.url}/login", b"a" * 65 * 1024, timeout=20)
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=20) as answer:
        read = list(text_string_to_metric_families(answer.read().decode()))
    assert _sum(read, "refusals_total", status="413") == 1
    assert _sum(read, "requests_total", route="/login", method="POST", status="413") == 1


PROCESS = """
from flask import Flask
from webapp import metrics

app = Flask("worker")
metrics.register(app)
metrics.watch_hashing(app, lambda: 3, lambda: 1)
metrics.look(app)
app.test_client().get("/nowhere")
print("ready", flush=True)
input()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What processes of this test's share, after another server has run."""
    monkeypatch.setenv(metrics_folder.SETTING, "")
    (tmp_path / "metrics/8000").mkdir(parents=True)
    (tmp_path / "metrics/8000/counter_1.db").write_bytes(b"of the last server")
    metrics_folder.share(tmp_path, 8000)
    return tmp_path / "metrics/8000"


@pytest.fixture
def start_process(folder: Path) -> Iterable[Callable[[], subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", PROCESS], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        processes.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.communicate("")


def test_what_a_process_counted_outlives_it_and_what_it_did_does_not(
    folder: Path, start_process: Callable[[], subprocess.Popen[str]]
) -> None:
    def read() -> tuple[float | None, ...]:
        families = list(metrics_folder.read(folder))
        return _sum(families, "requests_total", route="other"), _sum(families, "hashing", state="waiting")

    start_process()
    other = start_process()
    assert read() == (2, 6)
    other.kill()
    other.wait()
    assert read() == (2, 3)
    start_process()
    assert read() == (3, 6)
    # The third took the files of the second over.
    assert len(list(folder.iterdir())) == 2 * len(metrics_folder.KINDS)


def test_an_instance_without_room_for_them_stops_the_start(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file")
    app = create_app(settings | {"PORT": str(free_port())})
    result = app.test_cli_runner().invoke(args=["serve"])
    assert result.exit_code == 1 and "LATCHKEY_INSTANCE has no room for metrics" in result.output
    app.extensions["database"].close()
