"""The folder where server processes count together, each in its own files, which prometheus_client maps into memory."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import cast

from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector

# The environment variable that the library reads.
SETTING = "PROMETHEUS_MULTIPROC_DIR"
# Beginnings of the library's file names, which the number of the process follows, and each file's bytes: room for every
# route, taken at the start. On a full disk, a write to a mapped file would kill the process (SIGBUS).
KINDS = {"counter": 2**18, "histogram": 2**20, "gauge_livesum": 2**16}


def share(instance: Path, port: int) -> None:
    """Make the processes that this one starts count together, in an empty folder. Raises OSError.

    It is named after the port: servers may share an instance, but never a port.
    """
    folder = instance / "metrics" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[SETTING] = str(folder)


def join() -> Path | None:
    """Make room for this process in the shared folder; return the folder, or None if the process counts alone."""
    if SETTING not in os.environ:
        return None
    folder = Path(os.environ[SETTING])
    for kind in KINDS:
        own = folder / f"{kind}_{os.getpid()}.db"
        if not (own.exists() or _inherit(own, kind)):
            _reserve(own, KINDS[kind])
    return folder


def read(folder: Path) -> Iterable[Metric]:
    """Sum the metrics of all processes; of a process that is gone the counters stay, the gauges do not."""
    files = [str(file) for file in folder.glob("*.db") if not file.stem.startswith("gauge") or _is_alive(file)]
    return cast(Iterable[Metric], MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]


def _inherit(own: Path, kind: str) -> bool:
    """Take over the file of a process that is gone, if any: one that crashes all night must not fill the disk."""
    for file in own.parent.glob(f"{kind}_*.db"):
        # Another process may be faster.
        with suppress(FileNotFoundError):
            if not _is_alive(file):
                file.rename(own)
                return True
    return False


def _reserve(own: Path, size: int) -> None:
    """Create the whole file or nothing, since other processes read meanwhile."""
    draft = own.with_suffix(".draft")
    draft.write_bytes(bytes(size))
    draft.rename(own)


def _is_alive(file: Path) -> bool:
    """Whether this file's process still runs; another user's process that has its number now does not count."""
    try:
        os.kill(int(file.stem.rpartition("_")[2]), 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
