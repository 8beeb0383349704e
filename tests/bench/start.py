"""How long it takes from `./just run` to the first page, once all is set up."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from tests.bench.client import Client
from tests.bench.report import Pace, Promise, promise, spread, table
from tests.server import ROOT, free_port

MOST, PATIENCE = 1.0, 60


def measure(pace: Pace) -> list[Promise]:
    with TemporaryDirectory() as instance:
        # The first start makes the instance.
        _first_page(instance)
        took = [_first_page(instance) for _ in range(2 * pace.rounds + 1)]
    table("From `./just run` to the first page, in s: least / middle / most", ("", "s"), [("", spread(took, ".2f"))])
    middle = statistics.median(took)
    return [promise(f"First page within {MOST:.0f} s of `./just run`", f"{middle:.2f} s", middle <= MOST)]


def _first_page(instance: str) -> float:
    """Seconds until the log-in page was answered."""
    client = Client(f"http://127.0.0.1:{free_port()}")
    began = time.monotonic()
    with _running(instance, client.url.rpartition(":")[2]):
        while client.get("/login").status != 200:
            if time.monotonic() > began + PATIENCE:
                sys.exit(f"`./just run` showed no page within {PATIENCE} s.")
            time.sleep(0.01)
        return time.monotonic() - began


@contextmanager
def _running(instance: str, port: str) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
    environment = kept | {"LATCHKEY_INSTANCE": instance, "LATCHKEY_PORT": port}
    # In a session of its own: a Ctrl+C is for us, who then stop it.
    command = [str(ROOT / "just"), "run"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            yield
        finally:
            process.terminate()
