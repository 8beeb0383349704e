"""Asks for a page at a steady pace, whether the last answer has come or not: a stall delays all that were due in it."""

import http.client
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

from tests.bench.servers import Running

CONNECTIONS = 8


def ask(running: Running, rate: float, seconds: float, path: str = "/dashboard") -> tuple[float, float, float]:
    """Median and 95th percentile in ms, each from the moment when the request was due, and pages a second."""
    began = time.monotonic() + 0.1
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        talk = partial(_talk, running, path, began, rate / CONNECTIONS, int(seconds * rate / CONNECTIONS))
        took = [time for times in threads.map(talk, range(CONNECTIONS)) for time in times]
    return statistics.median(took) * 1000, statistics.quantiles(took, n=20)[-1] * 1000, len(took) / seconds


def _talk(running: Running, path: str, began: float, rate: float, number: int, place: int) -> list[float]:
    """Seconds of each request over one connection, which takes its place between the others."""
    connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=30)
    headers = {"Cookie": running.ada.cookie, "Accept-Encoding": "gzip"}
    took = []
    for each in range(number):
        due = began + (each + place / CONNECTIONS) / rate
        time.sleep(max(0, due - time.monotonic()))
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        took.append(time.monotonic() - due)
    connection.close()
    return took
