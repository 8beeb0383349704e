"""Workers that are killed again and again: the server starts anew in the same process, and still hears a stop."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import QUICK, ROOT, Server
from tests.waiting import until
from webapp.commands.serve import PAUSE

TOLD = "so the server starts anew"
# An app that no worker can serve.
DYING = """
import os
from tests.quick_app import create_app
os.register_at_fork(after_in_child=lambda: os._exit(3))
"""
# One whose main process is killed as soon as its worker begins.
ORPHANED = """
import os, pathlib, signal
from tests.quick_app import create_app

main = os.getpid()

def leave_alone():
    pathlib.Path(__file__).with_name("worker").write_text(str(os.getpid()))
    os.kill(main, signal.SIGKILL)

os.register_at_fork(after_in_child=leave_alone)
"""


def kill_twice(server: Server) -> None:
    """Kill a worker, and at once the one that takes its place; return when granian has given up."""
    times, before = server.log.count(TOLD), server.workers()
    os.kill(before[0], signal.SIGKILL)
    until(lambda: set(server.workers()) - set(before), "no successor")
    os.kill((set(server.workers()) - set(before)).pop(), signal.SIGKILL)
    until(lambda: server.log.count(TOLD) > times, "no word of a start anew")


def _answers(server: Server) -> bool:
    with suppress(OSError):
        return server.ask("GET", "/healthz").status == 200
    return False


def test_it_answers_again_each_time_that_its_workers_keep_ending(start_server: Callable[..., Server]) -> None:
    server = start_server(command=QUICK)
    for _ in range(3):
        kill_twice(server)
        before = time.monotonic()
        until(lambda: _answers(server), "no answer")
        assert time.monotonic() - before < PAUSE + 10
    server.stop()
    assert server.process.returncode == 0
    assert server.log.count("Latchkey is at") == 4 and "Traceback" not in server.log


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_stop_before_it_starts_anew_is_heard_at_once(
    start_server: Callable[..., Server], number: signal.Signals, code: int
) -> None:
    server = start_server(command=QUICK)
    kill_twice(server)
    server.process.send_signal(number)
    assert server.process.wait(timeout=30) == code
    assert server.log.count("Latchkey is at") == 1


def test_ctrl_c_while_it_starts_anew_is_heard_without_a_traceback(start_server: Callable[..., Server]) -> None:
    server = start_server(command=QUICK)
    stat = Path(f"/proc/{server.process.pid}/stat")
    kill_twice(server)
    threads = stat.read_text().split()[19]
    assert threads != "1"
    # A new program has one thread; here the pause is over.
    until(lambda: stat.read_text().split()[19] == "1", "no new program")
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=15) == 130
    assert "Traceback" not in server.log


@pytest.mark.usefixtures("processes")
def test_a_worker_whose_main_process_was_killed_while_it_started_leaves_too(tmp_path: Path) -> None:
    """It would keep the port for good, and answer."""
    server = Server(tmp_path, f"sqlite:///{tmp_path}/latchkey.db", WORKERS="1")
    (tmp_path / "orphaned.py").write_text(ORPHANED)
    server.environment["PYTHONPATH"] = str(tmp_path)
    command = [*QUICK[:4], "orphaned", "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=server.environment, stderr=subprocess.DEVNULL) as process:
        assert process.wait(timeout=60) == -signal.SIGKILL
    worker = Path("/proc", (tmp_path / "worker").read_text())
    until(lambda: not worker.exists() or "State:\tZ" in (worker / "status").read_text(), "the worker stays")


@pytest.mark.usefixtures("processes")
def test_workers_that_never_start_keep_no_core_busy(tmp_path: Path) -> None:
    server = Server(tmp_path, f"sqlite:///{tmp_path}/latchkey.db")
    (tmp_path / "dying.py").write_text(DYING)
    server.environment["PYTHONPATH"] = str(tmp_path)
    command, log = [*QUICK[:4], "dying", "serve"], tmp_path / "log"
    with log.open("w") as errors, subprocess.Popen(command, cwd=ROOT, env=server.environment, stderr=errors) as process:
        try:
            until(lambda: TOLD in log.read_text(), "no word of a start anew")
            used, began = _seconds_of_cpu(process.pid), time.monotonic()
            until(lambda: log.read_text().count(TOLD) > 2, "no third start")
            used, passed = _seconds_of_cpu(process.pid) - used, time.monotonic() - began
        finally:
            process.kill()
    assert passed > 2 * PAUSE and used < passed - PAUSE


def _seconds_of_cpu(process: int) -> float:
    """What the process has used, with its children that are gone."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
