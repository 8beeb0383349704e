"""Which pages are answered in the event loop's own thread: those marked @quick, unless they have just been slow."""

from collections.abc import Callable, Iterator
from math import inf
from time import monotonic
from typing import TypeVar

from flask import Flask

# While the loop's thread makes a page, it does nothing else. A page that takes less, in seconds, may only have waited
# for Python's lock, which another thread keeps for 0.005.
SLOW = 0.02
# A page that is always slow takes at most this share of the loop's time. It is tried again after ten minutes at most,
# in seconds, since a process that was stopped for hours took them for a page too.
MOST_SHARE, LONGEST = 0.01, 600.0

Made = TypeVar("Made")


class Pace:
    """Until when each quick page is left to other threads, by its path, in seconds of the monotonic clock."""

    def __init__(self, app: Flask) -> None:
        self._until = dict.fromkeys(_quick(app), 0.0)

    def is_quick(self, path: str) -> bool:
        return monotonic() >= self._until.get(path, inf)

    def timed(self, path: str, made: Callable[[], Made]) -> Made:
        """Call `made`; if it was slow, the page is not quick for a hundred times as long."""
        began = monotonic()
        try:
            return made()
        finally:
            ended = monotonic()
            if ended - began > SLOW:
                self._until[path] = ended + min((ended - began) / MOST_SHARE, LONGEST)


def _quick(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        is_quick = getattr(app.view_functions[rule.endpoint], "is_quick", None)
        if is_quick and is_quick(app) and "GET" in (rule.methods or ()) and not rule.arguments:
            yield rule.rule
