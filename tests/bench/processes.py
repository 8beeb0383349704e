"""What a server's processes take of the machine, as Linux counts it."""

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(process: int) -> float:
    """Time that this process and those that it started have had of all processors, its own and the system's for it."""
    spent = (_stat(each) for each in (process, *_children(process)))
    return sum(int(fields[11]) + int(fields[12]) for fields in spent) / TICKS


def largest_child(process: int) -> float:
    """What the largest of the processes that this one started holds in memory (RSS), in MB."""
    return max(int(_stat(child)[21]) for child in _children(process)) * PAGE_BYTES / 1e6


def _children(process: int) -> Iterator[int]:
    """Those that the main thread has started, and theirs: each of these servers does it there."""
    for number in map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()):
        yield number
        yield from _children(number)


def _stat(process: int) -> list[str]:
    """The fields of proc(5)'s `stat` from the state on: the name before it may hold blanks."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
