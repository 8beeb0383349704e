"""The measurements tell the truth: of what failed, of what is missing, of a promise that was not kept."""

import os
import smtplib
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.bench import clock, factors, looks, mail_answers, other_languages, peers, wrk
from tests.bench.looks import Look
from tests.bench.report import promise
from tests.bench.sink import sink

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
