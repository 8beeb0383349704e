"""The sample Caddyfile in front of the real server: a Debian Caddy, by the variables that a container gives it."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser import TOKEN
from tests.fixtures import database_url
from tests.programs import caddy
from tests.server import ROOT, Server, free_port

CADDYFILE = ROOT / "deploy/Caddyfile"
# Not where the proxy itself would seem to come from.
OUR_ADDRESS = "127.0.0.2"


class Front:
    """A Caddy that speaks HTTP: for HTTPS it would ask somebody for a certificate."""

    def __init__(self, folder: Path, behind: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {
            "SITE": self.url,
            "UPSTREAM": f"127.0.0.1:{behind}",
            "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "HOME": str(folder),
        }
        self._log = folder / "caddy.log"

    def __enter__(self) -> "Front":
        command = [caddy() or "caddy", "run", "--adapter", "caddyfile", "--config", CADDYFILE]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, env=self._environment, stderr=log, start_new_session=True)
        for _ in range(300):
            assert self._process.poll() is None, self._log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise AssertionError("Caddy does not listen within 30 seconds")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> http.client.HTTPResponse:
        """Ask from OUR_ADDRESS; the answer's `text` is its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(OUR_ADDRESS, 0))
        connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        connection.close()
        return answer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, Server]]:
    """In CI Caddy must be there, and the tests fail without it."""
    if not caddy() and os.environ.get("CI") != "true":
        pytest.skip("Caddy is not installed")
    folder = tmp_path_factory.mktemp("caddy")
    front = Front(folder, port := free_port())
    settings = {"PORT": str(port), "PUBLIC_URL": front.url, "TRUSTED_PROXIES": "1"}
    with database_url(folder) as url, Server(folder, url, **settings) as server, front:
        yield front, server


def test_events_tell_the_clients_address_whatever_it_makes_up(site: tuple[Front, Server]) -> None:
    front, server = site
    page = front.ask("GET", "/login")
    token = TOKEN.search(page.text)
    assert token is not None
    fields = {"csrf_token": token[1], "email": "alice@example.com", "password": "correct horse battery"}
    answer = front.ask(
        "POST", "/login", urlencode(fields), Content_Type="application/x-www-form-urlencoded",
        Cookie=page.headers["Set-Cookie"].split(";")[0], X_Forwarded_For="6.6.6.6", Forwarded="for=6.6.6.6",
    )  # fmt: skip
    assert answer.status == 422 and "Invalid credentials." in answer.text
    with closing(server.database()) as db:
        assert db.all("SELECT kind, address FROM events") == [("login_failed", OUR_ADDRESS)]


def test_the_numbers_are_not_passed_on(site: tuple[Front, Server]) -> None:
    answer = site[0].ask("GET", "/metrics")
    assert (answer.status, answer.text) == (404, "")


def test_a_request_has_the_id_that_caddy_gave_it(site: tuple[Front, Server]) -> None:
    assert len(site[0].ask("GET", "/login", X_Request_ID="made-up").headers["X-Request-ID"]) == 36


def test_what_is_too_large_is_refused_with_a_page(site: tuple[Front, Server]) -> None:
    answer = site[0].ask("POST", "/login", "a" * 70_000, Content_Type="application/x-www-form-urlencoded")
    assert answer.status == 413 and "<h1" in answer.text


def test_without_variables_it_is_for_a_server_on_the_same_machine(site: tuple[Front, Server]) -> None:
    adapted = subprocess.run(
        [caddy() or "caddy", "adapt", "--adapter", "caddyfile", "--config", CADDYFILE], capture_output=True, text=True
    )
    assert '"host":["id.example.org"]' in adapted.stdout and '"dial":"127.0.0.1:8000"' in adapted.stdout
