"""A real server that is killed or stopped while mails go out loses none, and sends none anew that it has noted."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from db import Database
from tests.relay import Relay
from tests.server import Server
from tests.test_sender import taken, waiting, write
from tests.waiting import until

# No relay here is slower, on however busy a machine.


@pytest.fixture
def start(start_server: Callable[..., Server], relay: Relay) -> Callable[[], Server]:
    """Start a server that sends its mail to the relay."""
    return lambda: start_server(MAIL_URL=relay.url, MAIL_FROM="id@example.org")


@pytest.fixture
def outbox(start: Callable[[], Server]) -> Iterator[tuple[Server, Database]]:
    with closing((server := start()).database()) as db:
        yield server, db


def kill(server: Server) -> None:
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def end_leases(db: Database) -> None:
    """As if two minutes had gone by."""
    db.run("UPDATE outbox SET leased_until = '2000-01-01 00:00:00' WHERE leased_until IS NOT NULL")


def test_whenever_it_is_killed_each_mail_arrives_and_what_comes_twice_has_one_id(
    outbox: tuple[Server, Database], start: Callable[[], Server], relay: Relay
) -> None:
    server, db = outbox
    # Before a sender has looked.
    write(db, "alice")
    kill(server)
    server = start()
    until(lambda: waiting(db) == [], "what waited was not sent")
    # While the relay thinks about one, and others wait for it.
    relay.thinks = 600
    write(db, "bob", "charlie", "dave")
    until(lambda: "bob" in taken(relay), "it was not tried")
    kill(server)
    relay.restart()
    relay.thinks = 0
    end_leases(db)
    server = start()
    until(lambda: waiting(db) == [], "what was in flight was not sent")
    # While the relay is down.
    relay.stop()
    write(db, "eve")
    until(lambda: db.one("SELECT 1 FROM outbox WHERE attempts > 0 AND sent_at IS NULL") is not None, "it was not tried")
    kill(server)
    relay.start()
    end_leases(db)
    start()
    until(lambda: waiting(db) == [], "what was put off was not sent")
    assert set(taken(relay)) == {"alice", "bob", "charlie", "dave", "eve"}
    assert len({mail.id for mail in relay.mails}) == 5
    twice = {name for name in taken(relay) if taken(relay).count(name) > 1}
    assert "bob" in twice and twice <= {"bob", "charlie", "dave"}


def test_asked_to_stop_it_ends_with_the_mail_in_hand(outbox: tuple[Server, Database], relay: Relay) -> None:
    server, db = outbox
    relay.thinks = 2
    write(db, "alice", "bob", "charlie", "dave", "eve")
    until(lambda: relay.mails != [], "none was sent")
    server.stop()
    assert len(taken(relay)) < 5 and len(taken(relay)) + len(waiting(db)) == 5
    assert len({mail.id for mail in relay.mails}) == len(relay.mails)
    assert db.one("SELECT count(*) FROM outbox WHERE lease IS NOT NULL") == (0,)
