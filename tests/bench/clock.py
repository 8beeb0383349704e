"""Times a page in process; a peer's own Python runs this too: `python -m tests.bench.clock APP PATH COOKIE TRIES`.

So it needs nothing but Werkzeug.
"""

import importlib
import statistics
import sys
import time
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

NAME = "ada"


def main() -> None:
    """Print the median in seconds."""
    module, path, cookie, tries = sys.argv[1:]
    print(median(importlib.import_module(module).app, path, cookie, int(tries)))


def median(app: Any, path: str, cookie: str, tries: int) -> float:
    """How long a logged-in page takes, in seconds, when it was asked for a few times already."""
    for _ in range(20):
        _check(app, path, cookie)
    return statistics.median(_seconds(app, path, cookie) for _ in range(tries))


def _check(app: Any, path: str, cookie: str) -> None:
    pieces, status, _ = _ask(app, path, cookie)
    if not status.startswith("200") or NAME not in b"".join(pieces).decode():
        sys.exit(f"{path} should be a page with the name of {NAME} on it, and is {status}.")


def _seconds(app: Any, path: str, cookie: str) -> float:
    environ = _environ(path, cookie)
    began = time.perf_counter()
    pieces, _, _ = run_wsgi_app(_callable(app), environ)
    b"".join(pieces)
    return time.perf_counter() - began


def _ask(app: Any, path: str, cookie: str) -> tuple[Any, str, Any]:
    return run_wsgi_app(_callable(app), _environ(path, cookie))


def _environ(path: str, cookie: str) -> dict[str, Any]:
    return EnvironBuilder(path, headers={"Cookie": cookie}).get_environ()


def _callable(app: Any) -> Any:
    """Django's application is one itself."""
    return getattr(app, "wsgi_app", app)


if __name__ == "__main__":
    main()
