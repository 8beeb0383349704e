"""The front door when too much comes at once: what it refuses, and what it does not even begin."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import awaited, logged_in, person
from webapp.accounts import events
from webapp.accounts.actor import COMMAND_LINE
from webapp.auth import public
from webapp.server import front_door


class Door:
    """The front door in this process, which lets nobody wait, and somebody before it."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(front_door, "HELD_SECONDS", 0)
        self.door = front_door.FrontDoor(app)
        self.sent: list[dict[str, Any]] = []

    def ask(self, path: str, body: bytes = b"", gone_after: int = 10**9, **headers: str) -> tuple[int, bytes]:
        """The status and what came of the body; the client leaves after so many pieces of it."""
        self.sent = []
        awaited(self.start(path, body, gone_after, **headers))
        return self.sent[0]["status"], b"".join(message["body"] for message in self.sent[1:])

    async def start(
        self, path: str, body: bytes = b"", gone_after: int = 10**9, method: str = "", **headers: str
    ) -> None:
        scope = _scope(path, body, headers) | ({"method": method} if method else {})
        await self.door(scope, self._receive(body, gone_after), self._send)

    def _receive(self, body: bytes, gone_after: int) -> Callable[[], Awaitable[dict[str, Any]]]:
        given = iter([{"type": "http.request", "body": body}])

        async def receive() -> dict[str, Any]:
            for message in given:
                return message
            while len(self.sent) <= gone_after:
                await asyncio.sleep(0.001)
            return {"type": "http.disconnect"}

        return receive

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def _scope(path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    named = {"host": "localhost", "content-type": "application/x-www-form-urlencoded"} | headers
    return {
        "type": "http",
        "method": "POST" if body else "GET",
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
    }


def test_pages_that_wait_for_something_else_keep_nobody_from_reading(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_for = Event()
    app.add_url_rule("/slow", view_func=public(lambda: str(waited_for.wait(20))))
    monkeypatch.setattr(front_door, "TURN_SECONDS", 0.01)
    door = Door(app, monkeypatch)

    async def all_of_them() -> None:
        slow = [asyncio.create_task(door.start("/slow")) for _ in range(2 * front_door.READERS)]
        await door.start("/login")
        assert [message.get("status") for message in door.sent] == [200, None]
        waited_for.set()
        await asyncio.gather(*slow)

    awaited(all_of_them())
    assert len(door.sent) == 2 * (1 + 2 * front_door.READERS)


def test_one_request_too_many_is_refused_in_our_look(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(app, monkeypatch)
    assert door.ask("/login")[0] == 200
    monkeypatch.setattr(front_door, "MOST_IN_HAND", 0)
    status, page = door.ask("/login")
    assert status == 503 and b"<h1>Busy</h1>" in page
    assert (b"retry-after", b"5") in door.sent[0]["headers"]
    assert b"content-security-policy" in dict(door.sent[0]["headers"])
    assert b"x-request-id" not in dict(door.sent[0]["headers"])
    assert _refusals(app) == 1
    assert door.ask("/signup") == (503, page) and _refusals(app) == 2
    status, page = door.ask("/login", hx_request="true")
    assert status == 503 and b'data-hx-swap-oob="innerHTML"' in page and b"<h1>" not in page


def _refusals(app: Flask) -> float:
    found = re.search(r'refusals_total\{status="503"\} (\S+)', app.test_client().get("/metrics").text)
    assert found is not None
    return float(found[1])


def test_large_bodies_that_never_end_keep_nobody_from_sending_a_form(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(app, monkeypatch)
    monkeypatch.setattr(front_door, "MOST_KEPT_BYTES", -1)
    assert door.ask("/signup/email", b"email=" + b"a" * front_door.FORM_BYTES)[0] == 503
    assert door.ask("/signup/email", b"email=a")[0] == 200


def test_what_was_kept_is_given_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(app, monkeypatch)
    monkeypatch.setattr(front_door, "MOST_KEPT_BYTES", 10_000)
    for _ in range(10):
        assert door.ask("/signup/email", b"email=" + b"a" * 8000)[0] == 200


def test_an_export_ends_when_nobody_is_there_to_take_it(
    app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = logged_in(Browser(app), "alice")
    user_id = person(db, "alice").id
    with db.transaction():
        for _ in range(10_000):
            events.record(db, COMMAND_LINE, events.Kind.LOGGED_IN, user_id)
    door, cookie = Door(app, monkeypatch), f"session={alice.client.get_cookie('session').value}"
    status, whole = door.ask("/account/activity.csv", cookie=cookie)
    pieces = len(door.sent)
    assert status == 200 and whole.count(b"\n") > 10_000 and pieces > 8
    door.ask("/account/activity.csv", cookie=cookie, gone_after=2)
    assert len(door.sent) < pieces - 3
