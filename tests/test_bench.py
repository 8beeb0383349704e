"""The measurements tell the truth: of what failed, of what is missing, of a promise that was not kept."""

import os
import smtplib
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.bench import clock, factors, looks, mail_answers, other_languages, peers, soak, soak_people, wrk
from tests.bench.looks import Look
from tests.bench.report import promise
from tests.bench.sink import sink
from tests.bench.soak_people import Heard, Visitor
from tests.bench.soak_watch import Process, Sample, Soak, process, size
from tests.server import free_port

PRINTED = """Running 4s test @ http://127.0.0.1:8000/dashboard
  Latency Distribution
     50%    1.50ms
     75%    1.90ms
     90%  950.00us
     99%    1.20s
  1000 requests in 4.00s, 6.00MB read
  Socket errors: connect 0, read 0, write 0, timeout 3
  Non-2xx or 3xx responses: 250
Requests/sec:    250.00
"""


def test_a_refusal_is_no_page() -> None:
    assert wrk.read(PRINTED) == wrk.Figures(number=750, rate=187.5, p50=1.5, p99=1200)


def test_a_server_that_answered_nothing_has_no_rate() -> None:
    assert wrk.read("  0 requests in 4.00s, 0.00B read\nRequests/sec:      0.00\n") == wrk.Figures(0, 0, 0, 0)


@pytest.mark.parametrize("answer", ["Welcome back, somebody else!", ("Welcome back, ada!", 503)])
def test_what_is_no_page_of_this_person_is_not_timed(answer: str | tuple[str, int]) -> None:
    app = Flask("peer")
    app.add_url_rule("/dashboard", view_func=lambda: answer)
    with pytest.raises(SystemExit, match="should be a page with the name of ada on it"):
        clock.median(app, "/dashboard", "", 1)


def test_missing_peers_are_named(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(peers, "_install", lambda: False)
    assert peers.python_peers.__wrapped__() == [peers.FLOOR, peers.TUTORIAL]
    assert "Flask-Login, Flask-Security-Too, Django with allauth are missing" in capfd.readouterr().out


def test_a_better_auth_without_node_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(other_languages, "_install_node", lambda: False)
    assert other_languages.node_command() is None
    assert "better-auth is missing: Node could not be installed from PyPI." in capfd.readouterr().out


def test_a_better_auth_without_its_packages_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(other_languages, "_install_node", lambda: True)
    monkeypatch.setattr(other_languages, "_install_packages", lambda: False)
    assert other_languages.node_command() is None
    assert "better-auth is missing: its packages could not be installed from npm." in capfd.readouterr().out


def test_a_go_program_without_go_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(other_languages, "_is_built", lambda: False)
    monkeypatch.setattr(other_languages, "_install_go", lambda: False)
    assert other_languages.go_command() is None
    assert "The Go program is missing: Go could not be installed; on Debian, root" in capfd.readouterr().out


def test_the_go_program_is_built_again_when_its_source_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, program = tmp_path / "go/main.go", tmp_path / "dashboard"
    source.parent.mkdir()
    source.touch()
    monkeypatch.setattr(other_languages, "GO", source.parent)
    monkeypatch.setattr(other_languages, "PROGRAM", program)
    assert not other_languages._is_built()
    program.touch()
    assert other_languages._is_built()
    os.utime(source, (program.stat().st_mtime + 1,) * 2)
    assert not other_languages._is_built()


def test_a_promise_that_was_not_kept_says_so() -> None:
    assert promise("At most 2", "1", True).kept == "kept"
    assert promise("At most 2", "3", False).kept == "**NOT kept**"


def test_the_relay_counts_the_mails_that_it_takes() -> None:
    with sink() as relay, smtplib.SMTP("127.0.0.1", urlsplit(relay.url).port) as smtp:
        for _ in range(2):
            smtp.sendmail("id@example.org", "ann@example.com", "Subject: Hello\n\n.\nDATA\nQUIT\n")
        assert relay.number == 2
        assert relay.span > 0


def test_a_mail_whose_end_comes_in_two_pieces_is_taken_once() -> None:
    with sink() as relay, socket.create_connection(("127.0.0.1", urlsplit(relay.url).port or 0)) as client:
        said = client.makefile("rb")
        assert said.readline().startswith(b"220")
        client.sendall(b"DATA\r\n")
        assert said.readline().startswith(b"354")
        client.sendall(b"Hello\r\n.")
        client.sendall(b"\r\n")
        assert said.readline().startswith(b"250")
        assert relay.number == 1


def test_a_ratio_of_medians_says_how_sure_it_is() -> None:
    assert mail_answers.ratio([(2.0, 1.0), (3.0, 2.0), (9.0, 3.0)]) == 1.5
    low, high = mail_answers.surely([(1.0, 1.0), (1.2, 1.0)] * 50)
    assert 1 <= low < high <= 1.2


def test_a_refusal_is_no_look_at_a_page() -> None:
    with pytest.raises(SystemExit, match="/dashboard should be a page, and answers 404"):
        looks._look(Flask("code"), "/dashboard", "")


def test_the_code_before_factors_is_nowhere_without_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="is in the history, which this copy does not have"):
        factors.measure()


