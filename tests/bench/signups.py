"""Many who sign up at the same time."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from db import users
from tests.bench.client import PASSWORD, Client
from tests.bench.report import Pace, Promise, promise, table
from tests.bench.servers import server
from tests.server import Server

CLIENTS = 64
NUMBERS = count()
# Later is better than never (RFC 9110 15.6.4), and slower is better than too fast (RFC 6585 4).
HONEST = {303, 429, 503}


def measure(pace: Pace) -> list[Promise]:
    seconds = 7 * pace.seconds
    # Sign-ups are throttled by address, so each comes from another.
    with server(TRUSTED_PROXIES="1") as ours:
        statuses = _sign_ups(ours.url, seconds)
        people, log = _people(ours), ours.log
    rows = [(status or "no answer", f"{number:,}") for status, number in sorted(statuses.items())]
    table(f"{CLIENTS} sign up at the same time for {seconds} s", ("answer", "how often"), rows)
    odd = sum(number for status, number in statuses.items() if status not in HONEST)
    locked = log.count("database is locked")
    measured = f"{odd} other answers, {locked} times “database is locked”, {people} people of {statuses[303]} signed up"
    is_kept = not odd and not locked and people == statuses[303] > 0
    return [promise(f"{CLIENTS} sign-ups at once: each succeeds or is told when to come back", measured, is_kept)]


def _sign_ups(url: str, seconds: float) -> Counter[int]:
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS) as threads:
        return sum(threads.map(lambda _: _sign_up_until(url, deadline), range(CLIENTS)), Counter())


def _sign_up_until(url: str, deadline: float) -> Counter[int]:
    """Each time somebody new, whose page was open already."""
    statuses: Counter[int] = Counter()
    form, cookies = (visitor := Client(url)).form("/signup"), visitor.cookies
    while time.monotonic() < deadline:
        number = next(NUMBERS)
        newcomer = Client(url, f"198.18.{number // 250 % 250}.{number % 250 + 1}")
        newcomer.cookies = dict(cookies)
        name = f"person{number}"
        fields = form.filled_in(username=name, email=f"{name}@example.com", password=PASSWORD)
        statuses[newcomer.post(form.target, fields).status] += 1
    return statuses


def _people(ours: Server) -> int:
    db = ours.database()
    try:
        return users.count(db)
    finally:
        db.close()
