"""What a team would pick instead, in a virtual environment of its own."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from tests.bench.other_languages import go_command, node_command
from tests.bench.servers import Peer
from tests.server import ROOT

HOME = ROOT / ".venv-peers"
PYTHON = str(HOME / "bin/python")
FLOOR = Peer("Flask alone, the floor", "floor_app", "")
TUTORIAL = Peer("the tutorial's code", "tutorial_app", "/login")
FLASK_LOGIN = Peer("Flask-Login", "flask_login_app", "/login", PYTHON)
FLASK_SECURITY = Peer("Flask-Security-Too", "flask_security_app", "/login", PYTHON)
ALLAUTH = Peer("Django with allauth", "allauth_app", "/login/", PYTHON)
# How much faster than each of them we promise to be.
WANTED = ((TUTORIAL, 1.3), (FLASK_SECURITY, 2.5), (ALLAUTH, 3))


@cache
def all_peers() -> list[Peer]:
    """The floor and the tutorial's code, and the others where their packages can be had."""
    return [*python_peers(), *_in_other_languages()]


@cache
def python_peers() -> list[Peer]:
    """Those that can be timed in process."""
    if _install():
        return [FLOOR, TUTORIAL, FLASK_LOGIN, FLASK_SECURITY, ALLAUTH]
    missing = ", ".join(peer.name for peer in (FLASK_LOGIN, FLASK_SECURITY, ALLAUTH))
    print(f"\n{missing} are missing: their packages could not be installed.", flush=True)
    return [FLOOR, TUTORIAL]


def _in_other_languages() -> Iterator[Peer]:
    commands = {"better-auth on Node": node_command(), "a small Go program, the same page": go_command()}
    for name, command in commands.items():
        if command:
            yield Peer(name, "", "/login", command=tuple(command))


def _install() -> bool:
    command = [sys.executable, "install.py", "tests/peers/requirements.lock.txt", HOME.name]
    return subprocess.run(command, cwd=ROOT).returncode == 0
