"""Second factors: what pages, the session's query and each log-in cost since, beside the code before them."""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple, TypeVar

import psycopg
from psycopg import sql

from db import Database, connect, users
from tests.bench import databases, factors_logins
from tests.bench.looks import Code, Look, archived, code
from tests.bench.report import Promise, machine, promise, spread, table
from tests.server import ROOT
from webapp.accounts import demo, recovery_codes

# Each round has new processes: how fast the same code is in one is luck too, by a twentieth. Turns are short, since the
# machine's moods change.
ROUNDS, TURNS, LOOKS = 5, 30, 5
# Of the session's query, in each round.
QUERIES = 200
# What a factor may add to a page.
MOST = 0.03
MIGRATION = "db/migrations/0017_factors.sql"
RELEASE = r"^Release [0-9]+\.[0-9]+\.[0-9]+$"
LOGIN = "/login"
BEFORE, OLD, TODAY, AGAIN = "before factors", "last release before", "today", "today again"
SINCE = ((BEFORE, TODAY), (TODAY, AGAIN))
# By path, what is compared; all but the log-in page are for who is logged in.
PAGES = {"/dashboard": (*SINCE, (OLD, TODAY)), "/logout": SINCE, LOGIN: SINCE}
QUERY = {
    3: "SELECT * FROM own_sessions_3 WHERE token_hash = :token_hash",
    4: "SELECT * FROM own_sessions_4 WHERE token_hash = :token_hash",
}
NUMBERS = count()
COLUMNS = ("what is compared", "CPU µs", "ratio", "of the rounds: least / middle / most", "by the clock")
T = TypeVar("T")
# Of one turn.
Pair = tuple[Look, Look]
# By what is compared, the turns of each round.
Rounds = dict[str, list[list[Pair]]]


class Ratio(NamedTuple):
    """The second one's time to the first one's: the middle one of all turns, and that of each round."""

    middle: float
    rounds: list[float]


def measure() -> None:
    print(machine())
    before = _commit("--diff-filter=A", "--format=%H^", "--", MIGRATION)
    commits = {BEFORE: before, OLD: _commit("--format=%H", "--extended-regexp", f"--grep={RELEASE}", before)}
    for name, database in databases.kinds().items():
        with database() as url:
            rounds = _rounds(url, commits)
            table(f"Since second factors, {name}", COLUMNS, (_row(told, found) for told, found in rounds.items()))
            factors_logins.measure(name, url)
        table(f"Promises, {name}", ("promise", "measured", "kept?"), [_promise(name, rounds)])


def _commit(*asked: str) -> str:
    """The last commit of which this holds."""
    found = subprocess.run(["git", "log", "-1", *asked], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return found or sys.exit("The code before second factors is in the history, which this copy does not have.")


def _rounds(url: str, commits: Mapping[str, str]) -> Rounds:
    rounds: Rounds = {}
    with ExitStack() as stack:
        folders = {name: stack.enter_context(archived(commit)) for name, commit in commits.items()}
        for _ in range(ROUNDS):
            with _running(url, folders | {TODAY: ROOT, AGAIN: ROOT}) as codes:
                for told, pairs in _round(codes):
                    rounds.setdefault(told, []).append(pairs)
    return rounds


@contextmanager
def _running(url: str, folders: Mapping[str, Path]) -> Iterator[dict[str, Code]]:
    with ExitStack() as stack:
        parts = {name: stack.enter_context(_part(url)) for name in folders}
        yield {name: stack.enter_context(code(folder, parts[name])) for name, folder in folders.items()}


def _round(codes: Mapping[str, Code]) -> Iterator[tuple[str, list[Pair]]]:
    for path, compared in PAGES.items():
        turns = _turns({name: _looker(codes[name], path) for name in dict.fromkeys(chain(*compared))})
        for one, other in compared:
            yield f"{path}: {one}, {other}", [(turn[one], turn[other]) for turn in turns]
    with _open(codes[TODAY]) as db:
        yield "/dashboard: without a factor, with one", _of_factor(db, codes[TODAY])
        yield "the session's query: own_sessions_3, own_sessions_4", _of_query(db)


def _looker(each: Code, path: str) -> Callable[[], Look]:
    cookie = "" if path == LOGIN else each.cookie
    each.look(path, cookie, 30)
    return lambda: each.look(path, cookie, LOOKS)


def _turns(lookers: Mapping[T, Callable[[], Look]], number: int = TURNS) -> list[dict[T, Look]]:
    """Each turn in an order of chance: who follows itself finds the processor's caches warm, and looks faster."""
    orders = (random.sample([*lookers], len(lookers)) for _ in range(number))
    return [{name: lookers[name]() for name in order} for order in orders]


def _of_factor(db: Database, today: Code) -> list[Pair]:
    """Of one user with recovery codes, whose row alone says it: in one process, with the same sessions and events."""
    user = users.by_email(db, demo.MEMBER)
    assert user
    with db.transaction():
        recovery_codes.make(db, user)

    def look(has_factor: int) -> Look:
        db.run("UPDATE users SET has_factor = :has_factor WHERE id = :id", has_factor=has_factor, id=user.id)
        return today.look("/dashboard", today.cookie, LOOKS)

    return [(turn[0], turn[1]) for turn in _turns({0: lambda: look(0), 1: lambda: look(1)})]


def _of_query(db: Database) -> list[Pair]:
    """By both views, in one process."""
    row = db.one("SELECT token_hash FROM sessions WHERE ended_at IS NULL LIMIT 1")
    assert row
    turns = _turns({3: lambda: _queried(db, 3, row[0]), 4: lambda: _queried(db, 4, row[0])}, QUERIES)
    return [(turn[3], turn[4]) for turn in turns]


def _queried(db: Database, view: int, token_hash: str) -> Look:
    cpu, clock = time.process_time(), time.perf_counter()
    db.one(QUERY[view], token_hash=token_hash)
    return Look((time.process_time() - cpu) * 1e6, (time.perf_counter() - clock) * 1e6)


def _row(told: str, rounds: Sequence[Sequence[Pair]]) -> tuple[str, ...]:
    pairs = [pair for turns in rounds for pair in turns]
    one, other = (statistics.median(look.cpu for look in side) for side in zip(*pairs, strict=True))
    ratio = _ratio(rounds, "cpu")
    by_clock = _ratio(rounds, "clock").middle
    return told, f"{one:.0f}, {other:.0f}", f"{ratio.middle:.3f}", spread(ratio.rounds, ".3f"), f"{by_clock:.3f}"


def _ratio(rounds: Sequence[Sequence[Pair]], of: str) -> Ratio:
    ratios = [[getattr(other, of) / getattr(one, of) for one, other in turns] for turns in rounds]
    return Ratio(statistics.median(chain(*ratios)), [*map(statistics.median, ratios)])


def _promise(name: str, rounds: Rounds) -> Promise:
    times = _ratio(rounds[f"/dashboard: {BEFORE}, {TODAY}"], "cpu").middle
    sentence = f"The dashboard since second factors: at most {MOST:.0%} more of the processors, {name}"
    return promise(sentence, f"{times - 1:+.1%}", times <= 1 + MOST)


@contextmanager
def _part(url: str) -> Iterator[str]:
    """A new, empty database beside this one: a file, or a schema at the same server."""
    name = f"part{next(NUMBERS)}"
    if url.startswith("sqlite:"):
        yield f"{url}.{name}"
        return
    schema = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        yield f"{url}?options=-csearch_path%3D{name}"
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))


@contextmanager
def _open(each: Code) -> Iterator[Database]:
    db = connect(each.url, connections=1)
    try:
        yield db
    finally:
        db.close()
