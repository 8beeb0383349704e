"""Today's code, or that of a commit, in a process of its own that looks at its pages when it is told to.

`python -m tests.bench.looks DATABASE-URL` is that process, run where the code lies.
"""

import json
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.bench.servers import SECRET_KEY
from tests.server import ROOT

# Who looks has a chart, and four sessions beside this one.
PEOPLE, EVENTS = 20, 4000
# Where passkeys work, and where Werkzeug's requests go.
ADDRESS = "http://localhost"
PARTS = ("db", "webapp", "own")


class Look(NamedTuple):
    """Medians of one turn, in µs: what that process took of the processors, and what passed by the clock."""

    cpu: float
    clock: float


class Code:
    """`url` is that of its database, `cookie` that of a user who is logged in."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process, self.url = process, url
        self.cookie: str = self._answer()

    def look(self, path: str, cookie: str, number: int) -> Look:
        """At this page, so many times."""
        assert self._process.stdin
        print(json.dumps([path, cookie, number]), file=self._process.stdin, flush=True)
        return Look._make(self._answer())

    def _answer(self) -> Any:
        assert self._process.stdout
        # Where it failed, it has said why.
        return json.loads(self._process.stdout.readline() or sys.exit(1))


@contextmanager
def code(folder: Path, url: str) -> Iterator[Code]:
    """The code in this folder, on a new database that it fills; it ends when nobody tells it anything any more."""
    command = [sys.executable, "-m", "tests.bench.looks", url]
    # What it measures with is today's.
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Code(process, url)


@contextmanager
def archived(commit: str) -> Iterator[Path]:
    """The code of a commit, in a folder."""
    with TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", commit, *PARTS], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def main() -> None:
    # That of the folder in which this runs, as below.
    from webapp import create_app

    logging.disable(logging.CRITICAL)
    with TemporaryDirectory() as instance:
        given = {"INSTANCE": instance, "DATABASE_URL": sys.argv[1], "SECRET_KEY": SECRET_KEY, "PUBLIC_URL": ADDRESS}
        app = create_app(given)
        _say(f"session={_filled(app)}")
        for line in sys.stdin:
            path, cookie, number = json.loads(line)
            looks = [_look(app, path, cookie) for _ in range(number)]
            _say([statistics.median(times) for times in zip(*looks, strict=True)])
        app.extensions["database"].close()


def _filled(app: Any) -> str:
    """Fill the database as this code's demo does; return the token of a user's session."""
    from webapp.accounts import demo, people, sessions
    from webapp.accounts.actor import COMMAND_LINE

    db = app.extensions["database"]
    demo.fill(db, PEOPLE, EVENTS)
    # PostgreSQL does that by itself within a minute.
    db.script("ANALYZE")
    with db.transaction():
        token: str = sessions.start(db, COMMAND_LINE, people.by_email(db, demo.MEMBER), remember=True)
    return token


def _look(app: Any, path: str, cookie: str) -> Look:
    environ = EnvironBuilder(path, headers={"Cookie": cookie}).get_environ()
    cpu, clock = time.process_time(), time.perf_counter()
    pieces, status, _ = run_wsgi_app(app.wsgi_app, environ)
    b"".join(pieces)
    took = Look((time.process_time() - cpu) * 1e6, (time.perf_counter() - clock) * 1e6)
    return took if status.startswith("200") else sys.exit(f"{path} should be a page, and answers {status}.")


def _say(found: object) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
