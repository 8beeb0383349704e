"""Where the server's processes count together, each in files of its own, which prometheus_client maps into memory."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import cast

from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector

# The library reads this name.
SETTING = "PROMETHEUS_MULTIPROC_DIR"
# As the library names its files, before the number of the process.
KINDS = ("counter", "histogram", "gauge_livesum")
# Room for every route, taken at the start: a write to a mapped file for which a full disk has no room kills (SIGBUS).
FILE_BYTES = 2**20


def share(instance: Path, port: int) -> None:
    """Let the processes that this one starts count together, from nothing. Raises OSError.

    Servers may share an instance, but never a port.
    """
    folder = instance / "metrics" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[SETTING] = str(folder)


def join() -> Path | None:
    """The folder, with room for this process in it; None where a process counts alone."""
    if SETTING not in os.environ:
        return None
    folder = Path(os.environ[SETTING])
    for kind in KINDS:
        own = folder / f"{kind}_{os.getpid()}.db"
        if not (own.exists() or _inherit(own, kind)):
            _reserve(own)
    return folder


def read(folder: Path) -> Iterable[Metric]:
    """The sum over all processes: what one counted stays counted when it is gone, what it was doing does not."""
    files = [str(file) for file in folder.glob("*.db") if not file.stem.startswith("gauge") or _is_alive(file)]
    return cast(Iterable[Metric], MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]


def _inherit(own: Path, kind: str) -> bool:
    """Count on where a process that is gone has stopped: one that crashes all night must not fill the disk."""
    for file in own.parent.glob(f"{kind}_*.db"):
        # Somebody else may be faster.
        with suppress(FileNotFoundError):
            if not _is_alive(file):
                file.rename(own)
                return True
    return False


def _reserve(own: Path) -> None:
    """All of it or nothing, since others read meanwhile."""
    draft = own.with_suffix(".draft")
    draft.write_bytes(bytes(FILE_BYTES))
    draft.rename(own)


def _is_alive(file: Path) -> bool:
    """Whether the process that this file is named after is there; a stranger's, under its number, is not it."""
    try:
        os.kill(int(file.stem.rpartition("_")[2]), 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
