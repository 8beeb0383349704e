"""Waiting for a fact instead of for seconds."""

import time
from collections.abc import Callable


def until(is_so: Callable[[], object], otherwise: str = "it never came to that", patience: float = 60) -> None:
    """Ask again and again until it is so; fail with this sentence if that takes longer than `patience` seconds."""
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)
