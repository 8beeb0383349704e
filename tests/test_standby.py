"""A primary with a synchronous standby: COMMITs that wait for it, and the failover from one to the other."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Unavailable, connect
from db.postgres.commits import RECOVERY
from db.postgres.connection import COMMIT
from tests.browser import Browser
from tests.clusters import Cluster, primary, print_figure, standby
from tests.fixtures import PASSWORD, Clock, guess, log_in, logged_in
from tests.postgres import ROLE
from tests.server import QUICK, Server
from tests.test_crash import Newcomers
from tests.visitor import Visitor
from tests.waiting import until

UNKNOWN = "We cannot tell whether this was done."
BUSY = "We cannot answer this just now. Nothing was lost; try again in a few seconds."


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    with primary() as first, standby(first) as second:
        yield first, second


@pytest.fixture
def settings(pair: tuple[Cluster, Cluster], tmp_path: Path, static: Path) -> dict[str, Any]:
    (tmp_path / "static").symlink_to(static)
    return {"INSTANCE": str(tmp_path), "DATABASE_URL": pair[0].url, "SECRET_KEY": "a key that serves the tests alone"}


def test_while_the_standby_is_away_pages_are_shown_and_acts_are_refused(
    pair: tuple[Cluster, Cluster], app: Flask, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = pair
    readers = [logged_in(Browser(app), f"reader{number}") for number in range(4)]
    newcomer, another = Browser(app).visit("/signup"), Browser(app).visit("/signup")
    second.freeze()
    try:
        clock.advance(minutes=2)
        began = time.monotonic()
        for reader in readers:
            assert reader.visit("/dashboard").answer.status_code == 200
        assert time.monotonic() - began < COMMIT
        began = time.monotonic()
        sign_up_again(newcomer, "newcomer")
        held = time.monotonic() - began
        assert newcomer.answer.status_code == 503 and UNKNOWN in newcomer.text()
        assert newcomer.value("email") == "newcomer@example.com"
        assert held < 2 * (COMMIT + RECOVERY)
        began = time.monotonic()
        sign_up_again(another, "another")
        refused = time.monotonic() - began
        assert another.answer.status_code == 503 and BUSY in another.text() and refused < COMMIT
        print_figure(f"an absent standby: the first act took {held:.1f} s, the next after {refused:.2f} s")
        # Nobody guesses meanwhile: what cannot be counted is not tried.
        assert guess(Browser(app), "reader0", 3) == [503] * 3
        assert "refused a log-in" not in caplog.text
        assert "latchkey_commits_waiting 1.0" in app.test_client().get("/metrics").text
        assert "a commit has no answer yet" in caplog.text
    finally:
        second.thaw()
    first.until("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", 0)
    sign_up_again(another, "another")
    assert another.path == "/login"
    assert "commits wait no longer" in caplog.text
    # It was done in the end, as the sentence had foreseen.
    assert log_in(newcomer, "newcomer").path == "/dashboard"


def test_a_standby_alone_stops_the_start(pair: tuple[Cluster, Cluster]) -> None:
    """Pages would be shown, and every act refused."""
    with pytest.raises(Unavailable, match="session is read-only"):
        connect(pair[1].url)


def sign_up_again(browser: Browser, name: str) -> None:
    browser.submit("signup-form", username=name, email=f"{name}@example.com", password=PASSWORD)


@pytest.fixture
def own_pair() -> Iterator[tuple[Cluster, Cluster]]:
    """For a test after which there is one of them left."""
    with primary() as first, standby(first) as second:
        yield first, second


@pytest.fixture
def served(own_pair: tuple[Cluster, Cluster], tmp_path: Path) -> Iterator[Server]:
    """A server that looks for whichever of the two takes writes."""
    first, second = own_pair
    both = (
        f"postgresql://{ROLE}@127.0.0.1:{first.port},127.0.0.1:{second.port}/postgres?target_session_attrs=read-write"
    )
    server = Server(tmp_path, both, TRUSTED_PROXIES="1")
    server.command = QUICK
    with server:
        yield server


def test_nobody_is_told_of_an_account_that_died_with_the_primary(
    own_pair: tuple[Cluster, Cluster], served: Server
) -> None:
    first, second = own_pair
    visitors = {
        f"lost{each}": Visitor(served.url, X_Forwarded_For=f"10.0.0.{each}").visit("/signup") for each in range(3)
    }
    second.stop()
    with ThreadPoolExecutor(3) as people:
        answers = {name: people.submit(visitor.sign_up, name) for name, visitor in visitors.items()}
        first.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        first.kill()
        second.start()
        _promote_with_other_numbers(second)
    assert {answer.result().status for answer in answers.values()} <= {303, 503}
    assert any(UNKNOWN in answer.result().text for answer in answers.values())
    # On a busy machine one of them may have come so late that the new primary has taken the account.
    welcomed = sorted(name for name, answer in answers.items() if answer.result().status == 303)
    assert second.ask("SELECT coalesce(string_agg(username, ' ' ORDER BY username), '') FROM users").split() == welcomed
    for name in set(answers) - set(welcomed):
        assert visitors[name].sign_up(name).status == 303
    assert second.ask("SELECT count(*) FROM users") == 3


def _promote_with_other_numbers(second: Cluster) -> None:
    """Before any server of ours comes back, others have used the numbers of the transactions that were lost."""
    access = second.place / "data/pg_hba.conf"
    said = access.read_text()
    access.write_text(f"host all {ROLE} 127.0.0.1/32 reject\n{said}")
    second.ask("SELECT pg_reload_conf()")
    second.promote()
    second.use_numbers()
    access.write_text(said)
    second.ask("SELECT pg_reload_conf()")


def test_who_was_welcomed_is_there_after_a_failover(own_pair: tuple[Cluster, Cluster], served: Server) -> None:
    first, second = own_pair
    people = [Newcomers(served, number) for number in range(4)]
    threads = [threading.Thread(target=each) for each in people]
    for thread in threads:
        thread.start()
    until(lambda: all(each.answers[303] > 2 for each in people))
    first.kill()
    before = [each.answers[303] for each in people]
    second.promote()
    began = time.monotonic()
    until(lambda: any(each.answers[303] > number for each, number in zip(people, before, strict=True)))
    took = time.monotonic() - began
    print_figure(f"a failover: the first act was done {took:.1f} s after the standby was promoted")
    assert took < 10
    until(lambda: all(each.answers[303] > number for each, number in zip(people, before, strict=True)))
    for each in people:
        each.stop.set()
    for thread in threads:
        thread.join()
    welcomed = sorted(name for each in people for name in each.welcomed)
    with closing(served.database()) as db:
        found = [name for (name,) in db.all("SELECT username FROM users ORDER BY username")]
        halves = "SELECT count(*) FROM users WHERE id NOT IN (SELECT user_id FROM events WHERE kind = 'signed_up')"
        assert db.one(halves) == (0,)
    assert set(welcomed) <= set(found) and len(found) == len(set(found))
    assert set().union(*(each.answers for each in people)) <= {303, 503}
