"""A PostgreSQL that is silent: frozen, cut off without a word, or in the middle of somebody's transaction."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from flask import Flask

from db import Conflict, Database, Locked, Unavailable, Unknown, connect, users
from db.migrate import migrate
from db.postgres.connection import SOON
from tests.browser import Browser
from tests.clusters import Cluster, primary, print_figure
from tests.fixtures import logged_in
from tests.server import QUICK, Server
from tests.visitor import Visitor
from tests.waiting import until
from webapp.database import retried

# In seconds: how long a visitor waits at most while the database is silent, and until all is well again. Promised are 3
# and 5; a machine that runs other tests beside may take twice that.
REFUSED, WELL_AGAIN = 6.0, 10.0
WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass"
FAILS_ONCE = """
CREATE SEQUENCE tries;
CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('tries') = 1 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '{code}'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fails_once BEFORE UPDATE OF username ON users FOR EACH ROW EXECUTE FUNCTION fail_once();
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with primary() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("served"), cluster.url, TRUSTED_PROXIES="1", THREADS="4")
    server.command = QUICK
    with server:
        yield server


def _timed(server: Server, path: str) -> tuple[str, int, float]:
    began = time.monotonic()
    status = server.ask("GET", path).status
    return path, status, time.monotonic() - began


def test_a_frozen_database_keeps_nobody_waiting(cluster: Cluster, served: Server) -> None:
    alice = Visitor(served.url)
    assert alice.sign_up("alice").status == 303 and alice.log_in("alice").status == 303
    bob = Visitor(served.url).visit("/signup")
    with ThreadPoolExecutor(12) as people:
        cluster.freeze()
        try:
            waits = [people.submit(_timed, served, path) for path in ["/healthz", "/login", "/dashboard"] * 4]
            dashboard, signup = people.submit(alice.visit, "/dashboard"), people.submit(bob.sign_up, "bob")
            answers = [each.result() for each in waits]
            assert {(path, status) for path, status, _ in answers} == {
                ("/healthz", 503), ("/login", 200), ("/dashboard", 303)
            }  # fmt: skip
            assert dashboard.result().status == 503
            assert signup.result().status == 503 and 'value="bob@example.com"' in signup.result().text
            # By now it is known, and nobody waits for more than the second that keeps a refused client away.
            known = [_timed(served, "/healthz"), _timed(served, "/login")]
        finally:
            cluster.thaw()
    longest, well = max(seconds for *_, seconds in answers), _until_well(served)
    assert max(seconds for *_, seconds in known) < REFUSED
    print_figure(f"a frozen database: the longest answer took {longest:.1f} s, and all was well {well:.1f} s after it")
    assert longest < REFUSED and well < WELL_AGAIN
    assert alice.visit("/dashboard").status == 200
    assert bob.sign_up("bob").status == 303
    assert cluster.ask("SELECT count(*) FROM users WHERE username IN ('alice', 'bob')") == 2
    assert "ERROR the database neither answers nor refuses" in served.log
    until(lambda: "WARNING the database answers again, after" in served.log)


def _until_well(server: Server) -> float:
    """How long it took, with each of the server's processes: the system chooses which of them is asked."""
    began = well_since = time.monotonic()
    good = 0
    while good < 16:
        is_well = server.ask("GET", "/healthz").status == 200
        good, well_since = (good + 1, well_since) if is_well else (0, time.monotonic())
        assert well_since - began < 30
    return well_since - began


def test_the_first_who_asks_a_frozen_database_is_answered_in_time(cluster: Cluster, served: Server) -> None:
    _until_well(served)
    cluster.freeze()
    try:
        first = _timed(served, "/healthz")
        print_figure(f"a frozen database: /healthz said {first[1]} after {first[2]:.1f} s")
        assert first[1] == 503 and first[2] < REFUSED
    finally:
        cluster.thaw()
    _until_well(served)


def test_the_numbers_say_that_the_database_is_silent(cluster: Cluster, served: Server) -> None:
    assert b"latchkey_database_up 1.0" in served.ask("GET", "/metrics").text
    cluster.freeze()
    try:
        assert b"latchkey_database_up 0.0" in served.ask("GET", "/metrics").text
    finally:
        cluster.thaw()
    _until_well(served)


@pytest.fixture
def db(cluster: Cluster) -> Iterator[Database]:
    with closing(connect(cluster.url)) as db:
        migrate(db)
        yield db


def test_a_slow_statement_of_a_server_that_is_well_is_waited_for(db: Database) -> None:
    assert db.one("SELECT 1 FROM pg_sleep(:seconds)", seconds=4 * SOON) == (1,)


def test_a_cut_without_a_word_is_noticed_by_what_is_sent_and_by_what_is_waited_for(db: Database) -> None:
    with db.transaction():
        descriptor = db._open_connection().fileno()
    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
        idle, between, times, unanswered = (
            connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names
        )
    assert idle + between * times < 15 and unanswered < 15_000


def test_a_number_that_a_crash_took_away_is_not_taken_for_anothers(cluster: Cluster, db: Database) -> None:
    """Numbers that were not on the disk yet are given to other transactions."""
    cluster.set("wal_writer_delay", "10000")
    sent = []

    def interrupted() -> None:
        with db.transaction():
            users.add(db, "unlucky", "unlucky@example.com", "x")
            sent.append(db._commits.transaction_id(db._open_connection()))
            cluster.crash(*(db.one("SELECT pg_backend_pid()") or ()))
            users.count(db)

    def is_anothers() -> bool:
        """Whether the number was not on the disk; if it was, it is nobody else's, and the crash comes again."""
        with pytest.raises(Unavailable):
            interrupted()
        cluster.use_numbers()
        return bool(cluster.ask(f"SELECT txid_status({sent[-1].txid})") == "committed")

    until(is_anothers)
    with pytest.raises(Unknown):
        db._commits.is_done(sent[-1], Unavailable("no answer"))