def test_a_ratio_is_that_of_all_turns_and_of_each_round() -> None:
    one = Look(cpu=2, clock=4)
    rounds = [[(one, Look(2, 4)), (one, Look(4, 4)), (one, Look(6, 4))], [(one, Look(8, 4)), (one, Look(10, 4))]]
    assert factors._ratio(rounds, "cpu") == (3, [2, 4.5])
    assert factors._ratio(rounds, "clock") == (1, [1, 1])


def test_more_than_was_promised_since_factors_says_so() -> None:
    told = f"/dashboard: {factors.BEFORE}, {factors.TODAY}"
    assert factors._promise("SQLite", {told: [[(Look(100, 1), Look(103, 1))]]}).kept == "kept"
    assert factors._promise("SQLite", {told: [[(Look(100, 1), Look(104, 1))]]}).kept == "**NOT kept**"


SMALL = Process(megabytes=80, files=60, threads=12)


def _sample(**found: Any) -> Sample:
    calm = Sample(0, 0, SMALL, SMALL, SMALL, wal=4, connections=8, metrics_files=6, metrics_size=2.7)
    return calm._replace(**found)


def _verdicts(heard: list[Heard], *last: Sample) -> list[str]:
    """What is told of a soak with one kill, 10 s after it began, whose last third was like this."""
    samples = [_sample() for _ in range(2 * len(last))] + list(last)
    return [each.sentence for each in soak.told("SQLite", Soak(0, heard, [10], samples)) if each.kept != "kept"]


def test_a_calm_soak_keeps_all_its_promises() -> None:
    assert _verdicts([Heard(1, 200, 5), Heard(11, 0, 5)], _sample()) == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"stays": SMALL._replace(megabytes=83)}, "SQLite, the worker that stays: at most 2 MB more"),
        ({"stays": SMALL._replace(files=69)}, "SQLite, the worker that stays: at most 8 more open files"),
        ({"main": SMALL._replace(threads=15)}, "SQLite, the main process: at most 2 more threads"),
        ({"metrics_files": 9}, "SQLite: at most 6 files of metrics"),
        ({"metrics_size": 5.4}, "SQLite: at most 6 files of metrics"),
        ({"wal": 17}, "SQLite: at most 16 MB of WAL"),
        ({"connections": 33}, "SQLite: at most 32 connections"),
    ],
)
def test_what_has_grown_in_a_soak_is_told(found: dict[str, Any], told: str) -> None:
    [sentence] = _verdicts([], _sample(**found))
    assert sentence.startswith(told)


@pytest.mark.parametrize("heard", [Heard(11, 500, 5), Heard(9, 0, 5), Heard(13, 0, 5)])
def test_an_error_and_a_page_that_no_kill_has_taken_are_told(heard: Heard) -> None:
    assert _verdicts([heard], _sample()) == ["SQLite: no 5xx, and a kill alone leaves requests unanswered"]


def test_who_visits_a_server_that_is_gone_tries_thrice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_people, "LOOK", 0)
    heard: list[Heard] = []
    assert Visitor(f"http://127.0.0.1:{free_port()}", "198.18.0.1", heard).get("/").status == 0
    assert [each.status for each in heard] == [0, 0, 0]


def test_this_very_process_holds_something(tmp_path: Path) -> None:
    with (tmp_path / "one").open("wb") as file:
        before = process(os.getpid())
        file.write(bytes(500_000))
    after = process(os.getpid())
    assert before.megabytes > 10 and before.threads >= 1 and after.files == before.files - 1
    assert size(tmp_path) == size(tmp_path / "one") == 0.5 and size(tmp_path / "none") == 0
