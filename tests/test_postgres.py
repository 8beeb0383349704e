"""PostgreSQL and its troubles: restarted, gone, silent, cut off at the very moment of a COMMIT."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask

from db import Database, Unavailable, Unfit, connect, users
from db.postgres.pool import PATIENCE
from tests.browser import Browser
from tests.fixtures import POSTGRES, logged_in, sign_up
from tests.test_pace import OpenDoor


class Way:
    """The network between the app and the server, which can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.is_cut, self.cuts_at_commit, self.stays_cut = False, False, False
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for pair in self._pairs:
            _close(pair)

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                if self.is_cut:
                    client.close()
                    continue
                pair = client, socket.create_connection(self._server)
                self._pairs.append(pair)
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while True:
                for one in select.select([client, server], [], [])[0]:
                    sent = one.recv(65536)
                    if not sent:
                        return _close((client, server))
                    other = server if one is client else client
                    other.sendall(sent)
                    if self.cuts_at_commit and one is client and b"COMMIT" in sent:
                        self._cut_at_commit(client, server)

    def _cut_at_commit(self, client: socket.socket, server: socket.socket) -> None:
        """The server has done it, and nobody hears of that."""
        server.recv(65536)
        self.cuts_at_commit, self.is_cut = False, self.stays_cut
        _close((client, server))


def _close(pair: tuple[socket.socket, ...]) -> None:
    for one in pair:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.fixture
def way(settings: dict[str, Any]) -> Iterator[Way]:
    parts = urlsplit(settings["DATABASE_URL"])
    way = Way(str(parts.hostname), parts.port or 5432)
    settings["DATABASE_URL"] = parts._replace(netloc=f"{parts.username}@127.0.0.1:{way.port}").geturl()
    yield way
    way.close()


def test_a_restarted_server_is_found_again_at_once(app: Flask, db: Database) -> None:
    alice = logged_in(Browser(app), "alice")
    pid = db.one("SELECT pg_backend_pid()")
    assert pid is not None
    with psycopg.connect(POSTGRES or "", autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", pid)
    assert alice.visit("/dashboard").heading() == "Welcome back, alice!"


def test_an_act_takes_a_connection_that_lives(app: Flask, db: Database, htmx: bool) -> None:
    alice = logged_in(Browser(app, htmx), "alice").visit("/account")
    pid = db.one("SELECT pg_backend_pid()")
    assert pid is not None
    with psycopg.connect(POSTGRES or "", autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", pid)
    assert "alicia" in " ".join(alice.submit("username-form", username="alicia").flashes())


def test_a_write_without_a_transaction_is_not_tried_twice(app: Flask, db: Database) -> None:
    pid = db.one("SELECT pg_backend_pid()")
    assert pid is not None
    with psycopg.connect(POSTGRES or "", autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", pid)
    with pytest.raises(Unavailable):
        db.one("INSERT INTO roles (name) VALUES ('editor') RETURNING name")
    assert db.one("INSERT INTO roles (name) VALUES ('editor') RETURNING name") == ("editor",)


def test_a_server_that_is_gone_is_503_with_the_form_within_a_second_or_two(way: Way, app: Flask, htmx: bool) -> None:
    browser = Browser(app, htmx).visit("/signup")
    way.cut()
    began = time.monotonic()
    fields = {"username": "alice", "email": "alice@example.com", "password": "correct horse battery"}
    browser.submit("signup-form", **fields)
    assert time.monotonic() - began < 3 * PATIENCE
    assert browser.answer.status_code == 503 and browser.value("email") == "alice@example.com"
    assert app.test_client().get("/login").status_code == 200
    way.is_cut = False
    browser.submit("signup-form", password="correct horse battery")
    assert browser.path == "/login"


def test_a_commit_whose_answer_was_lost_is_looked_up(way: Way, app: Flask, db: Database, htmx: bool) -> None:
    browser = Browser(app, htmx).visit("/signup")
    way.cuts_at_commit = True
    sign_up(browser, "alice")
    # The first COMMIT of a sign-up is the one that makes the account.
    assert browser.path == "/login" and browser.flashes() == ["Account created! Please log in."]
    assert users.count(db) == 1
    assert db.one("SELECT count(*) FROM events WHERE kind = 'signed_up'") == (1,)


def test_where_it_cannot_be_looked_up_the_form_that_is_sent_again_succeeds(way: Way, app: Flask, htmx: bool) -> None:
    browser = Browser(app, htmx).visit("/signup")
    way.cuts_at_commit = way.stays_cut = True
    fields = {"username": "alice", "email": "alice@example.com", "password": "correct horse battery"}
    browser.submit("signup-form", **fields)
    assert browser.answer.status_code == 503 and browser.value("username") == "alice"
    way.is_cut = False
    browser.submit("signup-form", password="correct horse battery")
    assert browser.path == "/login" and users.count(app.extensions["database"]) == 1


def test_a_rolled_back_transaction_is_not_taken_for_done(way: Way, settings: dict[str, Any], app: Flask) -> None:
    database = app.extensions["database"]

    def interrupted() -> None:
        with database.transaction():
            users.add(database, "alice", "alice@example.com", "x")
            way.cut()
            way.is_cut = False
            users.count(database)

    with pytest.raises(Unavailable):
        interrupted()
    assert users.count(database) == 0


def test_what_cannot_be_reached_stops_the_start_within_seconds() -> None:
    with pytest.raises(Unavailable, match="port 1 failed: Connection refused"):
        connect("postgresql://nobody@127.0.0.1:1/x")


def test_a_url_that_is_none_is_not_repeated_since_it_holds_the_password() -> None:
    with pytest.raises(Unfit, match=r"^no valid URL$"):
        connect("postgresql://latchkey:se%cret@127.0.0.1/x")


def test_a_quick_page_has_a_thread_too_as_it_waits_for_the_network(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    door = OpenDoor(app, monkeypatch)
    door.tell(lambda: door.start("/quick"))
    assert door.made_by == ["worker"]
