"""The dashboard over HTTP, from each server as its documentation starts it: calm, busy, and during a flood."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.bench import flood, peers, wrk
from tests.bench.flood import Flooded
from tests.bench.pages import SMALL_PAGE
from tests.bench.peers import WANTED
from tests.bench.report import Pace, Promise, middle, promise, table, unmeasured
from tests.bench.servers import Running, serve, serve_ours, wait
from tests.bench.wrk import Figures

COLUMNS = (
    "server", "4 connections, pages/s", "p99, ms", "16 connections, pages/s", "Latchkey is … × as fast",
    "during a flood, pages/s", "of the calm rate", "p99, ms",
)  # fmt: skip


class Measured(NamedTuple):
    """`flooded` is None where nobody can log in."""

    name: str
    calm: Figures
    busy: Figures
    flooded: Flooded | None


def measure(pace: Pace) -> list[Promise]:
    with serve_ours() as running:
        ours = _measured(running, pace)
        scattered = flood.middle_round(running, pace, scattered=True)
        device = flood.known_device(running, pace)
        small = _unflooded(f"… {SMALL_PAGE}, without the panel", running, pace, SMALL_PAGE)
    others = []
    for peer in peers.all_peers():
        with serve(peer) as running:
            others.append(_measured(running, pace))
    from_many = Measured("… flooded from 10,000 addresses", scattered.calm, ours.busy, scattered)
    rows = [_row(one, ours) for one in (ours, from_many, small, *others)]
    table("The dashboard over HTTP, and while 32 clients log in without pause", COLUMNS, rows)
    under = (*_under(ours.flooded, "one address"), *_under(scattered, "10,000 addresses"))
    return [*_against(ours, others), *under, device]


def _measured(running: Running, pace: Pace) -> Measured:
    if not running.login:
        return _unflooded(running.name, running, pace, "/dashboard")
    flooded = flood.middle_round(running, pace)
    return Measured(running.name, flooded.calm, _busy(running, pace, "/dashboard"), flooded)


def _unflooded(name: str, running: Running, pace: Pace, path: str) -> Measured:
    running.ada.check(path)
    return Measured(name, wrk.pages(running, pace.seconds, 4, path), _busy(running, pace, path), None)


def _busy(running: Running, pace: Pace, path: str) -> Figures:
    wait(running.url, path)
    return middle(pace.rounds, lambda: wrk.pages(running, pace.seconds, 16, path), lambda figures: figures.rate)


def _row(one: Measured, ours: Measured) -> list[str]:
    times = ours.busy.rate / one.busy.rate
    rates = [f"{one.calm.rate:,.0f}", f"{one.calm.p99:.1f}", f"{one.busy.rate:,.0f}", f"{times:.2f}"]
    if one.flooded is None:
        return [one.name, *rates, "–", "–", "–"]
    during = one.flooded.during
    return [one.name, *rates, f"{during.rate:,.1f}", f"{one.flooded.left:.1%}", _milliseconds(during.p99)]


def _against(ours: Measured, others: list[Measured]) -> Iterator[Promise]:
    rates = {one.name: one.busy.rate for one in others}
    for peer, least in WANTED:
        sentence = f"Dashboard, 16 connections: at least {least} × the rate of {peer.name}"
        if peer.name in rates:
            times = ours.busy.rate / rates[peer.name]
            yield promise(sentence, f"{times:.2f} ×", times >= least)
        else:
            yield unmeasured(sentence)


def _under(flooded: Flooded | None, origin: str) -> Iterator[Promise]:
    assert flooded
    p99, left = flooded.during.p99, flooded.left
    sentence = f"Dashboard during a flood of log-ins from {origin}"
    yield promise(f"{sentence}: keeps 35 % of its calm rate", f"{left:.1%}", left >= 0.35)
    yield promise(f"{sentence}: p99 at most 25 ms", f"{p99:.1f} ms" if p99 else "no page came", 0 < p99 <= 25)


def _milliseconds(time: float) -> str:
    return f"{time:,.1f}" if time else "–"
