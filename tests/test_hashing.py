"""The hashing pool: how many passwords are checked at once, and what those are told who would wait too long."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, sign_up
from tests.server import ROOT
from webapp.accounts import hashing, passwords
from webapp.accounts.hashing import MOST_WAITING, Busy, Pool

HOLDER = """
import sys, time
from pathlib import Path
from webapp.accounts.hashing import Lock
with Lock(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(60)
"""

IN_HAND = """
import sys, time
from pathlib import Path
from webapp.accounts.hashing import InHand
in_hand = InHand()
in_hand.share(Path(sys.argv[1]))
with in_hand.of(("account alice",)):
    print("held", flush=True)
    time.sleep(60)
"""


class Line:
    """Jobs that stand before a pool of one slot whose first job is under way until `go`."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.order, self.refused = pool, [], []
        self._gate = threading.Event()
        self._threads = ThreadPoolExecutor(32)
        self.add("first", waits=True)
        while not pool.running:
            time.sleep(0.001)

    def add(self, name: str, known: bool = False, waits: bool = False) -> None:
        before = self.pool.waiting, self.pool.running, len(self.refused)
        self._threads.submit(self._ask, name, known, waits)
        while (self.pool.waiting, self.pool.running, len(self.refused)) == before:
            time.sleep(0.001)

    def go(self) -> None:
        self._gate.set()
        self._threads.shutdown(wait=True)

    def _ask(self, name: str, known: bool, waits: bool) -> None:
        try:
            self.pool.done(lambda: (self._gate.wait() if waits else None, self.order.append(name)), known)
        except Busy:
            self.refused.append(name)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line(Pool(1))
    yield line
    line.go()


def test_who_is_known_waits_for_no_stranger(line: Line) -> None:
    line.add("stranger")
    line.add("another stranger")
    line.pool.done(lambda: line.order.append("known"), known=True)
    assert line.order == ["known"]
    line.go()
    assert line.order == ["known", "first", "stranger", "another stranger"]


def test_who_would_wait_too_long_is_told_at_once_and_the_known_have_places_of_their_own(line: Line) -> None:
    for number in range(MOST_WAITING):
        line.add(f"stranger {number}")
    line.add("one too many")
    assert line.refused == ["one too many"]
    line.pool.done(lambda: line.order.append("known"), known=True)
    line.go()
    assert line.order[:2] == ["known", "first"] and len(line.order) == MOST_WAITING + 2


def test_the_known_are_too_many_at_some_time_too(line: Line) -> None:
    line.add("a known one", known=True, waits=True)
    while line.pool.running < 2:
        time.sleep(0.001)
    for number in range(MOST_WAITING):
        line.add(f"known {number}", known=True)
    line.add("one too many", known=True)
    assert line.refused == ["one too many"]
    line.add("stranger")
    line.go()
    assert len(line.order) == MOST_WAITING + 3


def test_who_waits_for_what_does_not_move_is_told_after_a_while(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "PATIENCE", 0.05)
    with pytest.raises(Busy):
        line.pool.done(lambda: line.order.append("late"), known=False)
    line.go()
    assert line.order == ["first"]


def test_an_error_is_that_of_whoever_asked() -> None:
    pool = Pool(1)
    with pytest.raises(ZeroDivisionError):
        pool.done(lambda: 1 / 0, known=False)
    assert pool.done(lambda: "next", known=False) == "next"


def test_all_processes_together_make_no_more_than_the_machine_has_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "MOST_WAITING", 100)
    under_way, most, owners = [], [], []
    pools = [Pool(2) for _ in range(3)]
    for pool in pools:
        pool.share(tmp_path)

    def work(owner: int) -> None:
        under_way.append(owner)
        most.append(len(under_way))
        time.sleep(0.01)
        owners.append(under_way.pop())

    with ThreadPoolExecutor(9) as threads:
        list(threads.map(lambda number: pools[number % 3].done(lambda: work(number % 3), False), range(60)))
    assert max(most) == 2 and len(owners) == 60


def test_processes_take_turns(tmp_path: Path) -> None:
    pools, owners = [Pool(1), Pool(1)], []
    for pool in pools:
        pool.share(tmp_path)

    def work(owner: int) -> None:
        time.sleep(0.005)
        owners.append(owner)

    def ask(owner: int) -> None:
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda _: pools[owner].done(lambda: work(owner), False), range(20)))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(ask, range(2)))
    turns = sum(one != other for one, other in itertools.pairwise(owners[5:31]))
    assert turns > 12, owners


def test_a_slot_is_free_again_when_its_process_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(1)
    pool.share(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "hashing-0")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with monkeypatch.context() as patch:
            patch.setattr(hashing, "PATIENCE", 0.2)
            with pytest.raises(Busy):
                pool.done(lambda: "held by nobody", known=False)
        holder.send_signal(signal.SIGKILL)
    assert pool.done(lambda: "free", known=False) == "free"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priorities")
