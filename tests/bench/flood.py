"""A flood of log-ins, and what others have of the server meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.bench import wrk
from tests.bench.client import REDIRECTS, Client
from tests.bench.clock import NAME
from tests.bench.report import Pace, Promise, middle, promise
from tests.bench.servers import HOME, Running, wait
from tests.bench.wrk import Figures

PAUSE = 0.2


class Flooded(NamedTuple):
    """The dashboard right before a flood and during it."""

    calm: Figures
    during: Figures

    @property
    def left(self) -> float:
        return self.during.rate / self.calm.rate if self.calm.rate else 0.0


def middle_round(running: Running, pace: Pace, scattered: bool = False) -> Flooded:
    return middle(pace.rounds, lambda: _round(running, pace, scattered), lambda flooded: flooded.left)


def _round(running: Running, pace: Pace, scattered: bool) -> Flooded:
    wait(running.url, running.login)
    calm = wrk.pages(running, pace.seconds, 4)
    with wrk.flood(running, pace.seconds + 60, scattered):
        # Until its first tries have taken all the threads that they can get.
        time.sleep(1)
        return Flooded(calm, wrk.pages(running, pace.seconds, 4))


def known_device(running: Running, pace: Pace) -> Promise:
    """Ada, who has logged in with this browser before, does so again and again, while others look at dashboards."""
    wait(running.url, running.login)
    ada = Client(running.url, HOME)
    ada.cookies = dict(running.ada.cookies)
    seconds = 2 * pace.seconds
    with wrk.flood(running, seconds + 60), ThreadPoolExecutor(1) as others:
        time.sleep(1)
        others.submit(wrk.pages, running, seconds, 4)
        deadline, tries = time.monotonic() + seconds, []
        while time.monotonic() < deadline:
            tries.append(_log_in(ada))
            time.sleep(PAUSE)
    return _verdict(tries)


def _log_in(ada: Client) -> tuple[float, int]:
    """Seconds from opening the page to being logged in, and the status of the answer."""
    ada.cookies.pop("session", None)
    began = time.monotonic()
    answer = ada.log_in("/login", f"{NAME}@example.com")
    return time.monotonic() - began, answer.status


def _verdict(tries: list[tuple[float, int]]) -> Promise:
    longest = max(seconds for seconds, _ in tries)
    refused = sum(status not in REDIRECTS for _, status in tries)
    measured = f"{longest:.2f} s at most, {refused} of {len(tries)} refused"
    return promise("A known device logs in within 1 s during a flood", measured, longest <= 1 and not refused)
