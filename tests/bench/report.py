"""What was measured, as Markdown, and what of the promises was kept."""

import os
import platform
import re
import sqlite3
import ssl
import statistics
import sys
import sysconfig
import timeit
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Pace(NamedTuple):
    """`seconds` of each measurement at the server, `rounds` of which the middle one counts, `tries` in process.

    Servers that are compared take `turns` of a second each.
    """

    seconds: int
    rounds: int
    turns: int
    tries: int
    people: int
    events: int
    requests: int


WHOLE = Pace(seconds=3, rounds=3, turns=15, tries=1000, people=100_000, events=1_000_000, requests=100_000)
# To see that all of it runs; its figures tell little.
QUICK = Pace(seconds=1, rounds=1, turns=3, tries=100, people=1000, events=10_000, requests=12_000)


class Promise(NamedTuple):
    sentence: str
    measured: str
    kept: str


def promise(sentence: str, measured: str, is_kept: bool) -> Promise:
    return Promise(sentence, measured, "kept" if is_kept else "**NOT kept**")


def unmeasured(sentence: str) -> Promise:
    """For what there is nothing to compare with."""
    return Promise(sentence, "–", "not measured")


def middle(rounds: int, measure: Callable[[], T], key: Callable[[T], float]) -> T:
    """The middle one of several rounds: where a server puts its connections, and who else is at work here, is luck."""
    return sorted((measure() for _ in range(rounds)), key=key)[rounds // 2]


def machine() -> str:
    """What the figures were measured on."""
    python = f"Python {platform.python_version()} ({platform.python_compiler()}, {_build()})"
    versions = f"{python}, SQLite {sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION}"
    return f"{os.cpu_count()} cores of {_processor()}, Linux {platform.release()}, {versions}"


def _build() -> str:
    """With what options it was compiled, and how fast that made it: Debian's is a fifth faster than a plain one."""
    options = re.findall(r"--enable-optimizations|--with-lto", str(sysconfig.get_config_var("CONFIG_ARGS")))
    loop = min(timeit.repeat("for number in range(100_000): number + 1", number=1, repeat=20))
    return ", ".join([*options, f"{loop * 1000:.1f} ms for a loop of 100,000 additions"])


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The least of these, the middle one and the most."""
    return " / ".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, its first column as text and the others as figures."""
    print(f"\n### {title}\n")
    print(f"| {' | '.join(columns)} |\n|---|{'---|' * (len(columns) - 1)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    sys.stdout.flush()
