"""The people of a soak: some live a day after the other, some only look at the dashboard; each answer is noted."""

import http.client
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from tests.bench.client import PASSWORD, PATIENCE, REDIRECTS, Answer, Client

# Four hashes at most are wanted at once: a fifth might be told to come back later, which would be no mistake.
PEOPLE, READERS = 4, 4
# Seconds that a person looks at a page, and that a reader does. A reader's connection is given up after so many pages,
# as those of browsers are: else all of them would soon lead to the worker that stays.
LOOK, GLANCE, KEPT_FOR = 0.25, 0.03, 50
# How often a page that did not come is asked for.
TRIES = 3
PAGES = ("/dashboard", "/account/activity", "/dashboard", "/account/sessions", "/account/security", "/account/password")


class Heard(NamedTuple):
    """An answer: when it came, its status (0 if none came), and how many ms it took."""

    at: float
    status: int
    took: float


class Visitor(Client):
    """Notes each answer; a request that was not answered is made again, as a person reloads."""

    def __init__(self, url: str, address: str, heard: list[Heard]) -> None:
        super().__init__(url, address)
        self._heard = heard

    def _send(self, *request: Any) -> Answer:
        for _ in range(TRIES):
            began = time.monotonic()
            answer = super()._send(*request)
            self._heard.append(_heard(began, answer.status))
            if answer.status:
                break
        time.sleep(random.uniform(0, 2 * LOOK))
        return answer

    def act(self, path: str, field: str, **typed: str) -> bool:
        """Fill in and send the form with this field; return whether that succeeded."""
        form = self.form(path, field)
        return self.post(form.target, form.filled_in(**typed)).status in REDIRECTS


def live(url: str, heard: list[Heard], numbers: Iterator[int], over: threading.Event) -> None:
    """Be one person after the other, each at an address of their own, since sign-ups are throttled by address."""
    while not over.is_set():
        number = next(numbers)
        _spend_day(Visitor(url, f"198.18.{number // 250 % 250}.{number % 250 + 1}", heard), f"person{number}")


def _spend_day(person: Visitor, name: str) -> None:
    """Sign up, mistype the password, log in, look around, change the user name and log out."""
    email = f"{name}@example.com"
    person.get("/")
    person.sign_up(name)
    person.act("/login", "password", email=email, password=PASSWORD[:-1])
    # The answer may have been lost with a worker: this person gives up.
    if not person.act("/login", "password", email=email, password=PASSWORD):
        return
    for path in PAGES:
        person.get(path)
    person.act("/account", "username", username=f"{name}b")
    person.get("/dashboard")
    person.act("/logout", "csrf_token")


def reader(url: str, number: int) -> Visitor:
    """One of the readers, logged in; nothing of it is noted. Together with the others they would wait for hashes."""
    name = f"reader{number}"
    made = Visitor(url, f"198.19.0.{number + 1}", [])
    made.sign_up(name)
    if (answer := made.log_in("/login", f"{name}@example.com")).status not in REDIRECTS:
        sys.exit(f"{url}/login should let {name} in, and answers {answer.status}.")
    return made


def read(url: str, cookie: str, heard: list[Heard], over: threading.Event) -> None:
    """Look at the dashboard again and again, over connections that are kept for a while."""
    while not over.is_set():
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)
        for _ in range(KEPT_FOR):
            heard.append(_looked(connection, cookie))
            time.sleep(GLANCE)
            if not heard[-1].status:
                break
        connection.close()


def _looked(connection: http.client.HTTPConnection, cookie: str) -> Heard:
    began, status = time.monotonic(), 0
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/dashboard", headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    return _heard(began, status)


def _heard(began: float, status: int) -> Heard:
    now = time.monotonic()
    return Heard(now, status, (now - began) * 1000)
