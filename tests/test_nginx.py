"""The sample configuration in front of the real server: a Debian nginx with TLS, as people reach it."""

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import TOKEN
from tests.fixtures import database_url
from tests.programs import nginx
from tests.screens import become, heading, press, somebody
from tests.server import ROOT, Server, free_port
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
# Not where the proxy itself would seem to come from.
OUR_ADDRESS = "127.0.0.2"


class Front:
    """An nginx with the sample configuration, in front of whatever listens at port `behind`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.behind = folder, free_port()
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> "Front":
        self._make_certificate()
        (self._folder / "latchkey.conf").write_text(self._filled_in())
        (self._folder / "nginx.conf").write_text(AROUND.format(folder=self._folder))
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
        trust = ssl.create_default_context(cafile=f"{self._folder}/certificate.pem")
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=trust, source_address=(OUR_ADDRESS, 0)
        )
        return _answer(connection, method, path, body, **headers)

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
        "POST", "/login", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded",
        Cookie=page.headers["Set-Cookie"].split(";")[0], **made_up,
    )  # fmt: skip
    assert answer.status == 422 and b"Invalid credentials." in answer.text
    with closing(server.database()) as db:
        assert db.all("SELECT kind, address FROM events") == [("login_failed", OUR_ADDRESS)]


def test_a_body_that_is_too_large_is_refused_and_one_that_just_fits_is_not(front: Front) -> None:
    form = "application/x-www-form-urlencoded"
    assert front.ask("POST", "/login", b"a" * 70_000, Content_Type=form).status == 413
    assert front.ask("POST", "/login", b"a" * MOST_BODY_BYTES, Content_Type=form).status == 422


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
