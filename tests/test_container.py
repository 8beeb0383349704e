"""The container: its steps make an image that runs as nobody in particular, on a root that it cannot write to."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser import TOKEN
from tests.container import CONTAINERFILE, Image, is_sent, steps
from tests.fixtures import PASSWORD
from tests.programs import NO_CONTAINER, may_make_containers
from tests.server import COMMAND, ROOT, free_port

SITE = "id.example.org"


class Container:
    """A server in an image, told of a proxy in front; `data` is its volume."""

    def __init__(self, image: Image, data: Path) -> None:
        self.image, self.data, self.port = image, data, free_port()
        self._settings = {
            "LATCHKEY_PUBLIC_URL": f"https://{SITE}",
            "LATCHKEY_TRUSTED_PROXIES": "1",
            "LATCHKEY_PORT": str(self.port),
            "LATCHKEY_WORKERS": "2",
        }
        with (data.parent / "log").open("w") as log:
            self.process = subprocess.Popen(self._inside(image.command), stdout=log, stderr=log, start_new_session=True)

    @property
    def log(self) -> str:
        return (self.data.parent / "log").read_text()

    def run(self, *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """As `docker exec` does it."""
        return subprocess.run(self._inside([*command]), input=typed, capture_output=True, text=True)

    def wait_until_healthy(self) -> None:
        for _ in range(100):
            assert self.process.poll() is None, self.log
            if self.run(*self.image.health).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(self.log)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> http.client.HTTPResponse:
        """As the proxy asks for a client; the answer's `text` is its body."""
        sent = {"Host": SITE, "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, sent | {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def send(self, path: str, cookies: dict[str, str], **fields: str) -> int:
        """Fill in the form at `path` and give the status; `cookies` are those of the browser."""
        page = self.ask("GET", path, Cookie=_header(cookies))
        token = TOKEN.search(page.text)
        assert token is not None
        _keep(page, cookies)
        body = urlencode(fields | {"csrf_token": token[1]})
        form = "application/x-www-form-urlencoded"
        answer = self.ask("POST", path, body, Cookie=_header(cookies), Content_Type=form)
        _keep(answer, cookies)
        return answer.status

    def first_process(self) -> int:
        """The number that the container's first process has outside of it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0])

    def stop(self) -> int:
        """As `docker stop` does it; the exit code."""
        with suppress(IndexError, FileNotFoundError):
            os.kill(self.first_process(), 15)
        return self.process.wait(timeout=30)

    def _inside(self, command: list[str]) -> list[str]:
        return self.image.inside(self.data, command, self._settings)


def _keep(answer: http.client.HTTPResponse, cookies: dict[str, str]) -> None:
    for header in answer.headers.get_all("Set-Cookie", []):
        name, _, value = header.partition(";")[0].partition("=")
        cookies[name] = value


def _header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """In CI it must be made, and the tests fail without it."""
    if not may_make_containers() and os.environ.get("CI") != "true":
        pytest.skip(NO_CONTAINER)
    folder = tmp_path_factory.mktemp("image")
    yield Image(folder)
    shutil.rmtree(folder)


@pytest.fixture
def container(image: Image, tmp_path: Path) -> Iterator[Container]:
    """A running one, with a volume that is as the image has it."""
    subprocess.run(["cp", "--archive", f"{image.root}{image.volume}", tmp_path / "data"], check=True)
    container = Container(image, tmp_path / "data")
    container.wait_until_healthy()
    yield container
    container.stop()


def test_somebody_signs_up_and_logs_in(container: Container) -> None:
    cookies: dict[str, str] = {}
    alice = {"email": "alice@example.com", "password": PASSWORD}
    assert container.send("/signup", cookies, username="alice", **alice) == 303
    assert container.send("/login", cookies, **alice) == 303
    page = container.ask("GET", "/dashboard", Cookie=_header(cookies))
    assert page.status == 200 and "Welcome back, alice!" in page.text
    assert "__Host-session" in cookies


def test_its_processes_are_one_users_that_may_write_to_the_volume_alone(container: Container) -> None:
    number = container.image.user.partition(":")[0]
    status = Path(f"/proc/{container.first_process()}/status").read_text()
    assert re.search(rf"^Uid:\s+{number}\s+{number}\s+{number}\s+{number}$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE) and re.search(r"^Groups:\s*$", status, re.MULTILINE)
    for folder in ("/", "/latchkey", "/latchkey/webapp", "/etc", "/var/tmp"):
        refused = container.run("touch", f"{folder}/written")
        assert "Read-only file system" in refused.stderr, folder
    assert container.run("touch", "/data/written", "/tmp/written").returncode == 0


def test_nothing_in_it_installs_or_builds_more(container: Container) -> None:
    assert "No module named pip" in container.run("python", "-m", "pip").stderr
    for program in ("pip", "pip3", "gcc", "cc", "make", "git"):
        assert container.run("which", program).returncode != 0, program


def test_what_it_does_not_need_is_not_in_it(container: Container) -> None:
    files = container.run("ls", "-A", "/latchkey").stdout.split()
    assert set(files) == {".venv", "db", "deploy", "install.py", "own", "requirements.lock.txt", "webapp"}
    assert container.run("ls", "-A", "/latchkey/deploy").stdout == "healthcheck.py\n"


def test_the_command_line_is_at_hand(container: Container) -> None:
    made = container.run("flask", "user", "promote", "--create", "alice@example.com", typed=f"{PASSWORD}\n")
    assert (made.returncode, made.stdout) == (0, "alice is an admin now, from the next page on.\n")
    assert container.run("flask", "--app", "webapp.backup", "backup", "/data/monday.db").returncode == 0
    assert (container.data / "monday.db").stat().st_mode & 0o777 == 0o600


def test_it_stops_in_good_order_and_is_no_longer_healthy(container: Container) -> None:
    assert container.run(*container.image.health).stdout == "ok"
    assert container.stop() == 0
    assert "WARNING" not in container.log and "Traceback" not in container.log
    refused = container.run(*container.image.health)
    assert refused.returncode == 1 and "Connection refused" in refused.stderr


def test_without_an_https_address_it_says_what_it_needs(image: Image, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    done = subprocess.run(image.inside(tmp_path / "data", image.command, {}), capture_output=True, text=True)
    assert done.returncode == 1 and "Error: LATCHKEY_HOST is 0.0.0.0, which other machines can reach" in done.stderr


def test_an_instruction_that_no_test_tries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ONBUILD is not known"):
        Image(tmp_path, "ONBUILD RUN true\n")


def test_it_starts_the_server_as_just_run_does() -> None:
    said = dict(steps(CONTAINERFILE))
    assert json.loads(said["CMD"]) == ["python", *COMMAND[1:]]
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", said["USER"])


def test_the_health_check_asks_with_the_name_of_the_site(start_server: Callable[..., object]) -> None:
    """A request to another Host is answered 400."""
    port = str(free_port())
    start_server(PORT=port, PUBLIC_URL=f"https://127.0.0.1:{port}")
    command = [sys.executable, ROOT / "deploy/healthcheck.py"]
    for url, code in ((f"https://127.0.0.1:{port}", 0), ("https://elsewhere.example.org", 1)):
        environment = os.environ | {"LATCHKEY_PORT": port, "LATCHKEY_PUBLIC_URL": url}
        assert subprocess.run(command, env=environment, capture_output=True).returncode == code


@pytest.mark.parametrize(
    "path",
    [
        "instance/latchkey.db", "instance/secret_key", ".git/config", ".venv/bin/python", "deploy/.env",
        "tests/browser.py", "webapp/__pycache__/asgi.pyc", "requirements-dev.txt",
    ],
)  # fmt: skip
def test_a_build_does_not_see_what_is_none_of_its_business(path: str) -> None:
    assert not is_sent(path)
