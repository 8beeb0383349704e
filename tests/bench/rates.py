"""The dashboard over HTTP, from each server as its documentation starts it: busy in turns, calm, and during a flood."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from tests.bench import flood, peers, wrk
from tests.bench.flood import Flooded
from tests.bench.pages import SMALL_PAGE
from tests.bench.peers import WANTED
from tests.bench.report import Pace, Promise, promise, spread, table, unmeasured
from tests.bench.servers import Running, serve, serve_ours, wait
from tests.bench.wrk import Figures

BUSY = ("server", "CPU µs a page", "pages/s", "Latchkey is … × as fast", "takes … × less of the processors")
FLOODED = ("server", "4 connections, pages/s", "p99, ms", "during a flood, pages/s", "of the calm rate", "p99, ms")
SMALL = f"… {SMALL_PAGE}, without the panel"
MOST_CPU = 700
LEAST_LEFT, MOST_P99 = 0.6, 15

# Of each server, the figures of its turns.
Turns = Mapping[str, Sequence[Figures]]


def measure(pace: Pace) -> list[Promise]:
    with ExitStack() as stack:
        ours = stack.enter_context(serve_ours())
        others = [stack.enter_context(serve(peer)) for peer in peers.all_peers()]
        busy = _in_turns([ours, *others], pace)
        _print_busy(ours.name, busy)
        flooded = {running.name: flood.middle_round(running, pace) for running in (ours, *others) if running.login}
        scattered = flood.middle_round(ours, pace, scattered=True)
        device = flood.known_device(ours, pace)
    _print_flooded(flooded | {"… flooded from 10,000 addresses": scattered})
    under = (*_under(flooded[ours.name], "one address"), *_under(scattered, "10,000 addresses"))
    return [*_against(ours.name, busy), *under, device]


def _in_turns(servers: Sequence[Running], pace: Pace) -> Turns:
    """Ask one after the other, again and again: a mood of the machine is the same for all of them."""
    asked = [(running, running.name, "/dashboard") for running in servers]
    asked.insert(1, (servers[0], SMALL, SMALL_PAGE))
    for running, _, path in asked:
        running.ada.check(path)
        wait(running.url, path)
        wrk.pages(running, 1, 16, path)
    rounds = [[wrk.pages(running, 1, 16, path) for running, _, path in asked] for _ in range(pace.turns)]
    return {name: figures for (_, name, _), figures in zip(asked, zip(*rounds, strict=True), strict=True)}


def _print_busy(ours: str, busy: Turns) -> None:
    title = f"The dashboard over 16 connections, {len(busy[ours])} turns of a second each: least / middle / most"
    table(title, BUSY, (_busy_row(name, turns, busy[ours]) for name, turns in busy.items()))


def _busy_row(name: str, turns: Sequence[Figures], ours: Sequence[Figures]) -> tuple[str, ...]:
    cpu, rate = (spread([getattr(turn, field) for turn in turns]) for field in ("cpu", "rate"))
    return name, cpu, rate, spread(_times_as_fast(ours, turns), ".2f"), spread(_times_less(ours, turns), ".2f")


def _times_as_fast(ours: Sequence[Figures], others: Sequence[Figures]) -> list[float]:
    return [mine.rate / other.rate for mine, other in zip(ours, others, strict=True)]


def _times_less(ours: Sequence[Figures], others: Sequence[Figures]) -> list[float]:
    return [other.cpu / mine.cpu for mine, other in zip(ours, others, strict=True)]


def _print_flooded(flooded: Mapping[str, Flooded]) -> None:
    rows = (
        (name, f"{one.calm.rate:,.0f}", f"{one.calm.p99:.1f}", f"{one.during.rate:,.1f}", f"{one.left:.1%}",
         _milliseconds(one.during.p99))
        for name, one in flooded.items()
    )  # fmt: skip
    table("The dashboard over 4 connections, and while 32 clients log in without pause", FLOODED, rows)


def _against(ours: str, busy: Turns) -> Iterator[Promise]:
    cpu = statistics.median(turn.cpu for turn in busy[ours])
    yield promise(f"Dashboard, 16 connections: at most {MOST_CPU} CPU µs a page", f"{cpu:.0f} µs", cpu <= MOST_CPU)
    for peer, least in WANTED:
        sentence = f"Dashboard, 16 connections: at least {least} × the rate of {peer.name}"
        if peer.name in busy:
            times = statistics.median(_times_as_fast(busy[ours], busy[peer.name]))
            yield promise(sentence, f"{times:.2f} ×", times >= least)
        else:
            yield unmeasured(sentence)


def _under(flooded: Flooded, origin: str) -> Iterator[Promise]:
    p99, left = flooded.during.p99, flooded.left
    sentence = f"Dashboard during a flood of log-ins from {origin}"
    yield promise(f"{sentence}: keeps {LEAST_LEFT:.0%} of its calm rate", f"{left:.1%}", left >= LEAST_LEFT)
    measured = f"{p99:.1f} ms" if p99 else "no page came"
    yield promise(f"{sentence}: p99 at most {MOST_P99} ms", measured, 0 < p99 <= MOST_P99)


def _milliseconds(time: float) -> str:
    return f"{time:,.1f}" if time else "–"
