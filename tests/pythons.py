"""Runs the fast tests on each other Python that the machine has: `python -m tests.pythons PYTEST-ARGS`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.server import ROOT

SUPPORTED = ("3.11", "3.12", "3.13")
LOCK = "requirements-dev.lock.txt"


def main() -> int:
    """Return the exit code of the last Python on which a test failed, else 0."""
    status = 0
    for version in SUPPORTED:
        if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
            continue
        if python := find(version):
            status = run(version, python) or status
        else:
            sys.stderr.write(f"Python {version} is not here.\n")
    return status


def find(version: str) -> Path | None:
    """The program of this Python that has venv: on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = shutil.which(f"python{version}")
    found = [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))]
    return next((path for path in found if _runs(path)), None)


def run(version: str, python: Path) -> int:
    home = f".venv-{version}"
    sys.stderr.write(f"Python {version}:\n")
    subprocess.run([python, "install.py", LOCK, home], cwd=ROOT, check=True)
    command = [ROOT / home / "bin/python", "-m", "pytest", "-n", "auto", "--fast", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT).returncode


def _runs(python: Path) -> bool:
    """Whether this is a Python: pyenv puts a program of each name on the PATH, and it may lead nowhere."""
    return subprocess.run([python, "-c", "import ensurepip"], capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
