"""The sample configuration in front of the real server: a Debian nginx with TLS, as people reach it."""

import http.client
import itertools
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import TOKEN
from tests.fixtures import PASSWORD, database_url
from tests.programs import nginx
from tests.screens import become, heading, press, somebody
from tests.server import QUICK, ROOT, Server, free_port
from webapp.commands.serve import HEADER_MILLISECONDS
from webapp.config import MOST_BODY_BYTES
from webapp.mail.messages import LINKS

SAMPLE = (ROOT / "deploy/nginx.conf").read_text()
CADDYFILE = (ROOT / "deploy/Caddyfile").read_text()
# Whatever the machine's own nginx.conf says; a single process, which needs no other user to run as.
AROUND = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/latchkey.conf;
}}
"""
# Only a master reads its configuration anew as in production: by a new worker.
WITH_WORKER = f"worker_processes 1; {'user root;' if os.geteuid() == 0 else ''}"
SECOND = "# server 127.0.0.1:8001 max_fails=0;"
# Not where the proxy itself would seem to come from.
OUR_ADDRESS = "127.0.0.2"
PEOPLE = 4
FORM = "application/x-www-form-urlencoded"


class Front:
    """An nginx with the sample configuration, in front of whatever listens at port `behind`.

    With `has_second` the line for a second server is in use, which listens at port `second`.
    """

    def __init__(self, folder: Path, has_second: bool = False) -> None:
        self._folder, self._has_second = folder, has_second
        self.behind, self.second = free_port(), free_port()
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> "Front":
        self._make_certificate()
        (self._folder / "latchkey.conf").write_text(self._filled_in())
        around = AROUND.replace("master_process off;", WITH_WORKER) if self._has_second else AROUND
        (self._folder / "nginx.conf").write_text(around.format(folder=self._folder))
        command = [nginx() or "nginx", "-e", "stderr", "-p", str(self._folder), "-c", f"{self._folder}/nginx.conf"]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
        assert tried.returncode == 0, tried.stderr
        with (self._folder / "nginx.log").open("w") as log:
            self._process = subprocess.Popen(command, stderr=log, start_new_session=True)
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        """From OUR_ADDRESS, by somebody who looks at the certificate."""
        return _answer(self.connection(OUR_ADDRESS), method, path, body, **headers)

    def connection(self, address: str) -> http.client.HTTPSConnection:
        """One that comes from this address."""
        trust = ssl.create_default_context(cafile=f"{self._folder}/certificate.pem")
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=60, context=trust, source_address=(address, 0)
        )

    def leave_out(self, *ports: int) -> None:
        """Send nothing more to the servers at these ports, and wait until nothing is under way by the old rule."""
        text, before = self._filled_in(), self._workers()
        for port in ports:
            text = text.replace(f":{port} max_fails=0;", f":{port} max_fails=0 down;")
        (self._folder / "latchkey.conf").write_text(text)
        self._process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while (now := self._workers()) & before or not now:
            assert time.monotonic() < deadline, (self._folder / "nginx.log").read_text()
            time.sleep(0.01)

    def _workers(self) -> set[str]:
        return set(Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split())

    def access_log(self) -> str:
        return (self._folder / "access.log").read_text()

    def shakes_hands(self, version: ssl.TLSVersion, ciphers: str) -> bool:
        """Whether it accepts a client that speaks this TLS alone, with these ciphers of OpenSSL's up to TLS 1.2."""
        context = ssl.create_default_context(cafile=f"{self._folder}/certificate.pem")
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        try:
            with connection, context.wrap_socket(connection, server_hostname="127.0.0.1"):
                return True
        except ssl.SSLError:
            return False

    def ask_plainly(self, path: str) -> http.client.HTTPResponse:
        """Without TLS."""
        return _answer(http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=20), "GET", path)

    def _filled_in(self) -> str:
        text = SAMPLE
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen [::]:80;": "",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen [::]:443 ssl http2;": "",
            "/etc/letsencrypt/live/id.example.org/fullchain.pem": f"{self._folder}/certificate.pem",
            "/etc/letsencrypt/live/id.example.org/privkey.pem": f"{self._folder}/key.pem",
            "server_name id.example.org": "server_name 127.0.0.1",
            "/var/log/nginx/access.log": f"{self._folder}/access.log",
            "127.0.0.1:8000": f"127.0.0.1:{self.behind}",
            SECOND: SECOND.strip("# ").replace("8001", str(self.second)) if self._has_second else "",
        }.items():
            assert old in text
            text = text.replace(old, new)
        return text

    def _make_certificate(self) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-keyout", "key.pem", "-out", "certificate.pem", "-days", "1", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1"],
            cwd=self._folder, check=True, capture_output=True,
        )  # fmt: skip

    def _wait(self) -> None:
        for _ in range(300):
            assert self._process.poll() is None, (self._folder / "nginx.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("nginx does not listen within 30 seconds")


def _answer(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.text = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.fixture(scope="module")
def _nginx() -> None:
    """In CI it must be there, and the tests fail without it."""
    if not (nginx() and shutil.which("openssl")) and os.environ.get("CI") != "true":
        pytest.skip("nginx or openssl is not installed")


@pytest.fixture(scope="module")
def front(_nginx: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with _site(tmp_path_factory.mktemp("front")) as (front, _):
        yield front


@pytest.fixture
def site(_nginx: None, tmp_path: Path) -> Iterator[tuple[Front, Server]]:
    with _site(tmp_path) as site:
        yield site


@contextmanager
def _site(folder: Path) -> Iterator[tuple[Front, Server]]:
    """Both servers, told of each other as docs/operating.md says."""
    front = Front(folder)
    settings = {"PORT": str(front.behind), "PUBLIC_URL": front.url, "TRUSTED_PROXIES": "1"}
    with database_url(folder) as url, Server(folder, url, **settings) as server, front:
        yield front, server


def test_the_log_in_page_has_cookies_that_stay_with_this_host_and_https(front: Front) -> None:
    page = front.ask("GET", "/login")
    cookie = page.headers["Set-Cookie"]
    assert page.status == 200 and cookie.startswith("__Host-visitor=") and "; Secure" in cookie
    assert page.headers.get_all("Strict-Transport-Security") == ["max-age=63072000; includeSubDomains"]


@pytest.mark.parametrize("path", ["/login", "/metrics", "/nowhere"])
def test_no_port_names_a_version(front: Front, path: str) -> None:
    for answer in (front.ask("GET", path), front.ask_plainly(path)):
        assert answer.headers["Server"] == "nginx" and b"nginx/" not in answer.text


@pytest.mark.parametrize("ciphers", ["AES256-GCM-SHA384", "ALL:COMPLEMENTOFALL:!ECDHE"])
def test_a_cipher_without_forward_secrecy_is_refused(front: Front, ciphers: str) -> None:
    """With a key of RSA, which alone can do without."""
    assert not front.shakes_hands(ssl.TLSVersion.TLSv1_2, ciphers)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_one_with_it_is_taken(front: Front, version: ssl.TLSVersion) -> None:
    assert front.shakes_hands(version, "ECDHE-RSA-AES128-GCM-SHA256")
    assert front.shakes_hands(version, "ECDHE-RSA-CHACHA20-POLY1305")


def test_somebody_signs_up_and_logs_in_over_http_2(front: Front, real_browser: Browser) -> None:
    context = real_browser.new_context(base_url=front.url, ignore_https_errors=True)
    page = become(context.new_page(), somebody(), "/dashboard")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    cookies = {cookie["name"]: cookie["secure"] for cookie in context.cookies()}
    assert cookies["__Host-session"] is True
    page.goto("/logout")
    press(page, "Log out")
    expect(heading(page)).to_have_text("Log in")
    context.close()


def test_pages_are_compressed_by_latchkey_alone(front: Front) -> None:
    assert front.ask("GET", "/login", Accept_Encoding="gzip").headers.get_all("Content-Encoding") == ["gzip"]


def test_events_tell_the_clients_address_whatever_it_makes_up(site: tuple[Front, Server]) -> None:
    front, server = site
    page = front.ask("GET", "/login")
    token = TOKEN.search(page.text.decode())
    assert token is not None
    fields = {"csrf_token": token[1], "email": "alice@example.com", "password": "correct horse battery"}
    made_up = {"X_Forwarded_For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X_Forwarded_Proto": "http"}
    answer = front.ask(
        "POST", "/login", urlencode(fields).encode(), Content_Type=FORM,
        Cookie=page.headers["Set-Cookie"].split(";")[0], **made_up,
    )  # fmt: skip
    assert answer.status == 422 and b"Invalid credentials." in answer.text
    with closing(server.database()) as db:
        assert db.all("SELECT kind, address FROM events") == [("login_failed", OUR_ADDRESS)]


def test_a_body_that_is_too_large_is_refused_and_one_that_just_fits_is_not(front: Front) -> None:
    assert front.ask("POST", "/login", b"a" * 70_000, Content_Type=FORM).status == 413
    assert front.ask("POST", "/login", b"a" * MOST_BODY_BYTES, Content_Type=FORM).status == 422


def test_the_access_log_has_no_token_of_a_mailed_link(front: Front) -> None:
    token = "x" * 43
    for way in LINKS.values():
        front.ask("GET", f"/{way}/{token}?next=/account")
    front.ask_plainly(f"/reset/{token}")
    assert front.ask("GET", "/reset/sent").status == 404
    logged = front.access_log()
    for odd in (f"//reset/{token}", f"/reset//{token}", f"/%72eset/{token}", f"/reset/%78{token[1:]}"):
        front.ask("GET", odd)
    assert token[1:] not in front.access_log()
    assert token not in logged and '"GET /login/link/... HTTP/1.1" 404' in logged and "/reset/..." in logged


@pytest.mark.parametrize("path", ["/metrics", "/%6detrics", "//metrics", "/./metrics", "/metrics?all"])
def test_the_numbers_are_not_passed_on(front: Front, path: str) -> None:
    answer = front.ask("GET", path)
    assert answer.status == 404 and b"<center>nginx</center>" in answer.text


@pytest.mark.parametrize("headers", [{}, {"HX_Request": "true", "HX_Current_URL": f"/?{'%25' * 2500}"}])
@pytest.mark.parametrize(
    "path",
    [
        f"/dashboard?{'%25' * 1000}",
        f"/account//activity?{'a' * 8000}",
        f"/account/sessions/{'%25' * 2600}",
        f"/logout?{'%25' * 2600}",
        f"/confirm?next=/{'%25' * 2600}",
        f"/login?next=/{'%25' * 2600}",
        f"/{'%25' * 2600}",
    ],
)
def test_a_long_address_is_never_a_bare_502(front: Front, path: str, headers: dict[str, str]) -> None:
    answer = front.ask("GET", path, **headers)
    assert answer.status in {200, 204, 303, 308, 401, 404}
    assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 4096


@pytest.mark.usefixtures("_nginx")
def test_headers_have_room_for_a_cookie_as_large_as_a_browser_takes(tmp_path: Path) -> None:
    front = Front(tmp_path)
    with _answering(front.behind, f"Set-Cookie: visitor={'a' * 4096}\r\nX-Other: {'a' * 8000}"), front:
        assert front.ask("GET", "/login").status == 200


@contextmanager
def _answering(port: int, headers: str) -> Iterator[None]:
    """A server that gives the first who comes an empty answer with these headers."""

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{headers}\r\n\r\n".encode())

    with socket.create_server(("127.0.0.1", port)) as listener, ThreadPoolExecutor(1) as thread:
        listener.settimeout(20)
        thread.submit(answer)
        yield


@pytest.mark.usefixtures("_nginx")
@pytest.mark.parametrize(("method", "status", "reached"), [("GET", 200, 2), ("HEAD", 200, 2), ("POST", 502, 1)])
def test_what_reached_a_server_that_broke_off_is_sent_again_unless_it_is_a_form(
    tmp_path: Path, method: str, status: int, reached: int
) -> None:
    front = Front(tmp_path, has_second=True)
    with _breaking_off_once(front.behind, front.second) as seen, front:
        assert front.ask(method, "/login", b"a=b" if method == "POST" else None).status == status
        assert len(seen) == reached


@contextmanager
def _breaking_off_once(*ports: int) -> Iterator[list[bytes]]:
    """Servers of which the first that is asked hangs up without an answer; gives what each request began with."""
    seen: list[bytes] = []

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            seen.append(self.request.recv(65536))
            if len(seen) > 1:
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with ThreadPoolExecutor(len(ports)) as threads, ExitStack() as stack:
        for port in ports:
            listener = stack.enter_context(TCPServer(("127.0.0.1", port), Handler))
            threads.submit(listener.serve_forever, 0.01)
            stack.callback(listener.shutdown)
        yield seen


@pytest.mark.usefixtures("_nginx")
def test_a_static_file_that_one_server_lacks_comes_from_the_other(tmp_path: Path) -> None:
    """While two versions run, each with an instance folder of its own."""
    name = "css/new.0123456789ab.css"
    with _two_servers(tmp_path) as (front, _, second):
        (tmp_path / "second/static" / name).write_text("p {}")
        answers = [front.ask("GET", f"/static/{name}") for _ in range(10)]
        assert {(answer.status, answer.text) for answer in answers} == {(200, b"p {}")}
        assert {front.ask("GET", f"/static/{name}.not").status for _ in range(4)} == {404}
        assert second.ask("GET", f"/static/{name}").status == 200


@pytest.mark.usefixtures("_nginx")
def test_no_request_is_lost_while_one_server_after_the_other_is_replaced(tmp_path: Path) -> None:
    """As docs/operating.md has it: nginx leaves out the server that is about to stop."""
    with _two_servers(tmp_path) as (front, *servers), _stream(front) as stream:
        for server, port in zip(servers, (front.behind, front.second), strict=True):
            stream.wait()
            front.leave_out(port)
            server.stop()
            stream.wait()
            server.__enter__()
            front.leave_out()
        stream.wait()
        assert _missing(stream, servers[0]) == set()
    assert stream.lost == [] and set(stream.answers) == {200, 303}


@pytest.mark.usefixtures("_nginx")
def test_no_page_is_lost_when_a_server_stops_unannounced_and_the_other_soon_after(tmp_path: Path) -> None:
    """A form that reaches the server in the moment of its stop may be: it is not sent to the other one."""
    with _two_servers(tmp_path) as (front, *servers), _stream(front) as stream:
        for server in servers:
            stream.wait()
            server.stop()
            stream.wait()
            server.__enter__()
        stream.wait()
        assert _missing(stream, servers[0]) == set()
    assert [lost for lost in stream.lost if lost != "POST /signup: 502"] == []
    # Of each stop no more than what was under way.
    assert len(stream.lost) <= 2 * PEOPLE


@contextmanager
def _two_servers(folder: Path) -> Iterator[tuple[Front, Server, Server]]:
    """Both on one database, each with an instance folder of its own."""
    front = Front(folder, has_second=True)
    settings = {"PUBLIC_URL": front.url, "TRUSTED_PROXIES": "1", "WORKERS": "1"}
    with database_url(folder) as url, ExitStack() as running:
        servers = []
        for name, port in (("first", front.behind), ("second", front.second)):
            (folder / name).mkdir()
            server = Server(folder / name, url, PORT=str(port), **settings)
            server.command = QUICK
            servers.append(running.enter_context(server))
        yield running.enter_context(front), servers[0], servers[1]


def _missing(stream: "_Stream", server: Server) -> set[str]:
    """Those who were welcomed, and are not in the database."""
    welcomed = {*stream.welcomed}
    with closing(server.database()) as db:
        return welcomed - {email for (email,) in db.all("SELECT email FROM users")}


class _Stream:
    """People who open a form and sign up by it, each request on a connection of its own.

    `lost` tells of each request without a good answer, `welcomed` of the addresses that were signed up.
    """

    def __init__(self, front: Front) -> None:
        self._front, self.is_over = front, threading.Event()
        self.answers, self.lost, self.welcomed = Counter[int](), list[str](), list[str]()

    def flow(self, number: int) -> None:
        for count in itertools.count():
            if self.is_over.is_set():
                return
            # Few may sign up from one address.
            self._sign_up(f"127.1.{number}.{count // 10 + 1}", f"n{number}x{count}")

    def wait(self, requests: int = 60) -> None:
        """Wait until so many more were answered."""
        aim, deadline = self.answers.total() + requests, time.monotonic() + 120
        while self.answers.total() < aim:
            assert time.monotonic() < deadline, self.answers
            time.sleep(0.01)

    def _sign_up(self, address: str, name: str) -> None:
        page = self._ask(address, "GET")
        token = TOKEN.search(page.text.decode()) if page else None
        if page and token:
            email = f"{name}@example.com"
            fields = {"csrf_token": token[1], "username": name, "email": email, "password": PASSWORD}
            headers = {"Cookie": page.headers["Set-Cookie"].split(";")[0], "Content-Type": FORM}
            answer = self._ask(address, "POST", urlencode(fields).encode(), **headers)
            self.welcomed += [email] if answer and answer.status == 303 else []

    def _ask(
        self, address: str, method: str, body: bytes | None = None, **headers: str
    ) -> http.client.HTTPResponse | None:
        try:
            answer = _answer(self._front.connection(address), method, "/signup", body, **headers)
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(f"{method} /signup: {error!r}")
            return None
        self.answers[answer.status] += 1
        if answer.status >= 400:
            self.lost.append(f"{method} /signup: {answer.status}")
        return answer


@contextmanager
def _stream(front: Front) -> Iterator[_Stream]:
    stream = _Stream(front)
    with ThreadPoolExecutor(PEOPLE) as people:
        flows = [people.submit(stream.flow, number) for number in range(PEOPLE)]
        try:
            yield stream
        finally:
            stream.is_over.set()
    for flow in flows:
        flow.result()


def test_http_leads_to_https(front: Front) -> None:
    answer = front.ask_plainly("/login?next=/account")
    assert (answer.status, answer.headers["Location"]) == (301, "https://127.0.0.1/login?next=/account")


def test_while_latchkey_is_stopped_there_is_a_page_that_says_so(site: tuple[Front, Server]) -> None:
    front, server = site
    assert front.ask("GET", "/login").status == 200
    server.stop()
    answer = front.ask("GET", "/login")
    assert answer.status == 502 and b"<h1>502 Bad Gateway</h1>" in answer.text


@pytest.mark.parametrize("pattern", [r"upstream.*?keepalive_timeout (\d+)s;", r"keepalive (\d+)s\n"])
def test_the_proxy_hangs_up_first(pattern: str) -> None:
    """On a connection that Latchkey closes at that moment a form would be lost."""
    found = re.search(pattern, SAMPLE + CADDYFILE, re.DOTALL)
    assert found is not None and int(found[1]) <= HEADER_MILLISECONDS / 1000 / 2


def test_the_limit_is_latchkeys() -> None:
    assert f"client_max_body_size {MOST_BODY_BYTES // 1024}k;" in SAMPLE
    assert f"client_body_buffer_size {MOST_BODY_BYTES // 1024}k;" in SAMPLE
