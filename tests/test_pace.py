"""On SQLite quick pages are made in the event loop's own thread; what waits or writes gets another one."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import stored
from db.sqlite import PATIENCE
from tests.browser import Browser
from tests.fixtures import Clock, awaited, logged_in
from tests.test_overload import Door
from webapp.accounts import dashboard, sweep
from webapp.auth import public, quick
from webapp.config import settings
from webapp.database import database
from webapp.hypermedia.cards import Card
from webapp.server import pace
from webapp.server.pace import Pace

HERE, READER = "loop", "reader"


def thread() -> str:
    """`loop`, `reader` or `worker`."""
    return threading.current_thread().name.partition("_")[0]


class OpenDoor(Door):
    """The front door after its start, as a server does it, and before a quick page that calls `view`."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.view: Callable[[], object] = lambda: "made"
        self.made_by: list[str] = []
        app.add_url_rule("/quick", methods=["GET", "POST"], view_func=public(quick(lambda: self._make())))
        app.test_client().get("/login")  # sweeps
        super().__init__(app, monkeypatch)

    @property
    def answer(self) -> tuple[int, bytes]:
        return self.sent[0]["status"], self.sent[1]["body"]

    def tell(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run the story between the start and the stop, in a thread named `loop`."""
        awaited(self._live(story))

    async def _live(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        threading.current_thread().name = HERE
        is_up, is_over = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if is_up.is_set():
                await is_over.wait()
            return {}

        async def send(_: dict[str, Any]) -> None:
            is_up.set()

        lifespan = asyncio.create_task(self.door({"type": "lifespan"}, receive, send))
        await is_up.wait()
        try:
            await story()
        finally:
            is_over.set()
            await lifespan

    def _make(self) -> str:
        self.made_by.append(thread())
        return str(self.view())


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, moved by hand: beside a busy core any page may be slow."""
    time = [1000.0]
    monkeypatch.setattr(pace, "monotonic", lambda: time[0])
    return time


@pytest.fixture
def door(app: Flask, monkeypatch: pytest.MonkeyPatch, now: list[float]) -> OpenDoor:
    return OpenDoor(app, monkeypatch)


def test_a_quick_page_is_made_where_its_request_comes_in(door: OpenDoor) -> None:
    door.tell(lambda: door.start("/quick"))
    assert door.made_by == [HERE] and door.answer == (200, b"made")


@pytest.mark.parametrize("in_transaction", [True, False])
def test_a_page_that_writes_is_made_by_another_thread(door: OpenDoor, in_transaction: bool) -> None:
    def write() -> Any:
        with database().transaction() if in_transaction else nullcontext():
            return database().one("INSERT INTO roles (name) VALUES ('written') RETURNING name")

    door.view = write
    door.tell(lambda: door.start("/quick"))
    assert door.made_by == [HERE, READER] and door.answer == (200, b"('written',)")


def test_a_page_that_must_wait_for_another_writer_is_made_by_another_thread(app: Flask, door: OpenDoor) -> None:
    is_held, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with app.extensions["database"].transaction():
            is_held.set()
            may_go.wait(20)

    async def story() -> None:
        held = asyncio.create_task(asyncio.to_thread(hold))
        await asyncio.to_thread(is_held.wait)
        asked = asyncio.create_task(door.start("/quick"))
        while len(door.made_by) < 2 and not asked.done():
            await asyncio.sleep(0.001)
        may_go.set()
        await asyncio.gather(held, asked)

    def write() -> None:
        with database().transaction():
            may_go.wait(20)

    door.view = write
    door.tell(story)
    assert door.made_by == [HERE, READER] and door.answer == (200, b"None")


def test_a_dashboard_after_a_minute_notes_that_its_user_was_there(
    app: Flask, browser: Browser, clock: Clock, door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.extensions["swept"] = clock(), timedelta(days=1)
    name, seen, read = settings(app).login_cookie, "SELECT last_seen_at FROM sessions", dashboard.of
    cookie = f"{name}={logged_in(browser, 'alice').cookie(name)}"
    monkeypatch.setattr(dashboard, "of", lambda *given: door.made_by.append(thread()) or read(*given))
    found: list[Any] = []

    async def story() -> None:
        for seconds in (30, 31, 1):
            clock.advance(seconds=seconds)
            await door.start("/dashboard", cookie=cookie)
            found.append(app.extensions["database"].one(seen))

    first, second = stored(clock()), stored(clock() + timedelta(seconds=61))
    door.tell(story)
    assert door.made_by == [HERE, READER, HERE]
    assert found == [(first,), (second,), (second,)]


def test_a_page_that_must_sweep_first_is_made_by_another_thread(
    clock: Clock, door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept_by: list[str] = []
    monkeypatch.setattr(sweep, "sweep", lambda *_: swept_by.append(thread()))
    clock.advance(minutes=2)
    door.tell(lambda: door.start("/quick"))
    assert swept_by == door.made_by == [READER] and door.answer == (200, b"made")


def test_a_locked_file_keeps_only_those_waiting_who_read_it(door: OpenDoor, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db", isolation_level=None, check_same_thread=False)
    other.executescript("CREATE TABLE notes (id); BEGIN EXCLUSIVE")

    def read() -> Any:
        database().one("ATTACH :file AS other", file=str(tmp_path / "other.db"))
        return database().one("SELECT COUNT(*) FROM other.notes")

    async def story() -> None:
        began = time.monotonic()
        asked = asyncio.create_task(door.start("/quick"))
        while len(door.made_by) < 2 and not asked.done():
            await asyncio.sleep(0.001)
        assert time.monotonic() - began < PATIENCE
        other.close()
        await asked

    door.view = read
    door.tell(story)
    assert door.made_by == [HERE, READER] and door.answer == (200, b"(0,)")


def test_a_page_that_was_slow_is_left_to_other_threads_for_a_while(door: OpenDoor, now: list[float]) -> None:
    def take(seconds: float) -> None:
        now[0] += seconds

    async def story() -> None:
        for took, then in ((0.01, 0), (3.0, 299), (3.0, 2), (3600.0, 599), (0.01, 1), (0.01, 0)):
            door.view = lambda took=took: take(took)
            await door.start("/quick")
            take(then)

    door.tell(story)
    assert door.made_by == [HERE, HERE, READER, HERE, READER, HERE]


def test_those_who_came_with_one_for_whom_a_page_was_slow_do_not_wait_for_each_other(
    door: OpenDoor, now: list[float]
) -> None:
    def take_a_second() -> None:
        now[0] += 1

    async def story() -> None:
        await asyncio.gather(*(door.start("/quick") for _ in range(3)))

    door.view = take_a_second
    door.tell(story)
    assert door.made_by == [HERE, READER, READER]


def test_only_reading_a_page_with_the_mark_and_without_a_body_is_quick(app: Flask, door: OpenDoor) -> None:
    kept = Pace(app)
    assert kept.is_quick("/dashboard") and kept.is_quick("/quick")
    assert not kept.is_quick("/admin") and not kept.is_quick("/nothing")

    async def story() -> None:
        await door.start("/quick", b"name=value")
        await door.start("/quick", b"name=value", method="GET", content_length="10")

    door.tell(story)
    assert door.made_by == ["worker", READER]


@pytest.mark.parametrize("is_quick", [True, False])
def test_the_dashboard_is_as_quick_as_its_cards(app: Flask, is_quick: bool) -> None:
    app.extensions["cards"] = [Card("board.html", dict, 10, is_quick=is_quick)]
    assert Pace(app).is_quick("/dashboard") is is_quick
