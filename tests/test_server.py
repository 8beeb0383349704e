"""The real server: its front door, its static files, its start and its end."""

import gzip
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import brotli
import pytest

from db import users
from tests.browser import TOKEN
from tests.server import COMMAND, QUICK, ROOT, Server
from webapp.accounts import people, roles, sessions
from webapp.accounts.actor import COMMAND_LINE, Actor


def test_it_says_where_it_is_and_how_to_make_the_first_admin(server: Server) -> None:
    assert f"Latchkey is at {server.url}" in server.log
    assert "./just admin YOUR@EMAIL.ADDRESS" in server.log


def test_the_server_names_no_version(server: Server) -> None:
    assert server.ask("GET", "/login").headers["Server"] == "granian"


@pytest.mark.parametrize("name", ["css/site.css", "app.js", "waiting.js", "htmx-4.0.1.min.js"])
def test_static_files_are_kept_for_good_under_the_name_of_their_content(server: Server, name: str) -> None:
    page = server.ask("GET", "/login").text.decode()
    stem, _, ending = name.rpartition(".")
    address = re.search(rf'"(/static/{re.escape(stem)}\.[0-9a-f]{{12}}\.{ending})"', page)
    assert address is not None
    answer = server.ask("GET", address[1], Accept_Encoding="gzip")
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(answer.text)
    assert "Content-Security-Policy" in answer.headers and answer.headers["X-Content-Type-Options"] == "nosniff"


def test_browsers_over_https_get_static_files_by_brotli(server: Server) -> None:
    address = re.search(r"/static/app\.[0-9a-f]{12}\.js", server.ask("GET", "/login").text.decode())
    assert address is not None
    answer = server.ask("GET", address[0], Accept_Encoding="gzip, deflate, br, zstd")
    assert answer.headers["Content-Encoding"] == "br" and brotli.decompress(answer.text)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 24_000), ("/login", 24_000), ("/signup", 24_000), ("/dashboard", 40_000), ("/admin", 40_000)],
)
def test_the_first_load_of_a_page_is_small(server: Server, path: str, most: int) -> None:
    cookie = {"Cookie": f"session={token_of_an_admin(server)}"} if most > 24_000 else {}
    # Where passkeys work.
    here = server.url.removeprefix("http://").replace("127.0.0.1", "localhost")
    page = server.ask("GET", path, Host=here, Accept_Encoding="gzip", **cookie)
    assert page.status == 200
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(page.text).decode()))
    files = {name for name in files if "apple-touch" not in name}
    assert any("passkeys" in name for name in files) == (path == "/login")
    total = len(page.text) + sum(len(server.ask("GET", name, Accept_Encoding="gzip").text) for name in files)
    assert total <= most, total


def token_of_an_admin(server: Server) -> str:
    """Of a session that this server knows, with a name of its own in each test."""
    name = uuid4().hex[:12]
    with closing(server.database()) as db:
        users.add(db, name, email := f"{name}@example.com", "no hash")
        roles.give(db, COMMAND_LINE, people.by_email(db, email), "admin")
        return sessions.start(db, Actor("127.0.0.1", "Firefox on Windows"), people.by_email(db, email), remember=False)


def test_head_answers_as_get_without_the_body(server: Server) -> None:
    answer = server.ask("HEAD", "/login")
    assert (answer.status, answer.text) == (200, b"") and int(answer.headers["Content-Length"]) > 1000


@pytest.mark.parametrize("times", [0, 3], ids=["SIGTERM", "Ctrl+C pressed three times"])
def test_a_stop_lets_what_is_under_way_finish(start_server: Callable[..., Server], times: int) -> None:
    server = start_server(WORKERS="1")
    page = server.ask("GET", "/signup")
    token = TOKEN.search(page.text.decode())
    assert token is not None
    fields = {"username": "alice", "email": "alice@example.com", "password": "correct horse battery"}
    body = urlencode(fields | {"csrf_token": token[1]}).encode()
    head = f"""POST /signup HTTP/1.1
Host: localhost
Cookie: {page.headers["Set-Cookie"].split(";")[0]}
Content-Type: application/x-www-form-urlencoded
Content-Length: {len(body)}
Expect: 100-continue

"""
    with server.connect() as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for _ in range(times):
            # A terminal sends it to all processes, the main one and the workers.
            os.killpg(server.process.pid, signal.SIGINT)
            time.sleep(0.1)
        if not times:
            server.process.send_signal(signal.SIGTERM)
        _wait_until_nobody_listens(server)
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 303 ")
    server.stop()
    assert server.process.returncode == (130 if times else 0)


def _wait_until_nobody_listens(server: Server) -> None:
    deadline = time.monotonic() + 30
    with suppress(ConnectionError):
        while time.monotonic() < deadline:
            server.connect().close()
        pytest.fail("it still listens after half a minute")


def test_a_stop_while_it_starts_kills_no_worker(tmp_path: Path) -> None:
    """One that took no notice would hold the stop up for as long as a request may take to finish."""
    environment = Server(tmp_path, "").environment
    with subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 30
        while not children.read_text():
            assert process.poll() is None and time.monotonic() < deadline
        process.terminate()
        assert process.communicate(timeout=30)[1] == ""


def test_a_worker_leaves_when_the_main_process_was_killed(start_server: Callable[..., Server]) -> None:
    server = start_server(WORKERS="1")
    server.process.kill()
    server.process.wait()
    for _ in range(100):
        try:
            server.ask("GET", "/healthz")
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("it still answers after ten seconds")


def test_an_address_that_is_in_use_is_told(server: Server) -> None:
    again = subprocess.run(COMMAND, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=30)
    assert again.returncode == 1
    assert again.stderr.startswith("Error: LATCHKEY_PORT is ") and "Address already in use" in again.stderr


@pytest.mark.usefixtures("processes")
def test_an_address_of_another_machine_is_no_matter_of_the_port(tmp_path: Path) -> None:
    server = Server(tmp_path, f"sqlite:///{tmp_path}/latchkey.db", HOST="203.0.113.9", INSECURE="1")
    started = subprocess.run(QUICK, cwd=ROOT, env=server.environment, capture_output=True, text=True)
    assert started.stderr.endswith("Error: LATCHKEY_HOST is 203.0.113.9, which is no address of this machine\n")


def test_two_server_processes_are_one(server: Server) -> None:
    """What one worker set up, the other knows: forms and sessions are not tied to a process."""
    page = server.ask("GET", "/login")
    cookie = page.headers["Set-Cookie"].split(";")[0]
    token = TOKEN.search(page.text.decode())
    assert token is not None
    body = urlencode({"csrf_token": token[1], "email": "", "password": ""}).encode()
    form = "application/x-www-form-urlencoded"
    for _ in range(20):
        answer = server.ask("POST", "/login", body, Cookie=cookie, Content_Type=form)
        assert answer.status == 422 and b"open for too long" not in answer.text