def test_pages_go_first() -> None:
    niceness = Pool(1).done(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), known=False)
    assert niceness == max(hashing.NICENESS, os.getpriority(os.PRIO_PROCESS, 0))


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on the queue of strangers is full."""

    def crowd() -> None:
        real = hashing.pool.done

        def done(work: Callable[[], Any], known: bool, keys: tuple[str, ...] = ()) -> Any:
            if not known:
                raise Busy
            return real(work, known, keys)

        monkeypatch.setattr(hashing.pool, "done", done)

    return crowd


def test_a_busy_log_in_brings_the_form_back_and_is_no_failed_attempt(
    app: Flask, browser: Browser, db: Database, crowded: Callable[[], None]
) -> None:
    sign_up(Browser(app), "alice")
    crowded()
    for _ in range(12):
        log_in(browser, "alice")
        assert browser.answer.status_code == 503 and int(browser.answer.headers["Retry-After"]) > 0
        assert browser.value("email") == "alice@example.com" and PASSWORD not in browser.answer.text
        assert "Too many people are logging in just now" in browser.text()
    assert not db.all("SELECT 1 FROM events WHERE kind = 'login_failed'")
    assert not db.all("SELECT 1 FROM throttles WHERE number > 0 AND kind NOT IN ('sign-ups', 'ratings')")


def test_a_busy_sign_up_brings_the_form_back(browser: Browser, crowded: Callable[[], None], db: Database) -> None:
    crowded()
    sign_up(browser, "alice")
    assert browser.answer.status_code == 503 and browser.value("username") == "alice"
    assert not db.all("SELECT 1 FROM users")


def test_an_unknown_address_waits_in_the_same_queue(browser: Browser, crowded: Callable[[], None]) -> None:
    crowded()
    assert log_in(browser, "nobody").answer.status_code == 503


def test_a_known_browser_gets_in_through_the_crowd(alice: Browser, crowded: Callable[[], None]) -> None:
    alice.visit("/logout").submit("logout-form")
    crowded()
    assert log_in(alice, "alice").path == "/dashboard"


def test_whoever_is_logged_in_is_known(alice: Browser, crowded: Callable[[], None], clock: Clock) -> None:
    crowded()
    alice.visit("/confirm").submit("confirm-form", password=PASSWORD)
    assert alice.path == "/dashboard"
    alice.visit("/account/password")
    alice.submit("password-change-form", current_password=PASSWORD, new_password="staple horse battery")
    assert "Your password is changed." in alice.flashes()[0]
    alice.visit("/account/delete").submit("deletion-form", password="staple horse battery")
    assert "Your account is kept until" in alice.flashes()[0]


def test_an_old_hash_is_renewed_another_time_when_many_wait(
    app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_up(Browser(app), "alice")
    old = db.one("SELECT password FROM users")
    monkeypatch.setattr(passwords, "ITERATIONS", 1001)
    real = passwords.hashed

    def busy(*_: object, **__: object) -> str:
        raise Busy

    monkeypatch.setattr(passwords, "hashed", busy)
    assert log_in(browser, "alice").path == "/dashboard" and db.one("SELECT password FROM users") == old
    monkeypatch.setattr(passwords, "hashed", real)
    browser.visit("/logout").submit("logout-form")
    assert log_in(browser, "alice").path == "/dashboard" and db.one("SELECT password FROM users") != old


def test_an_app_that_starts_while_another_ones_hash_is_made_breaks_nothing(tmp_path: Path) -> None:
    pool = Pool(1)
    pool.share(tmp_path)
    line = Line(pool)
    (tmp_path / "other").mkdir()
    pool.share(tmp_path / "other")
    line.go()
    assert line.order == ["first"]
    assert pool.done(lambda: "done", known=False) == "done"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_: object) -> None:
        raise OSError("no locks available")

    pool = Pool(1)
    pool.share(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(hashing, "PATIENCE", 0.1)
        broken.setattr(hashing.Lock, "held", break_down)
        with pytest.raises(Busy):
            pool.done(lambda: "done", known=False)
    assert pool.done(lambda: "done", known=False) == "done"


def test_a_pool_whose_threads_could_not_start_works_once_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(1)

    def fails(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fails)
        for _ in range(2 * MOST_WAITING):
            with pytest.raises(RuntimeError):
                pool.done(lambda: None, known=False)
    assert pool.done(lambda: "done", known=False) == "done"


@pytest.mark.parametrize(
    "keys",
    [
        [("account alice", f"network {number}") for number in range(12)],
        [(f"account {number}", "network 203.0.113.7") for number in range(12)],
    ],
)
def test_one_password_of_an_account_or_network_is_in_hand_and_one_may_wait(
    monkeypatch: pytest.MonkeyPatch, keys: list[tuple[str, ...]]
) -> None:
    monkeypatch.setattr(hashing, "TURN_PATIENCE", 60)
    pool, go_on, under_way, most, refused = Pool(12), threading.Event(), [], [], []

    def work() -> None:
        under_way.append(1)
        most.append(len(under_way))
        go_on.wait()
        under_way.pop()

    def ask(own: tuple[str, ...]) -> None:
        try:
            pool.done(work, False, own)
        except Busy:
            refused.append(own)

    with ThreadPoolExecutor(len(keys)) as threads:
        for own in keys:
            threads.submit(ask, own)
        while len(refused) < len(keys) - 2:
            time.sleep(0.001)
        go_on.set()
    assert most == [1, 1] and len(refused) == len(keys) - 2


def test_those_of_others_are_made_beside_it() -> None:
    pool, together = Pool(2), threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        keys = [("account alice", "network 1"), ("account bob", "network 2")]
        assert list(threads.map(lambda own: pool.done(lambda: together.wait(10) >= 0, False, own), keys)) == [True] * 2


def test_one_person_with_many_connections_keeps_nobody_out(line: Line) -> None:
    """All places of the known were taken by one account with its right password, from five browsers."""
    held = threading.Event()
    with ThreadPoolExecutor(24) as threads:
        for _ in range(20):
            threads.submit(line.pool.done, held.wait, True, ("account mallory", "network 203.0.113.7"))
        owner = threads.submit(line.pool.done, lambda: "in", True, ("account alice", "network 198.51.100.1"))
        while line.pool.waiting < 1:
            time.sleep(0.001)
        assert line.pool.waiting <= 2
        held.set()
        assert owner.result(10) == "in"


def test_who_waits_for_their_own_is_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "TURN_PATIENCE", 0.05)
    pool, gate = Pool(1), threading.Event()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.done, gate.wait, False, ("account alice",))
        while not pool.running:
            time.sleep(0.001)
        with pytest.raises(Busy):
            pool.done(lambda: None, False, ("account alice",))
        gate.set()
        first.result()
    assert pool.done(lambda: "free", False, ("account alice",)) == "free"


def test_what_another_process_has_in_hand_is_in_hand_until_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "TURN_PATIENCE", 0.05)
    pool = Pool(1)
    pool.share(tmp_path)
    command = [sys.executable, "-c", IN_HAND, str(tmp_path / "hashing.keys")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        for _ in range(2):
            with pytest.raises(Busy):
                pool.done(lambda: None, False, ("network 1", "account alice"))
        assert pool.done(lambda: "in", False, ("network 1", "account bob")) == "in"
        holder.send_signal(signal.SIGKILL)
    assert pool.done(lambda: "free", False, ("network 1", "account alice")) == "free"


def test_a_lock_that_fails_leaves_none_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_hand, real = hashing.InHand(), hashing.fcntl.lockf
    in_hand.share(tmp_path / "hashing.keys")

    def lockf(file: Any, what: int, length: int, place: int) -> None:
        if place == hashing._place("network 1") and what != hashing.fcntl.LOCK_UN:
            raise OSError("no locks available")
        real(file, what, length, place)

    with monkeypatch.context() as patch:
        patch.setattr(hashing, "TURN_PATIENCE", 0.01)
        patch.setattr(hashing.fcntl, "lockf", lockf)
        with pytest.raises(Busy), in_hand.of(("account alice", "network 1")):
            pass
    command = [sys.executable, "-c", IN_HAND, str(tmp_path / "hashing.keys")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        holder.kill()
    assert in_hand._file is not None
    in_hand._file.close()


def test_who_signs_up_with_anothers_address_is_not_in_their_way(
    browser: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(hashing.pool, "done", lambda work, known, keys=(): asked.append(keys) or work())
    sign_up(browser, "alice")
    assert asked == [("rating 127.0.0.1",), ("network 127.0.0.1",)]
    asked.clear()
    log_in(Browser(app), "alice")
    assert asked == [("account alice@example.com, strangers", "network 127.0.0.1")]


def test_a_log_in_names_its_account_and_its_network_and_the_command_line_neither(
    browser: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(browser, "alice")
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(hashing.pool, "done", lambda work, known, keys=(): asked.append(keys) or work())
    log_in(browser, "alice")
    browser.visit("/confirm").submit("confirm-form", password=PASSWORD)
    assert asked == [
        ("account alice@example.com", "network 127.0.0.1"),
        ("account alice@example.com", "network 127.0.0.1"),
    ]
    asked.clear()
    app.test_cli_runner().invoke(args=["user", "create", "bob@example.com"], input=f"{PASSWORD}\n")
    assert asked == [(), ()]
