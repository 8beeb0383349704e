"""Which pages are answered in the event loop's own thread: those marked @quick, as long as they are."""

from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import TypeVar

from flask import Flask

# While the loop's thread makes a page, it does nothing else, so a page that takes longer gets another thread: a team's
# card may ask another server.
QUICK_SECONDS = 0.005
# The newest page counts so much in the mean: one that was held up by a busy machine is forgiven, one that waits for
# seconds is not.
WEIGHT = 0.1

Made = TypeVar("Made")


class Pace:
    """How long the pages marked @quick take, in seconds: of each path a mean, in which the newest counts most."""

    def __init__(self, app: Flask) -> None:
        views, rules = app.view_functions, app.url_map.iter_rules()
        self._seconds = {rule.rule: 0.0 for rule in rules if hasattr(views[rule.endpoint], "quick")}

    def is_quick(self, path: str) -> bool:
        return self._seconds.get(path, inf) < QUICK_SECONDS

    def timed(self, path: str, made: Callable[[], Made]) -> Made:
        """Call `made` and note how long it took."""
        began = perf_counter()
        try:
            return made()
        finally:
            if path in self._seconds:
                self._seconds[path] += WEIGHT * (perf_counter() - began - self._seconds[path])
