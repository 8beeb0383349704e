"""What others notice while one thing that a form may ask for is asked for without pause."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import NamedTuple

from db import stored
from tests.bench.client import REDIRECTS, Client
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import HOME, server
from tests.server import Server

CONNECTIONS = 8
SPAWN = multiprocessing.get_context("spawn")
PAUSE = 0.01
PROMISED = 100
# Sixteen characters of this kind kept zxcvbn busy for 40 ms.
MIXTURE = "75|+14@(+05@+0!$7!|+14|$41++@+10!+1!75aA4@8"
STALE = timedelta(minutes=20)


class Attack(NamedTuple):
    """`forms` makes the address and the fields of each request, of its number; `away` comes from many networks."""

    name: str
    forms: Callable[[int], tuple[str, dict[str, str]]]
    away: bool = False
    is_stale: bool = False


def strengths(number: int) -> tuple[str, dict[str, str]]:
    start = number % 20
    return "/signup/password/strength", {"password": MIXTURE[start:] + MIXTURE[:start]}


def renames(number: int) -> tuple[str, dict[str, str]]:
    return "/account/username", {"username": f"mallory{number}"}


def addresses(number: int) -> tuple[str, dict[str, str]]:
    return "/account/email", {"email": f"mallory{number}@example.com"}


ATTACKS = (
    Attack("strengths, from one network", strengths),
    Attack("strengths, from a network each", strengths, away=True),
    Attack("drafts, by a session whose password was not checked lately", addresses, is_stale=True),
    Attack("other user names", renames),
    Attack("other addresses", addresses),
)


def measure(pace: Pace) -> list[Promise]:
    rows, worst = [], 0.0
    for attack in ATTACKS:
        with server(TRUSTED_PROXIES="1") as ours:
            mallory = _logged_in(ours)
            if attack.is_stale:
                _age_sessions(ours)
            calm = _times(ours.url, pace.seconds)
            before = _rows(ours)
            with _attacking(attack, ours.url, mallory):
                during = _times(ours.url, 2 * pace.seconds)
            rows.append((attack.name, _percentile(calm), _percentile(during), f"{_rows(ours) - before:,}"))
            worst = max(worst, *statistics.quantiles(during, n=20)[-1:])
    columns = ("asked for without pause", "calm, p95 in ms", "attacked, p95 in ms", "rows written")
    table(f"`/login` while {CONNECTIONS} connections ask for …", columns, rows)
    sentence = f"`/login` p95 within {PROMISED} ms while {CONNECTIONS} connections ask for what costs most"
    return [promise(sentence, f"{worst * 1000:.0f} ms at most", worst * 1000 <= PROMISED)]


def _logged_in(ours: Server) -> Client:
    mallory = Client(ours.url, HOME)
    mallory.sign_up("mallory")
    assert mallory.log_in("/login", "mallory@example.com").status in REDIRECTS
    return mallory


def _age_sessions(ours: Server) -> None:
    db = ours.database()
    db.run("UPDATE sessions SET confirmed_at = :then", then=stored(db.clock() - STALE))
    db.close()


def _rows(ours: Server) -> int:
    db = ours.database()
    counted = [db.one("SELECT count(*) FROM events"), db.one("SELECT count(*) FROM drafts")]
    db.close()
    return sum(row[0] for row in counted if row)


@contextmanager
def _attacking(attack: Attack, url: str, mallory: Client) -> Iterator[None]:
    token = mallory.form("/confirm").fields["csrf_token"]
    given = url, attack.forms, mallory.cookies, token, attack.away
    processes = [SPAWN.Process(target=_attack, args=given, daemon=True) for _ in range(2)]
    for process in processes:
        process.start()
    try:
        time.sleep(2)
        yield
    finally:
        for process in processes:
            process.terminate()


def _attack(
    url: str,
    forms: Callable[[int], tuple[str, dict[str, str]]],
    cookies: dict[str, str],
    token: str,
    away: bool,
) -> None:
    """In a process of its own, so that it is in nobody's way but the server's."""
    numbers = count()

    def go_on(_: int) -> None:
        while True:
            number = next(numbers)
            address = f"198.{18 + number % 2}.{number // 250 % 250}.{number % 250 + 1}" if away else HOME
            client = Client(url, address)
            client.cookies = dict(cookies)
            path, fields = forms(number)
            client.post(path, fields | {"csrf_token": token})

    with ThreadPoolExecutor(CONNECTIONS // 2) as threads:
        list(threads.map(go_on, range(CONNECTIONS // 2)))


def _times(url: str, seconds: float) -> list[float]:
    """Seconds that each answer took, for somebody else, over a new connection."""
    took, deadline = [], time.monotonic() + seconds
    visitor = Client(url, "203.0.113.77")
    while time.monotonic() < deadline:
        began = time.monotonic()
        assert visitor.get("/login").status == 200
        took.append(time.monotonic() - began)
        time.sleep(PAUSE)
    return took


def _percentile(took: list[float]) -> str:
    return f"{statistics.quantiles(took, n=20)[-1] * 1000:.1f}"
