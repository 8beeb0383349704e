"""Which pages are answered in the event loop's own thread: those marked @quick, unless they have just been slow."""

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import TypeVar

from flask import Flask

# While the loop's thread makes a page, it does nothing else, so a page that took longer is left to other threads for a
# while: a team's card may ask another server.
QUICK_SECONDS = 0.005
# A page that is always slow takes at most this part of the loop's time.
MOST = 0.01

Made = TypeVar("Made")


class Pace:
    """Until when each page marked @quick is left to other threads, in seconds of the system's clock."""

    def __init__(self, app: Flask) -> None:
        views, rules = app.view_functions, app.url_map.iter_rules()
        self._until = {rule.rule: 0.0 for rule in rules if hasattr(views[rule.endpoint], "quick")}

    def is_quick(self, path: str) -> bool:
        return monotonic() >= self._until.get(path, inf)

    def timed(self, path: str, made: Callable[[], Made]) -> Made:
        """Call `made`; if it is slow, the page at `path` is not quick for as long as that takes a hundred times."""
        began = monotonic()
        try:
            return made()
        finally:
            ended = monotonic()
            if ended - began > QUICK_SECONDS:
                self._until[path] = ended + (ended - began) / MOST
