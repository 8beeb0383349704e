"""On SQLite quick pages are made in the event loop's own thread; what waits or writes gets another one."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.fixtures import Clock, awaited
from tests.test_overload import Door
from webapp.auth import public, quick
from webapp.database import database
from webapp.server import pace
from webapp.server.pace import Pace

HERE, READER = "loop", "reader"


class OpenDoor(Door):
    """The front door after its start, as a server does it, and before a quick page that calls `view`."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.view: Callable[[], object] = lambda: "made"
        self.made_by: list[str] = []
        app.add_url_rule("/quick", view_func=public(quick(lambda: self._make())))
        app.test_client().get("/login")  # sweeps
        super().__init__(app, monkeypatch)

    @property
    def answer(self) -> tuple[int, bytes]:
        return self.sent[0]["status"], self.sent[1]["body"]

    def _make(self) -> str:
        self.made_by.append(threading.current_thread().name.partition("_")[0])
        return str(self.view())

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


@pytest.fixture
def door(app: Flask, monkeypatch: pytest.MonkeyPatch) -> OpenDoor:
    return OpenDoor(app, monkeypatch)


def test_a_quick_page_is_made_where_its_request_comes_in(door: OpenDoor) -> None:
    door.tell(lambda: door.start("/quick"))
    assert door.made_by == [HERE] and door.answer == (200, b"made")


def test_a_page_that_writes_is_made_by_another_thread(door: OpenDoor) -> None:
    door.view = lambda: database().run("INSERT INTO roles (name) VALUES ('written')")
    door.tell(lambda: door.start("/quick"))
    assert door.made_by == [HERE, READER] and door.answer == (200, b"1")


def test_a_page_that_must_sweep_first_is_made_by_another_thread(app: Flask, clock: Clock, door: OpenDoor) -> None:
    clock.advance(minutes=2)
    door.tell(lambda: door.start("/quick"))
    assert door.made_by == [READER] and door.answer == (200, b"made")
    assert app.extensions["swept"][0] == clock()


def test_a_locked_file_keeps_only_those_waiting_who_read_it(door: OpenDoor, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db", isolation_level=None, check_same_thread=False)
    other.executescript("CREATE TABLE notes (id); BEGIN EXCLUSIVE")

    def read() -> Any:
        database().one("ATTACH :file AS other", file=str(tmp_path / "other.db"))
        return database().one("SELECT COUNT(*) FROM other.notes")

    async def story() -> None:
        asked = asyncio.create_task(door.start("/quick"))
        while len(door.made_by) < 2:
            await asyncio.sleep(0.001)
        other.close()
        await asked

    door.view = read
    door.tell(story)
    assert door.made_by == [HERE, READER] and door.answer == (200, b"(0,)")


def test_a_page_that_was_slow_is_left_to_other_threads_for_a_while(
    door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(pace, "monotonic", lambda: now[0])

    def take(seconds: float) -> None:
        now[0] += seconds

    async def story() -> None:
        for took, then in ((0.004, 0), (3.0, 299), (3.0, 2), (0.004, 0)):
            door.view = lambda took=took: take(took)
            await door.start("/quick")
            take(then)

    door.tell(story)
    assert door.made_by == [HERE, HERE, READER, HERE]


def test_only_reading_a_page_with_the_mark_is_quick(app: Flask, door: OpenDoor) -> None:
    kept = Pace(app)
    assert kept.is_quick("/dashboard") and kept.is_quick("/quick")
    assert not kept.is_quick("/admin") and not kept.is_quick("/nothing")
    door.tell(lambda: door.start("/quick", b"name=value"))
    assert door.made_by == [] and door.answer[0] == 405
