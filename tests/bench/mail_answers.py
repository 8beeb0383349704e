"""How long the answers take that must not tell whether an address has an account, in pairs of known and unknown."""

import http.client
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from db import Database, users
from tests.bench.client import PASSWORD, Client, Form
from tests.bench.report import Promise, promise, table
from tests.bench.servers import workers
from tests.server import Server

# Pairs of each kind of request; a sign-up takes as long as its hash.
PAIRS, SIGNUP_PAIRS, FIRST = 1000, 100, 10
# How far the medians may lie apart.
MOST = 0.05
# Wrong codes for one log-in; at the fifth it is dead. An odd number, or each log-in would begin with the same address.
CODES = 3
SAMPLES = 500
NUMBERS = count()
# Of a pair, seconds for the address with an account, and for the one without.
Pair = tuple[float, float]


class Asked(NamedTuple):
    """A form as it is sent: `cookie` is that of the browser which was served it."""

    target: str
    fields: dict[str, str]
    cookie: str


# Makes the request for the number of a pair, and the known address or the other.
Ask = Callable[[int, bool], Asked]


def measure(name: str, database_url: str) -> Iterator[Promise]:
    """Print what was measured on this database, called `name`."""
    with TemporaryDirectory() as folder:
        mail = f"folder:{folder}/mail"
        with Server(Path(folder), database_url, WORKERS=workers(), TRUSTED_PROXIES="1", MAIL_URL=mail) as ours:
            _fill(ours)
            found = {told: list(_pairs(ours.url, ask, number)) for told, ask, number in _kinds(ours.url)}
    rows = [_row(told, pairs) for told, pairs in found.items()]
    title = f"Answers to a known address and an unknown one, {name}, medians in ms"
    table(title, ("request", "pairs", "known", "unknown", "ratio", "95 % of the ratio"), rows)
    for told, pairs in found.items():
        times = ratio(pairs)
        sentence = f"{told}: known and unknown address within {MOST:.0%}, {name}"
        yield promise(sentence, f"{times:.3f} ×", abs(times - 1) <= MOST)


def address(number: int, is_known: bool) -> str:
    return f"{'known' if is_known else 'other'}{number:05}@example.com"


def _kinds(url: str) -> Iterator[tuple[str, Ask, int]]:
    yield "POST /signup", _signup(url), SIGNUP_PAIRS
    yield "POST /reset", _simple(url, "/reset", 2000), PAIRS
    yield "POST /login/link", _simple(url, "/login/link", 4000), PAIRS
    yield "a wrong code at /login/code", _code(url), PAIRS


def _signup(url: str) -> Ask:
    form, cookie = _form(url, "/signup", "password")
    return lambda number, is_known: Asked(
        form.target,
        form.filled_in(username=f"newcomer{next(NUMBERS)}", email=address(number, is_known), password=PASSWORD),
        cookie,
    )


def _simple(url: str, path: str, first: int) -> Ask:
    """A form that asks for an address alone; `first` begins those that no other form has had."""
    form, cookie = _form(url, path, "email")
    return lambda number, is_known: Asked(form.target, form.filled_in(email=address(first + number, is_known)), cookie)


def _code(url: str) -> Ask:
    """A browser asks for a log-in by mail once for CODES wrong codes."""
    asked: dict[tuple[int, bool], Asked] = {}

    def ask(number: int, is_known: bool) -> Asked:
        log_in = number // CODES, is_known
        if log_in not in asked:
            asked[log_in] = _asked_for_code(url, address(6000 + log_in[0], is_known))
        return asked[log_in]

    return ask


def _asked_for_code(url: str, email: str) -> Asked:
    browser = Client(url, _network())
    form = browser.form("/login/link", "email")
    browser.post(form.target, form.filled_in(email=email))
    form = browser.form("/login/code", "code")
    return Asked(form.target, form.filled_in(code="BBBB-BBBB"), browser.cookie)


def _form(url: str, path: str, field: str) -> tuple[Form, str]:
    browser = Client(url, _network())
    return browser.form(path, field), browser.cookie


def _pairs(url: str, ask: Ask, number: int) -> Iterator[Pair]:
    """Known first, then unknown first: what comes second finds the caches warm. The first pairs do not count."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    for pair in range(FIRST + number):
        order = (True, False) if pair % 2 else (False, True)
        asked = {is_known: ask(pair, is_known) for is_known in order}
        took = {is_known: _timed(connection, url, asked[is_known]) for is_known in order}
        if pair >= FIRST:
            yield took[True], took[False]
    connection.close()


def _timed(connection: http.client.HTTPConnection, url: str, asked: Asked) -> float:
    """Seconds; each time from another network, as the throttles count by it."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded", "Origin": url, "Cookie": asked.cookie,
        "X-Forwarded-For": _network(),
    }  # fmt: skip
    body = urlencode(asked.fields)
    began = time.perf_counter()
    connection.request("POST", asked.target, body, headers)
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - began
    if answer.status != (422 if "code" in asked.fields else 303):
        raise SystemExit(f"{asked.target} answers {answer.status}.")
    return took


def _network() -> str:
    number = next(NUMBERS)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _row(told: str, pairs: Sequence[Pair]) -> tuple[object, ...]:
    known, unknown = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    low, high = surely(pairs)
    return told, len(pairs), f"{known:.2f}", f"{unknown:.2f}", f"{ratio(pairs):.3f}", f"{low:.3f} to {high:.3f}"


def ratio(pairs: Sequence[Pair]) -> float:
    """The known address' median to the unknown one's."""
    known, unknown = map(statistics.median, zip(*pairs, strict=True))
    return known / unknown


def surely(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Where the ratio lies with a chance of 95 % (bootstrap: of as many pairs, drawn again and again)."""
    chance = random.Random(1)
    ratios = sorted(ratio(chance.choices(pairs, k=len(pairs))) for _ in range(SAMPLES))
    return ratios[SAMPLES // 40], ratios[-1 - SAMPLES // 40]


def _fill(ours: Server) -> None:
    """An account for each known address; its password fits none."""
    db: Database = ours.database()
    with db.transaction():
        users.add_many(
            db,
            (
                {
                    "username": f"known{number:05}", "email": address(number, True), "password": "none", "role": "user",
                    "created_at": db.now(),
                }
                for number in range(8000)
            ),
        )  # fmt: skip
    db.close()
