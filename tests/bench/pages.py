"""A logged-in page in process: what session, doors and headers add to Flask alone."""

import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

from tests.bench import peers
from tests.bench.clock import NAME
from tests.bench.peers import WANTED
from tests.bench.report import Pace, Promise, promise, spread, table, unmeasured
from tests.bench.servers import Running, serve, serve_ours
from tests.server import ROOT

# Of our pages it makes the fewest queries: the one for the session.
SMALL_PAGE = "/logout"


class Page(NamedTuple):
    """A page, and that of Flask alone which it is compared with."""

    name: str
    app: str
    path: str
    running: Running
    python: str
    floor: str


def measure(pace: Pace) -> list[Promise]:
    with ExitStack() as stack:
        pages = list(_pages(stack))
        rounds = _rounds(pages, pace)
    took = {name: statistics.median(times) for name, times in rounds.items()}
    rows = [
        (page.name, spread(rounds[page.name], ".0f"), f"{took[page.name] / took[page.floor]:.2f}") for page in pages
    ]
    columns = ("page", "µs: least / middle / most", "times Flask alone")
    table(f"A logged-in page, in process, medians of {pace.tries} in {2 * pace.rounds + 1} rounds", columns, rows)
    return [*_against_floor(took), *_against_peers(took)]


OURS = "Latchkey: the tutorial's page behind our door"
COPY = f"Flask alone: a copy of our {SMALL_PAGE}, ready made"
SMALL = f"Latchkey: {SMALL_PAGE}, which makes one query"
DASHBOARD = "Latchkey: /dashboard, with all that its panel asks for"


def _pages(stack: ExitStack) -> Iterator[Page]:
    found = [(peer, stack.enter_context(serve(peer))) for peer in peers.python_peers()]
    ours = stack.enter_context(serve_ours())
    floor, python = found[0][1], peers.FLOOR.python
    copied = floor._replace(environment=floor.environment | {"PEER_COPY": _copy(ours)})
    for peer, running in found:
        yield Page(peer.name, peer.module, "/dashboard", running, peer.python, peers.FLOOR.name)
    yield Page(OURS, "tests.bench.ours", "/tutorial", ours, python, peers.FLOOR.name)
    yield Page(COPY, peers.FLOOR.module, "/copy", copied, python, COPY)
    yield Page(SMALL, "tests.bench.ours", SMALL_PAGE, ours, python, COPY)
    yield Page(DASHBOARD, "tests.bench.ours", "/dashboard", ours, python, COPY)


def _copy(ours: Running) -> str:
    """Our page as a template that needs nothing but the name."""
    return re.sub(rf"\b{NAME}\b", "{{ username }}", ours.ada.get(SMALL_PAGE).text)


def _rounds(pages: list[Page], pace: Pace) -> dict[str, tuple[float, ...]]:
    """In turns, since the machine is not as fast at all times; in µs."""
    rounds = [[_median(page, pace.tries) for page in pages] for _ in range(2 * pace.rounds + 1)]
    return {page.name: took for page, took in zip(pages, zip(*rounds, strict=True), strict=True)}


def _median(page: Page, tries: int) -> float:
    """In a process of its own, and a peer's in its own Python; in µs."""
    command = [page.python, "-m", "tests.bench.clock", page.app, page.path, page.running.ada.cookie, str(tries)]
    done = subprocess.run(command, cwd=ROOT, env=page.running.environment, stdout=subprocess.PIPE, text=True)
    # It has said why.
    return float(done.stdout) * 1e6 if done.returncode == 0 else sys.exit(1)


def _against_floor(took: dict[str, float]) -> Iterator[Promise]:
    times = took[OURS] / took[peers.FLOOR.name]
    yield promise(f"{OURS}: at most 2 × Flask alone, in process", f"{times:.2f} ×", times <= 2)


def _against_peers(took: dict[str, float]) -> Iterator[Promise]:
    for peer, least in WANTED:
        sentence = f"The same page: at least {least} × as fast as {peer.name}, in process"
        if peer.name in took:
            times = took[peer.name] / took[OURS]
            yield promise(sentence, f"{times:.2f} ×", times >= least)
        else:
            yield unmeasured(sentence)
