"""The real server in a process of its own, as `just run` starts it."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import db
from webapp.config import blind_index_key

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "flask", "--app", "webapp", "serve"]
QUICK = [sys.executable, "-m", "flask", "--app", "tests.quick_app", "serve"]


class Server:
    """`url` is where it listens, `log` what it has printed; `stderr` is a file for what it logs, if not the same."""

    stderr: str | None = None
    command: list[str] | None = None

    def __init__(self, instance: Path, database_url: str, root: Path = ROOT, **settings: str) -> None:
        port = settings.get("PORT") or str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        self.database_url, self._root = database_url, root
        self._log = instance / f"server-{port}.log"
        given = {"INSTANCE": str(instance), "DATABASE_URL": database_url, "PORT": port, "WORKERS": "2"}
        given["SECRET_KEY"] = "a key that serves the tests alone"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
        self.environment = kept | {f"LATCHKEY_{name}": value for name, value in (given | settings).items()}

    def __enter__(self) -> "Server":
        with self._log.open("a") as log, open(self.stderr or self._log, "a") as errors:
            self.process = subprocess.Popen(
                self.command or COMMAND, cwd=self._root, env=self.environment, stdout=log, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to finish, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def connect(self, wait: float = 20) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname, address.port), timeout=wait)

    def talk(self, sent: bytes) -> bytes:
        """Send raw bytes and read until the server is done."""
        with self.connect() as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        """One request on a connection of its own; the answer's `text` is its body."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.text = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def database(self) -> db.Database:
        """The server's database, for a look behind its back; to be closed."""
        return db.connect(self.database_url, key=blind_index_key(self.environment["LATCHKEY_SECRET_KEY"]))

    @property
    def log(self) -> str:
        return self._log.read_text()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"no answer within 30 seconds\n{self.log}")


def free_port() -> int:
    """A free port below the range of outgoing connections, which could take it before the server does."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
