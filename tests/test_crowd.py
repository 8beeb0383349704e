"""Crowds before the front door, thousands who are slow or silent, and what a server process needs for it all."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import tests.server
from tests.server import ROOT, Server

MIB = 2**20


@contextmanager
def crowd(server: Server, **counts: int) -> Iterator[subprocess.Popen[str]]:
    """So many of each kind, all of them there."""
    words = [f"{kind.replace('_', ' ')}={count}" for kind, count in counts.items()]
    command = [sys.executable, "-m", "tests.crowd", str(urlsplit(server.url).port), *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as people:
        assert people.stdout is not None and people.stdout.readline() == "all are there\n"
        yield people
        people.kill()


def _memory(server: Server) -> int:
    """Of the one process that answers, in bytes."""
    [worker] = server.workers()
    status = Path(f"/proc/{worker}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _median(server: Server, path: str) -> float:
    """Of what 40 requests take, in seconds."""
    taken = []
    for _ in range(40):
        began = time.monotonic()
        assert server.ask("GET", path).status == 200
        taken.append(time.monotonic() - began)
    return sorted(taken)[20]


def test_two_thousand_slow_clients_keep_nobody_waiting_and_are_cut_off(start_server: Callable[..., Server]) -> None:
    server = start_server()
    with crowd(server, slow_head=1000, slow_body=1000, silent=20, kept=20) as people:
        # Promised are 50 ms, on a machine that does nothing else.
        assert _median(server, "/login") < 0.5
        assert _median(server, "/manifest.webmanifest") < 0.5
        told = json.loads(people.communicate()[0])
    # Ten seconds in all, though each sent a byte in each of them.
    assert all(9 < each["first"] <= each["last"] < 16 for each in told.values()), told
    assert {kind: each["heard"] for kind, each in told.items()} == {
        "slow head": [""], "slow body": ["408"], "silent": [""], "kept": ["200"],
    }  # fmt: skip
    assert "Traceback" not in server.log


def test_three_thousand_idle_connections_cost_little(start_server: Callable[..., Server]) -> None:
    server = start_server(WORKERS="1")
    _median(server, "/login")
    before = _memory(server)
    with crowd(server, silent=1500, kept=1500):
        assert _median(server, "/login") < 0.5
        assert _memory(server) - before < 3000 * 40_000


def test_few_files_mean_fewer_connections_and_are_told(
    start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    few_files = ["bash", "-c", 'ulimit -n 400; exec "$@"', "bash"]
    monkeypatch.setattr(tests.server, "COMMAND", few_files + tests.server.COMMAND)
    server = start_server(WORKERS="1", THREADS="4")
    assert "so each holds 284 connections at once instead of 12000" in server.log
    # Nobody gets so far that the database finds no file to open.
    with crowd(server, silent=350):
        time.sleep(0.5)
        [worker] = server.workers()
        assert 284 < len(list(Path(f"/proc/{worker}/fd").iterdir())) < 400
    assert server.ask("GET", "/login").status == 200


def test_what_is_drained_is_not_kept(start_server: Callable[..., Server]) -> None:
    server = start_server(WORKERS="1")
    _median(server, "/login")
    before, most, body = _memory(server), 0, b"a" * (64 * MIB)
    statuses: list[int] = []
    senders = [
        threading.Thread(target=lambda: statuses.append(server.ask("POST", "/login", body).status)) for _ in range(10)
    ]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        most = max(most, _memory(server))
        time.sleep(0.02)
    assert statuses == [413] * 10
    assert most - before < 40 * MIB


def test_memory_does_not_grow_with_use(start_server: Callable[..., Server]) -> None:
    server = start_server(WORKERS="1")
    _use(server, 1500)
    before = _memory(server)
    _use(server, 3000)
    assert _memory(server) - before < 6 * MIB
    assert _memory(server) < 90 * MIB


def _use(server: Server, requests: int) -> None:
    """Pages, files and refusals, on one connection after the other."""
    paths = ["/login", "/signup", "/dashboard", "/manifest.webmanifest", "/nowhere", "/static/nothing.css"]
    for _ in range(requests // 300):
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
        for number in range(300):
            connection.request("GET", paths[number % len(paths)])
            assert connection.getresponse().read() is not None
        connection.close()
