"""The real server: its front door, its static files, its start and its end."""

import gzip
import http.client
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import pytest

from tests.server import COMMAND, ROOT, Server
from webapp import asgi


def _ask(server: Server, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.text = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def _talk(server: Server, sent: bytes, wait: float = 20) -> bytes:
    """Send raw bytes and read until the server is done."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=wait) as connection:
        connection.sendall(sent)
        heard = b""
        while piece := connection.recv(65536):
            heard += piece
        return heard


def test_it_says_where_it_is_and_how_to_make_the_first_admin(server: Server) -> None:
    assert f"Latchkey is at {server.url}" in server.log
    assert "just admin YOUR@EMAIL.ADDRESS" in server.log


def test_the_server_names_no_version(server: Server) -> None:
    assert _ask(server, "GET", "/login").headers["Server"] == "granian"


@pytest.mark.parametrize("name", ["app.css", "app.js", "htmx-4.0.1.min.js"])
def test_static_files_are_kept_for_good_under_the_name_of_their_content(server: Server, name: str) -> None:
    page = _ask(server, "GET", "/login").text.decode()
    stem, _, ending = name.rpartition(".")
    address = re.search(rf'"(/static/{re.escape(stem)}\.[0-9a-f]{{12}}\.{ending})"', page)
    assert address is not None
    answer = _ask(server, "GET", address[1], Accept_Encoding="gzip")
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(answer.text)
    assert "Content-Security-Policy" in answer.headers and answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_first_load_of_the_log_in_page_is_small(server: Server) -> None:
    page = _ask(server, "GET", "/login", Accept_Encoding="gzip")
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(page.text).decode()))
    files = {name for name in files if "apple-touch" not in name}
    total = len(page.text) + sum(len(_ask(server, "GET", name, Accept_Encoding="gzip").text) for name in files)
    assert total <= 24_000


def test_head_answers_as_get_without_the_body(server: Server) -> None:
    answer = _ask(server, "HEAD", "/login")
    assert (answer.status, answer.text) == (200, b"") and int(answer.headers["Content-Length"]) > 1000


@pytest.mark.parametrize("size", [65 * 1024, 900 * 1024, 64 * 1024 * 1024])
def test_a_body_that_is_too_large_is_refused_in_our_look(server: Server, size: int) -> None:
    answer = _ask(server, "POST", "/login", b"a" * size, Content_Type="application/x-www-form-urlencoded")
    assert answer.status == 413 and b"<h1>Too large</h1>" in answer.text


def test_whoever_asks_before_sending_too_much_is_refused_at_once(server: Server) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n"
    assert _talk(server, head + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 413")


def test_a_chunked_body_is_bounded_too(server: Server) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = b"10000\r\n" + b"a" * 65536 + b"\r\n1\r\na\r\n0\r\n\r\n"
    assert _talk(server, head + body).startswith(b"HTTP/1.1 413")


def test_a_chunked_form_is_read(server: Server) -> None:
    head = b"POST /signup/email HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    assert b"name@example.com." in _talk(server, head + kind + b"7\r\nemail=x\r\n0\r\n\r\n")


def test_a_body_that_drips_is_cut_off_after_ten_seconds_in_total(server: Server) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
    address, began = urlsplit(server.url), time.monotonic()
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head)
        connection.settimeout(0.5)
        heard = b""
        while not heard and time.monotonic() - began < 15:
            connection.sendall(b"a")
            try:
                heard = connection.recv(65536)
            except TimeoutError:
                continue
    assert heard.startswith(b"HTTP/1.1 408") and b"Too slow" in heard
    assert asgi.BODY_SECONDS - 1 < time.monotonic() - began < asgi.BODY_SECONDS + 3


def test_slow_clients_keep_nobody_else_waiting(server: Server) -> None:
    address = urlsplit(server.url)
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\na"
    slow = [socket.create_connection((address.hostname, address.port)) for _ in range(200)]
    for number, connection in enumerate(slow):
        connection.sendall(head if number % 2 else b"GET /login HTTP/1.1\r\nHost: loc")
    assert _ask(server, "GET", "/login").status == 200
    for connection in slow:
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n", 404),
        (b"GET /login?next=%ff HTTP/1.1\r\nHost: localhost\r\n", 200),
        (b"GET /login?next=\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n", 200),
        (b"GET /login HTTP/1.1\r\nHost: evil.example\r\n", 400),
        (b"GET /login HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400),
        (b"GET /login HTTP/1.1\r\nHost: localhost\r\nCookie: session=\xff\xfe\r\n", 200),
        (b"GET /login HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nCookie: visitor=\x80\r\n", 200),
        (b"BREW /login HTTP/1.1\r\nHost: localhost\r\n", 405),
        (b"TRACE /login HTTP/1.1\r\nHost: localhost\r\n", 405),
        (b"GET /login HTTP/1.1\r\nHost: localhost\r\nX_Forwarded_For: 1.2.3.4\r\n", 200),
        (b"GET http://localhost/login HTTP/1.1\r\nHost: localhost\r\n", 200),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n", 404),
    ],
)
def test_strange_requests_get_an_answer(server: Server, sent: bytes, status: int) -> None:
    heard = _talk(server, sent + b"Connection: close\r\n\r\n")
    assert heard.startswith(f"HTTP/1.1 {status}".encode()), heard[:200]


def test_a_stop_lets_what_is_under_way_finish(start_server: Callable[..., Server]) -> None:
    server = start_server(WORKERS="1")
    page = _ask(server, "GET", "/signup")
    token = re.search(rb'csrf_token" value="([0-9a-f]+)"', page.text)
    assert token is not None
    fields = {"username": "alice", "email": "alice@example.com", "password": "correct horse battery"}
    body = urlencode(fields | {"csrf_token": token[1].decode()}).encode()
    cookie = page.headers["Set-Cookie"].split(";")[0]
    answers: list[http.client.HTTPResponse] = []
    form = "application/x-www-form-urlencoded"
    sender = threading.Thread(
        target=lambda: answers.append(_ask(server, "POST", "/signup", body, Cookie=cookie, Content_Type=form))
    )
    sender.start()
    time.sleep(0.05)
    server.process.send_signal(signal.SIGTERM)
    sender.join()
    server.stop()
    assert [answer.status for answer in answers] == [303]
    assert server.process.returncode == 0


def test_a_worker_leaves_when_the_main_process_was_killed(start_server: Callable[..., Server]) -> None:
    server = start_server(WORKERS="1")
    server.process.kill()
    server.process.wait()
    for _ in range(100):
        try:
            _ask(server, "GET", "/healthz")
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("it still answers after ten seconds")


def test_an_address_that_is_in_use_is_told(server: Server) -> None:
    again = subprocess.run(COMMAND, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=30)
    assert again.returncode == 1
    assert again.stderr.startswith("Error: LATCHKEY_PORT is ") and "Address already in use" in again.stderr


def test_two_server_processes_are_one(server: Server) -> None:
    """What one worker set up, the other knows: forms and sessions are not tied to a process."""
    page = _ask(server, "GET", "/login")
    cookie = page.headers["Set-Cookie"].split(";")[0]
    token = re.search(rb'csrf_token" value="([0-9a-f]+)"', page.text)
    assert token is not None
    body = urlencode({"csrf_token": token[1].decode(), "email": "", "password": ""}).encode()
    form = "application/x-www-form-urlencoded"
    for _ in range(20):
        answer = _ask(server, "POST", "/login", body, Cookie=cookie, Content_Type=form)
        assert answer.status == 422 and b"open for too long" not in answer.text


def test_who_says_nothing_is_hung_up_on_after_ten_seconds(server: Server) -> None:
    address = urlsplit(server.url)
    began = time.monotonic()
    silent = [socket.create_connection((address.hostname, address.port), timeout=20) for _ in range(3)]
    silent[1].sendall(b"GET /login HTTP/1.1\r\nHost: loc")
    silent[2].sendall(b"PRI * HT")
    for connection in silent:
        assert connection.recv(100) == b""
        connection.close()
    assert 9 < time.monotonic() - began < 13


def test_headers_are_bounded_too(server: Server) -> None:
    head = b"GET /login HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"a" * 128 * 1024 + b"\r\n\r\n"
    assert _talk(server, head).startswith(b"HTTP/1.1 431")
