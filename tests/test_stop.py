"""Ctrl-C where a server runs in a terminal: it ends without a line that looks like an error. A stop while it starts."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import QUICK, ROOT, Server, free_port
from webapp.commands.serve import FAREWELL

OURS, INSTALLED = [str(ROOT / "just")], [str(ROOT / ".venv/bin/just"), "--justfile", str(ROOT / "justfile")]
# What each says when it serves.
READY = {"run": "run  ./just admin", "dev": "Debugger PIN", "demo": "stop it with"}
# The app, with a signal to the main process at one of the steps below, which then lasts a while.
UNTIMELY = """
import os, pathlib, signal, time
from granian import _signals
from granian.server import mp
from tests.quick_app import create_app

main = os.getpid()
serve_loop = mp.MPServer._serve_loop

def stop():
    pathlib.Path(__file__).with_suffix(".stopped").write_text(str(time.monotonic()))
    os.kill(main, signal.SIGTERM)
    time.sleep(0.3)

def stop_after(module, name):
    function = getattr(module, name)
    setattr(module, name, lambda *given: (function(*given), stop())[0])

def hold_lock(server, *given):
    with server.main_loop_interrupt._cond:
        stop()
    serve_loop(server, *given)

def replace_worker(server, *given):
    clear = server.main_loop_interrupt.clear
    server.main_loop_interrupt.clear = lambda: (stop(), clear())
    os.kill(server.wrks[0].inner.pid, signal.SIGKILL)
    serve_loop(server, *given)

"""
STEPS = {
    "forks": "os.register_at_fork(before=stop)",
    "forked": "os.register_at_fork(after_in_child=stop)",
    "listens_for_signals": "stop_after(_signals, 'set_loop_signals')",
    "begins_to_serve": "stop_after(mp, 'ASGIWorker')",
    "holds_lock": "mp.MPServer._serve_loop = hold_lock",
    "replaces_worker": "mp.MPServer._serve_loop = replace_worker",
}


class Terminal:
    """A command in a terminal of its own; `text` is what it has shown there."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.text = ""
        self._screen, keyboard = os.openpty()
        given = {"stdin": keyboard, "stdout": keyboard, "stderr": keyboard}
        self.process = subprocess.Popen(["setsid", "--ctty", *command], env=environment, **given)
        os.close(keyboard)

    def wait_for(self, words: str) -> None:
        while words not in self.text:
            assert self._read(), self.text

    def press_ctrl_c(self) -> tuple[str, int]:
        """What the command still says until it has ended, and its exit code."""
        before = len(self.text)
        os.write(self._screen, b"\x03")
        while self._read():
            pass
        return self.text[before:], self.process.wait()

    def close(self) -> None:
        """Hang up on a command that still runs."""
        os.close(self._screen)
        self.process.wait()

    def _read(self) -> bool:
        """Whether there is more to read; a terminal without a program is an error to read from."""
        assert select.select([self._screen], [], [], 60)[0], self.text
        with suppress(OSError):
            self.text += (read := os.read(self._screen, 65536).decode())
            return read != ""
        return False


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start a command in a terminal.

    What is missing is installed before: whoever hangs up on an install has the environment made anew.
    """
    subprocess.run([*OURS, "--version"], check=True, capture_output=True)
    started: list[Terminal] = []

    def start(*command: str) -> Terminal:
        started.append(Terminal([*command], os.environ | _settings(tmp_path)))
        return started[-1]

    yield start
    for each in started:
        each.close()


def _settings(instance: Path) -> dict[str, str]:
    return {"LATCHKEY_INSTANCE": str(instance), "LATCHKEY_PORT": str(free_port())}


@pytest.mark.parametrize("just", [OURS, INSTALLED], ids=["ours", "installed"])
@pytest.mark.parametrize("recipe", READY)
def test_it_ends_without_an_error_line(terminal: Callable[..., Terminal], just: list[str], recipe: str) -> None:
    started = terminal(*just, recipe)
    started.wait_for(READY[recipe])
    said, code = started.press_ctrl_c()
    assert (re.sub(r"\s|\^C", "", said), code) == ("", 130)


def test_run_ends_so_after_it_started_anew_too(terminal: Callable[..., Terminal]) -> None:
    started = terminal("env", "LATCHKEY_WORKERS=1", *OURS, "run")
    started.wait_for(READY["run"])
    [main] = _children(started.process.pid)
    worker = _kill_worker(main, but=0)
    _kill_worker(main, but=worker)
    started.wait_for("starts anew")
    started.text = ""
    started.wait_for(READY["run"])
    assert _children(started.process.pid) == [main]
    said, code = started.press_ctrl_c()
    assert (re.sub(r"\s|\^C", "", said), code) == ("", 130)


def _kill_worker(main: int, but: int) -> int:
    """Kill the one worker, as soon as it is another than that."""
    deadline = time.monotonic() + 30
    while not (found := set(_children(main)) - {but}):
        assert time.monotonic() < deadline, "no worker"
        time.sleep(0.005)
    os.kill(worker := found.pop(), signal.SIGKILL)
    return worker


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_dev_says_where_the_pages_for_developers_are(terminal: Callable[..., Terminal]) -> None:
    started = terminal(*OURS, "dev")
    started.wait_for("/outbox shows what was mailed.")
    assert "/styleguide shows every part of the pages in each of its states." in started.text
    assert re.match(r"http://127\.0\.0\.1:\d+/styleguide shows", started.text)
    started.press_ctrl_c()


@pytest.mark.usefixtures("processes")
def test_a_stop_is_heard_at_every_step_of_a_start(tmp_path: Path) -> None:
    """One that is lost holds the stop up for as long as a request may take to finish, or for good."""
    with ThreadPoolExecutor(len(STEPS)) as pool:
        ends = dict(zip(STEPS, pool.map(lambda step: _stopped_at(tmp_path, step), STEPS), strict=True))
    assert {step: end for step, end in ends.items() if end[0] >= FAREWELL or end[1] != 0} == {}


def _stopped_at(folder: Path, step: str) -> tuple[float, int, str]:
    """How many seconds a server still ran after a stop at this step, its exit code, and what it logged."""
    (folder / f"{step}.py").write_text(UNTIMELY + STEPS[step])
    (folder / f"instance_{step}").mkdir()
    server = Server(folder / f"instance_{step}", "")
    environment = server.environment | {"PYTHONPATH": str(folder)}
    command = [*QUICK[:4], step, "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.communicate(timeout=3 * FAREWELL)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            said = "killed"
    return time.monotonic() - float((folder / f"{step}.stopped").read_text()), process.returncode, said


@pytest.mark.usefixtures("processes")
def test_a_stop_is_heard_at_every_moment_of_a_start(tmp_path: Path) -> None:
    moments = [number / 8 for number in range(8)]
    with ThreadPoolExecutor(len(moments)) as pool:
        ends = dict(zip(moments, pool.map(lambda moment: _stopped_after(tmp_path, moment), moments), strict=True))
    assert {moment: end for moment, end in ends.items() if end[0] >= FAREWELL or end[1] != 0} == {}


def _stopped_after(folder: Path, moment: float) -> tuple[float, int, str]:
    """The same for a stop so many seconds after the first worker began."""
    (instance := folder / str(moment)).mkdir()
    environment = Server(instance, "").environment
    with subprocess.Popen(QUICK, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text():
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(moment)
        process.terminate()
        before = time.monotonic()
        said = process.communicate(timeout=3 * FAREWELL)[1]
    return time.monotonic() - before, process.returncode, said
