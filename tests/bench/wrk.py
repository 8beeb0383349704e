"""Drives wrk, which asks a server without pause over a number of connections."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from tests.bench import processes
from tests.bench.client import Client
from tests.bench.clock import NAME
from tests.bench.servers import FLOOD, Running
from tests.programs import apt_install

HERE = Path(__file__).parent
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


class Figures(NamedTuple):
    """`number` of pages, `rate` of them a second; `p50` and `p99` in ms are 0 where there was none.

    `cpu` is what the server's processes took of the processors for a page, in µs.
    """

    number: int
    rate: float
    p50: float
    p99: float
    cpu: float = 0


def pages(running: Running, seconds: float, connections: int, path: str = "/dashboard") -> Figures:
    """How fast a logged-in person gets this page."""
    command = _command(running.url + path, seconds, connections, running.ada.cookie)
    before = processes.cpu_seconds(running.process)
    figures = read(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    spent = processes.cpu_seconds(running.process) - before
    return figures._replace(cpu=spent * 1e6 / figures.number if figures.number else 0)


@contextmanager
def flood(running: Running, seconds: float, scattered: bool = False) -> Iterator[None]:
    """32 clients try wrong passwords for ada: from one address, or each time for another person from one of 10,000."""
    stranger = Client(running.url, FLOOD)
    form = stranger.form(running.login)
    body = urlencode(form.filled_in(email=f"{NAME}@example.com", password="wrong horse battery"))
    headers = ("-H", f"X-Forwarded-For: {FLOOD}", "-H", f"Origin: {running.url}")
    command = _command(running.url + form.target, seconds, 32, stranger.cookie, *headers)
    script = ("-s", str(HERE / "flood.lua"), command.pop(), "--", body, "scattered" if scattered else "")
    with subprocess.Popen([*command, *script], stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def turns(running: Running, seconds: float, paths: Sequence[str]) -> int:
    """Ask for these pages in turn; give how often."""
    command = _command(running.url, seconds, 4, running.ada.cookie, "-s", str(HERE / "turns.lua"))
    return read(subprocess.check_output([*command, "--", *paths], text=True)).number


def read(printed: str) -> Figures:
    """What wrk tells at its end; a refusal is no page."""
    asked = int(_found(r"(\d+) requests in", printed))
    refused = int(_found(r"Non-2xx or 3xx responses: (\d+)", printed))
    answered = (asked - refused) / asked if asked else 0
    return Figures(
        number=asked - refused,
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", printed)) * answered,
        p50=_milliseconds(_found(r"(?m)^\s+50%\s+(\S+)$", printed)),
        p99=_milliseconds(_found(r"(?m)^\s+99%\s+(\S+)$", printed)),
    )


def _command(url: str, seconds: float, connections: int, cookie: str, *more: str) -> list[str]:
    if not (shutil.which("wrk") or apt_install("wrk")):
        sys.exit("The servers are driven by wrk, and it could not be installed: install wrk.")
    load = ("-t1", f"-c{connections}", f"-d{seconds}s", "--latency")
    # As browsers ask: a page that is compressed for them costs that too.
    return ["wrk", *load, "-H", f"Cookie: {cookie}", "-H", "Accept-Encoding: gzip", *more, url]


def _found(pattern: str, printed: str) -> str:
    found = re.search(pattern, printed)
    return found[1] if found else "0"


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\D*)", text).groups()  # type: ignore[union-attr]
    return float(number) * MILLISECONDS.get(unit, 0)
