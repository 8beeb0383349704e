"""Installs what a lock lists into a virtual environment: `python3 install.py LOCK [FOLDER]`, `.venv` unless told."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PIP = ("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r")


def main(lock: str, folder: str = ".venv") -> None:
    """Install it once, and again when the lock has changed; end in a sentence where that fails."""
    # Pythons from 3.6 on read this file, to say so or to hand on.
    if sys.version_info < (3, 11):  # noqa: UP036
        _run_newer()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        install(ROOT / lock, ROOT / folder)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; the next start installs it.\n")
        sys.exit(128 + signal.SIGINT)
    except OSError as error:
        sys.exit(f"{lock} could not be installed into {folder}: {error}")


def install(lock: Path, home: Path) -> None:
    """Bring the environment in this folder up to the lock; silent where nothing is to be done."""
    if _is_installed(lock, home):
        return
    sys.stderr.write(f"Installing {lock.relative_to(ROOT)}, once, about 15 s.\n")
    # Two starts at once: the second waits here. Locked is a file that is there anyway; NFS wants it open for writing.
    with Path(__file__).open("r+") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not _is_installed(lock, home):
            _install(lock, home, gate.fileno())


def _is_installed(lock: Path, home: Path) -> bool:
    copy = home / lock.name
    there = os.access(home / "bin/python", os.X_OK) and copy.exists() and not _unfinished(home).exists()
    return there and copy.read_bytes() == lock.read_bytes()


def _install(lock: Path, home: Path, gate: int) -> None:
    # Where an install was broken off, pip would take a half-copied package for a whole one.
    if _unfinished(home).exists() or not os.access(home / "bin/python", os.X_OK):
        _make(home, gate)
    _unfinished(home).touch()
    _run(gate, str(home / "bin/python"), *PIP, str(lock))
    shutil.copyfile(lock, home / lock.name)
    _unfinished(home).unlink()


def _make(home: Path, gate: int) -> None:
    if not find_spec("ensurepip"):
        sys.exit("This Python comes without venv. On Debian `apt install python3-venv` brings it; then start again.")
    # Not the environment's own, which is removed, if this was started from within it.
    python = str(Path(sys.executable).resolve())
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    _unfinished(home).touch()
    _run(gate, python, "-m", "venv", str(home))


def _unfinished(home: Path) -> Path:
    return home / "unfinished"


def _run(gate: int, *command: str) -> None:
    """Run it out of the terminal's reach, so that Ctrl-C is answered here alone, and with the gate in its hands.

    If this process is killed, the next start waits until pip has ended too.
    """
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=[gate]) as child:
        try:
            if child.wait():
                sys.exit("It could not be installed; above is why. With a network to PyPI, start again.")
        except KeyboardInterrupt:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise


def _run_newer() -> None:
    for found in filter(None, map(shutil.which, ("python3.13", "python3.12", "python3.11"))):
        os.execv(found, [found, *sys.argv])
    sys.exit("Python 3.11 or newer is needed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
