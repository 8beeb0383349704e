"""Several servers on one database are one: what one of them knows, the others know."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures import PASSWORD, WRONG
from tests.server import Server
from tests.visitor import Visitor


@pytest.fixture
def servers(start_server: Callable[..., Server]) -> Iterator[list[Server]]:
    """Two, each with a worker of its own, started at once on an empty database."""
    with ThreadPoolExecutor(2) as threads:
        yield list(threads.map(lambda _: start_server(WORKERS="1"), range(2)))


def test_two_servers_are_one(servers: list[Server]) -> None:
    one, other = (server.url for server in servers)
    alice = Visitor(one)
    assert alice.sign_up("alice").status == 303
    # Sessions: begun at one, known to the other, ended there.
    alice.url = other
    assert alice.log_in("alice").status == 303
    alice.url = one
    assert "Welcome back, alice!" in alice.visit("/dashboard").text
    # Events.
    assert "Signed up" in alice.visit("/account/activity").text
    alice.url = other
    assert "Logged in" in alice.visit("/account/activity").text
    assert alice.submit("/logout").status == 303
    alice.url = one
    assert alice.visit("/dashboard").status == 303
    # Throttles: five tries in all, and a browser known at one is known at the other.
    stranger = Visitor(one)
    statuses = []
    for number in range(6):
        stranger.url = (one, other)[number % 2]
        statuses.append(stranger.log_in("alice", WRONG).status)
    assert statuses == [422] * 5 + [429]
    assert int(stranger.headers["Retry-After"]) > 200
    assert alice.log_in("alice", PASSWORD).status == 303


def test_a_refusal_is_held_for_a_second(servers: list[Server]) -> None:
    stranger = Visitor(servers[0].url)
    for _ in range(5):
        stranger.log_in("alice", WRONG)
    stranger.visit("/login")
    began = time.monotonic()
    assert stranger.log_in("alice", WRONG).status == 429
    assert time.monotonic() - began >= 1
