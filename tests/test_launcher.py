"""The launcher `./just`, and install.py, which makes the environment for it and for each recipe."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import install
from tests.server import ROOT

LOCK = "requirements.lock.txt"
Steps = list[str]
BROKEN_OFF = "# Ctrl-C\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a lock, which install.py takes for its own."""
    (tmp_path / LOCK).write_text("one==1\n")
    monkeypatch.setattr(install, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def steps(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """What is run, venv or pip, without running it."""
    steps: Steps = []

    def run(gate: int, python: str, option: str, module: str, *arguments: str) -> None:
        steps.append(module)
        if arguments and (checkout / LOCK).read_text() == BROKEN_OFF:
            raise KeyboardInterrupt
        (checkout / ".venv/bin").mkdir(exist_ok=True)
        shutil.copy("/bin/sh", checkout / ".venv/bin/python")

    monkeypatch.setattr(install, "_run", run)
    return steps


def test_it_hands_on_to_the_pinned_just_from_any_folder(tmp_path: Path) -> None:
    pinned = re.search(r"^rust-just==(.+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    said = subprocess.check_output([ROOT / "just", "--version"], cwd=tmp_path, text=True)
    assert pinned is not None and said == f"just {pinned[1]}\n"


def test_recipes_that_call_just_get_the_same_one(tmp_path: Path) -> None:
    asked = [ROOT / "just", "--command", "sh", "-c", "command -v just"]
    assert subprocess.check_output(asked, cwd=tmp_path, text=True) == f"{ROOT}/.venv/bin/just\n"


def test_it_installs_what_the_first_recipe_needs() -> None:
    assert f'install.py" {LOCK}\n' in (ROOT / "just").read_text()
    assert f'\nrun: (_install "{LOCK}")\n' in (ROOT / "justfile").read_text()


def test_without_python_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "")
    done = subprocess.run(["/bin/sh", ROOT / "just"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "Python 3.11 or newer is needed, and here is no python3.\n")


def test_ctrl_c_does_not_reach_a_python_that_is_still_starting(tmp_path: Path) -> None:
    """Not yet at its first line, it would show a traceback."""
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "")
    (tmp_path / "python3").write_text("#!/bin/sh\nkill -INT $$\nexit 3\n")
    (tmp_path / "python3").chmod(0o755)
    assert subprocess.run(["/bin/sh", ROOT / "just"], env={"PATH": str(tmp_path)}).returncode == 3


def test_an_older_python_hands_on_to_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(program: str, arguments: list[str]) -> None:
        raise SystemExit([program, *arguments])

    monkeypatch.setattr(install.sys, "version_info", (3, 10))
    monkeypatch.setattr(install.sys, "argv", ["install.py", LOCK])
    monkeypatch.setattr(install.os, "execv", execute)
    monkeypatch.setattr(install.shutil, "which", lambda name: f"/bin/{name}" if name == "python3.12" else None)
    with pytest.raises(SystemExit) as handed:
        install.main(LOCK)
    assert handed.value.code == ["/bin/python3.12", "/bin/python3.12", "install.py", LOCK]


def test_an_older_python_alone_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.sys, "version_info", (3, 10))
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"^Python 3\.11 or newer is needed\.$"):
        install.main(LOCK)


def test_it_installs_once_with_a_word_and_is_silent_from_then_on(
    checkout: Path, steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    install.main(LOCK)
    assert capsys.readouterr().err == f"Installing {LOCK}, once, about 15 s.\n"
    install.main(LOCK)
    assert (capsys.readouterr().err, steps) == ("", ["venv", "pip"])


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Path, steps: Steps) -> None:
    install.main(LOCK)
    (checkout / LOCK).write_text("one==2\n")
    install.main(LOCK)
    assert steps == ["venv", "pip", "pip"]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path, steps: Steps) -> None:
    install.main(LOCK)
    (checkout / ".venv/bin/python").unlink()
    install.main(LOCK)
    assert steps == ["venv", "pip"] * 2


def test_after_an_install_that_was_broken_off_everything_is_made_anew(checkout: Path, steps: Steps) -> None:
    """pip would take a package of which half was copied for a whole one."""
    install.main(LOCK)
    (checkout / LOCK).write_text(BROKEN_OFF)
    with pytest.raises(SystemExit):
        install.main(LOCK)
    (checkout / ".venv/half").touch()
    (checkout / LOCK).write_text("one==1\n")
    install.main(LOCK)
    assert steps == ["venv", "pip", "pip", "venv", "pip"] and not (checkout / ".venv/half").exists()


def test_of_two_at_once_the_second_finds_it_installed(
    checkout: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_for_the_other(gate: object, kind: int) -> None:
        assert kind == install.fcntl.LOCK_EX
        (checkout / ".venv/bin").mkdir(parents=True)
        shutil.copy("/bin/sh", checkout / ".venv/bin/python")
        shutil.copy(checkout / LOCK, checkout / ".venv")

    monkeypatch.setattr(install, "fcntl", SimpleNamespace(LOCK_EX=install.fcntl.LOCK_EX, flock=wait_for_the_other))
    install.main(LOCK)
    assert steps == []


def test_pip_keeps_others_waiting_even_if_its_starter_is_killed(checkout: Path) -> None:
    with (checkout / LOCK).open() as gate:
        install._run(gate.fileno(), "test", "-e", f"/dev/fd/{gate.fileno()}")


def test_pip_hears_no_ctrl_c_and_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would answer in its own words, often with a traceback."""

    def interrupted(child: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    reader, gate = os.pipe()
    install._run(gate, sys.executable, "-c", "import os; assert os.getsid(0) == os.getpid()")
    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        install._run(gate, "sleep", "60")
    os.close(gate)
    assert select.select([reader], [], [], 20)[0], "it has not ended"
    os.close(reader)


def test_what_pip_cannot_get_ends_in_a_sentence(checkout: Path) -> None:
    with (checkout / LOCK).open() as gate, pytest.raises(SystemExit, match="could not be installed; above is why"):
        install._run(gate.fileno(), "false")


def test_a_python_without_venv_is_told_the_name_of_the_package(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="`apt install python3-venv`"):
        install.main(LOCK)


def test_a_folder_that_cannot_be_made_is_named(checkout: Path) -> None:
    (checkout / ".venv").touch()
    with pytest.raises(SystemExit, match=rf"^{LOCK} could not be installed into \.venv: .*File exists"):
        install.main(LOCK)


def test_ctrl_c_ends_in_a_sentence(tmp_path: Path) -> None:
    checkout = tmp_path / "my sites"
    checkout.mkdir()
    shutil.copy(ROOT / "install.py", checkout)
    (checkout / LOCK).touch()
    stopped = _start(checkout)
    _wait_for(checkout / ".venv/pyvenv.cfg")
    os.killpg(stopped.pid, signal.SIGINT)
    assert stopped.communicate()[1] == f"Installing {LOCK}, once, about 15 s.\n\nStopped; the next start installs it.\n"
    assert stopped.returncode == 130


def _start(checkout: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "install.py", LOCK]
    return subprocess.Popen(command, cwd=checkout, stderr=subprocess.PIPE, text=True, start_new_session=True)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
