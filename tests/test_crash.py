"""A server that is killed in the middle, or that everybody writes to at once, loses nothing that it acknowledged."""

import http.client
import itertools
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from urllib.parse import urlencode, urlsplit

from db import users
from tests.browser import TOKEN
from tests.fixtures import PASSWORD
from tests.server import QUICK, Server


class Newcomers:
    """People who sign up one after the other, two from each address, until the server is gone."""

    def __init__(self, server: Server, number: int) -> None:
        self.server, self.number = server, number
        self.welcomed: list[str] = []
        self.answers: Counter[int] = Counter()
        self.stop = threading.Event()

    def __call__(self) -> None:
        with suppress(ConnectionError, http.client.HTTPException), closing(self._connection()) as connection:
            connection.request("GET", "/signup")
            page = connection.getresponse()
            token = TOKEN.search(page.read().decode())
            assert token is not None
            for count in itertools.count():
                if self.stop.is_set():
                    return
                self._sign_up(connection, count, str(page.headers["Set-Cookie"]).split(";")[0], token[1])

    def _connection(self) -> http.client.HTTPConnection:
        # No answer at all is no end of a killed server's: it fails the test.
        return http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=60)

    def _sign_up(self, connection: http.client.HTTPConnection, count: int, cookie: str, token: str) -> None:
        name = f"n{self.number}x{count}"
        fields = {"csrf_token": token, "username": name, "email": f"{name}@example.com", "password": PASSWORD}
        headers = {
            "Cookie": cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"10.{self.number // 256}.{self.number % 256}.{count // 2}",
        }
        connection.request("POST", "/signup", urlencode(fields), headers)
        answer = connection.getresponse()
        # Its head is enough: whoever has read it may count on it.
        if answer.status == 303:
            self.welcomed.append(name)
        self.answers[answer.status] += 1
        answer.read()


def _let_in(server: Server, numbers: range) -> tuple[list[Newcomers], list[threading.Thread]]:
    people = [Newcomers(server, number) for number in numbers]
    threads = [threading.Thread(target=each) for each in people]
    for thread in threads:
        thread.start()
    return people, threads


def test_nobody_who_was_welcomed_is_lost_when_the_server_is_killed(start_server: Callable[..., Server]) -> None:
    welcomed: list[str] = []
    chance = random.Random(1)
    for attempt in range(20):
        server = start_server(command=QUICK, TRUSTED_PROXIES="1")
        people, threads = _let_in(server, range(4 * attempt, 4 * attempt + 4))
        _await_welcome(people)
        time.sleep(chance.uniform(0, 0.3))
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        for thread in threads:
            thread.join()
        welcomed += [name for each in people for name in each.welcomed]
        _check_whole(server)
    assert len(welcomed) >= 20
    database = server.database()
    for name in welcomed:
        assert users.by_email(database, f"{name}@example.com") is not None, name
    database.close()


def _await_welcome(people: list[Newcomers]) -> None:
    deadline = time.monotonic() + 20
    while not any(each.welcomed for each in people):
        assert time.monotonic() < deadline, "nobody was welcomed"
        time.sleep(0.01)


def _check_whole(server: Server) -> None:
    """No damage, and nobody without the event that belongs to them."""
    if server.database_url.startswith("sqlite:"):
        with sqlite3.connect(server.database_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    database = server.database()
    halves = """SELECT count(*) FROM users WHERE NOT EXISTS
                (SELECT * FROM events WHERE user_id = users.id AND kind = 'signed_up')"""
    assert database.one(halves) == (0,)
    database.close()


def test_sixty_four_who_sign_up_at_once_lock_nobody_out(start_server: Callable[..., Server]) -> None:
    server = start_server(command=QUICK, TRUSTED_PROXIES="1")
    people, threads = _let_in(server, range(64))
    deadline = time.monotonic() + 60
    while sum(each.answers[303] for each in people) <= 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    for each in people:
        each.stop.set()
    for thread in threads:
        thread.join()
    answers = sum((each.answers for each in people), Counter())
    assert answers[303] > 200 and set(answers) <= {303, 422, 429, 503}
    assert "locked" not in server.log and "Traceback" not in server.log
