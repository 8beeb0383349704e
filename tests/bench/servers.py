"""The servers that are compared, each started as its documentation says, and stopped whatever happens."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.bench.client import REDIRECTS, Client
from tests.bench.clock import NAME
from tests.server import ROOT, Server, free_port

PEERS = ROOT / "tests/peers"
GUNICORN = ("-m", "gunicorn", "--workers", "2", "--threads", "4", "--log-level", "error")
SECRET_KEY = "a key for measuring alone" * 2
# Where the person comes from whose pages are timed, and the one who floods the log-in.
HOME, FLOOD = "203.0.113.9", "198.51.100.7"
# In seconds; less than what the check of a password takes, of which a queue is made.
AT_ONCE, IN_A_ROW = 0.1, 10


class Running(NamedTuple):
    """A server on which ada is logged in; `login` is its log-in page, `environment` its app's in any process.

    `process` is the id of the main one.
    """

    name: str
    ada: Client
    login: str
    environment: dict[str, str]
    process: int

    @property
    def url(self) -> str:
        return self.ada.url


class Peer(NamedTuple):
    """`module` is a file in tests/peers for gunicorn; `login` is the log-in page's path, if it has one.

    A peer in another language has no module, but a `command` that starts its server on the port in PORT.
    """

    name: str
    module: str
    login: str
    python: str = sys.executable
    command: tuple[str, ...] = ()


@contextmanager
def serve(peer: Peer) -> Iterator[Running]:
    """The peer, with a database of its own."""
    with TemporaryDirectory() as folder:
        port = free_port()
        environment = _environment(folder) | {"PORT": str(port)}
        command = list(peer.command) or _gunicorn(peer, port, environment)
        with _process(command, environment) as process:
            ada = logged_in(f"http://127.0.0.1:{port}", peer.login)
            yield Running(peer.name, ada, peer.login, environment, process)


def _gunicorn(peer: Peer, port: int, environment: dict[str, str]) -> list[str]:
    # Of two workers that start on no database, both would make it.
    subprocess.run([peer.python, "-c", f"import {peer.module}"], cwd=PEERS, env=environment, check=True)
    return [peer.python, *GUNICORN, "--bind", f"127.0.0.1:{port}", f"{peer.module}:app"]


@contextmanager
def serve_ours(**settings: str) -> Iterator[Running]:
    """Latchkey as `just run` starts it, behind a proxy."""
    with server(TRUSTED_PROXIES="1", **settings) as ours:
        Client(ours.url, HOME).sign_up(NAME)
        yield Running("Latchkey", logged_in(ours.url, "/login"), "/login", ours.environment, ours.process.pid)


def workers() -> str:
    """As many as there are cores, as `just run` starts them, or LATCHKEY_WORKERS."""
    return os.environ.get("LATCHKEY_WORKERS") or str(os.cpu_count())


@contextmanager
def server(**settings: str) -> Iterator[Server]:
    given = {"WORKERS": workers(), "SECRET_KEY": SECRET_KEY} | settings
    with TemporaryDirectory() as folder, Server(Path(folder), f"sqlite:///{folder}/latchkey.db", **given) as started:
        yield started


def wait(url: str, path: str) -> None:
    """Until this page is answered at once, several times in a row: a flood leaves all workers work to do."""
    deadline, quick = time.monotonic() + 60, 0
    while quick < IN_A_ROW:
        began = time.monotonic()
        answer = Client(url).get(path)
        quick = quick + 1 if answer.status and time.monotonic() - began < AT_ONCE else 0
        if time.monotonic() > deadline:
            sys.exit(f"{url}{path} did not answer at once for a minute.")
        time.sleep(0.05)


def _environment(folder: str) -> dict[str, str]:
    paths = os.pathsep.join((str(PEERS), str(ROOT)))
    return os.environ | {"PEER_DB": f"{folder}/peer.db", "PYTHONPATH": paths, "PYTHONWARNINGS": "ignore"}


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[int]:
    # In a session of its own: a Ctrl+C is for us, who then stop it.
    with subprocess.Popen(command, cwd=PEERS, env=environment, start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def logged_in(url: str, login: str) -> Client:
    """Ada's; where there is no log-in page she need not log in."""
    wait(url, login or "/dashboard")
    ada = Client(url, HOME)
    if login and (answer := ada.log_in(login, f"{NAME}@example.com")).status not in REDIRECTS:
        sys.exit(f"{url}{login} should let {NAME} in, and answers {answer.status}.")
    ada.check("/dashboard")
    return ada