def test_a_server_that_tells_less_is_said_so_and_nobody_is_told_a_guess(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.ask("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    try:
        with closing(connect(cluster.url)) as db:
            assert "this server does not tell what became of a commit without an answer" in caplog.text
            with db.transaction():
                users.add(db, "hired", "hired@example.com", "x")
                sent = db._commits.transaction_id(db._open_connection())
            with pytest.raises(Unknown):
                db._commits.is_done(sent, Unavailable("no answer"))
    finally:
        cluster.ask("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")


def test_a_transaction_whose_client_is_gone_keeps_no_row(cluster: Cluster, db: Database) -> None:
    assert db.one("SHOW idle_in_transaction_session_timeout") == ("10s",)
    with db.transaction():
        alice = users.add(db, "alone", "alone@example.com", "x")

    def stay_away() -> None:
        with other.transaction():
            other.run("SET LOCAL idle_in_transaction_session_timeout = 100")
            users.lock(other, alice)
            with db.transaction():
                users.lock(db, alice)
            users.lock(other, alice)

    with closing(connect(cluster.url)) as other, pytest.raises(Unavailable):
        stay_away()


def test_a_migration_gives_way_to_those_behind_it_and_comes_again(
    cluster: Cluster, db: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("db.migrate.PAUSE", 0.1)
    (tmp_path / "0001_more.sql").write_text("ALTER TABLE users ADD COLUMN more TEXT;")
    with ThreadPoolExecutor(1) as thread, psycopg.connect(cluster.url) as export:
        export.execute("SELECT count(*) FROM users")
        migration = thread.submit(migrate, db, tmp_path, "tests/")
        cluster.until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
        assert users.count(db) >= 0, "whoever comes after it is answered"
        until(lambda: "waits: another program, such as a backup, or a page holds its tables" in caplog.text)
        export.commit()
        assert migration.result(timeout=60) == ["0001_more.sql"]
    assert db.one("SELECT count(more) FROM users") == (0,)


def test_one_that_meets_a_page_half_way_lets_it_go_first(cluster: Cluster, db: Database, tmp_path: Any) -> None:
    """The page holds users and wants sessions, the migration the other way round."""
    (tmp_path / "0003_both.sql").write_text("ALTER TABLE sessions ADD x TEXT;\nALTER TABLE users ADD x TEXT;\n")
    with ThreadPoolExecutor(1) as thread, psycopg.connect(cluster.url) as page:
        page.execute("UPDATE users SET password = password")
        migration = thread.submit(migrate, db, tmp_path, "tests/")
        until(lambda: page.execute(WAITS).fetchone() is not None)
        page.execute("SELECT count(*) FROM sessions")
        page.commit()
        assert migration.result(timeout=60) == ["0003_both.sql"]


def test_one_that_finds_no_gap_stops_the_start(
    cluster: Cluster, db: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.migrate.TRIES", 1)
    (tmp_path / "0002_most.sql").write_text("ALTER TABLE users ADD COLUMN most TEXT;")
    with psycopg.connect(cluster.url) as export:
        export.execute("SELECT count(*) FROM users")
        with pytest.raises(Locked):
            migrate(db, tmp_path, "tests/")


@pytest.fixture(params=["40001", "40P01"], ids=["serialization", "deadlock"])
def in_the_way(request: pytest.FixtureRequest, app: Flask) -> None:
    """The first try to change a user name ends as one of two transactions that are in each other's way does."""
    db = app.extensions["database"]
    with db.transaction():
        db.script(FAILS_ONCE.format(code=request.param))


def test_who_was_in_anothers_way_is_not_asked_to_send_the_form_again(
    app: Flask, htmx: bool, in_the_way: None, caplog: pytest.LogCaptureFixture
) -> None:
    alice = logged_in(Browser(app, htmx), "alice").visit("/account")
    caplog.set_level("INFO")
    assert "alicia" in " ".join(alice.submit("username-form", username="alicia").flashes())
    assert caplog.text.count("in each other's way") == 1
    events = app.extensions["database"].all("SELECT kind FROM events WHERE kind = 'username_changed'")
    assert len(events) == 1


def test_a_view_that_has_committed_something_is_not_called_again(app: Flask) -> None:
    """It would find its own code used."""
    calls = []

    def view() -> None:
        calls.append("called")
        with app.extensions["database"].transaction():
            users.add(app.extensions["database"], "alice", "alice@example.com", "x")
        raise Conflict("in the way")

    with app.app_context(), pytest.raises(Conflict):
        retried(view)
    assert calls == ["called"]


def test_of_two_who_wait_for_each_other_one_goes_first(db: Database, cluster: Cluster) -> None:
    with db.transaction():
        pair = [users.add(db, name, f"{name}@example.com", "x") for name in ("left", "right")]
    met, outcomes = threading.Barrier(2, timeout=30), Counter[str]()

    def lock(first: int, second: int) -> None:
        try:
            with db.transaction():
                users.lock(db, first)
                met.wait()
                users.lock(db, second)
            outcomes["done"] += 1
        except Conflict:
            outcomes["in the way"] += 1

    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(lock, *pair), both.submit(lock, *pair[::-1])]:
            done.result()
    assert outcomes == {"done": 1, "in the way": 1}
