"""The hashing pool: a hash keeps a core busy for a tenth of a second, so few are made at once on one machine.

Were there no bound, thirty people who log in would hold every core, and nobody's page would come.
"""

import fcntl
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# One core is for the pages.
SLOTS = max(1, CORES - 1)
# Half a second on one core, in each process: who would wait longer is better told so.
MOST_WAITING = 4
# A hash that takes longer than this waits for a process that does not move, in seconds.
PATIENCE = 10.0
# Pages come first: a core gives them three times the time (nice(2)) where both want it.
NICENESS = 5

Answer = TypeVar("Answer")
Job = tuple["Future[Any]", Callable[[], object]]


class Busy(Exception):
    """Too many are waiting for a hash already. Nothing was tried."""


class Pool:
    """At most `slots` hashes at once, over all processes whose pools share a folder.

    Beside them is one slot for the known, at the priority of pages: under a flood the others crawl.
    """

    def __init__(self, slots: int) -> None:
        self._known: deque[Job] = deque()
        self._strangers: deque[Job] = deque()
        self._changed = threading.Condition()
        self._locks: list[Lock] = []
        self._slots = slots
        self._threads = 0
        self.running = 0

    def share(self, folder: Path) -> None:
        """Take the slots from this folder. Raises OSError where no files can be made there."""
        locks = [Lock(folder / f"hashing-{number}") for number in range(self._slots + 1)]
        locks, self._locks = self._locks, locks
        for lock in locks:
            lock.close()

    def done(self, work: Callable[[], Answer], known: bool) -> Answer:
        """What `work` gives. Raises Busy.

        Who is `known` has a queue of their own, which goes first: a crowd of strangers must not keep them out.
        """
        queue, job = self._known if known else self._strangers, Future[Answer]()
        with self._changed:
            self._start_threads()
            if len(queue) >= MOST_WAITING:
                raise Busy
            queue.append((job, work))
            self._changed.notify_all()
        try:
            return job.result(PATIENCE)
        except TimeoutError:
            if job.cancel():
                raise Busy from None
            return job.result()

    @property
    def waiting(self) -> int:
        return len(self._known) + len(self._strangers)

    def _start_threads(self) -> None:
        """With the first hash, not with the process: a process that is copied takes no threads along."""
        while self._threads <= self._slots:
            serve = self._serve_known if self._threads == self._slots else self._serve_all
            threading.Thread(target=serve, args=(self._threads,), name="hashing", daemon=True).start()
            self._threads += 1

    def _serve_all(self, slot: int) -> None:
        _let_pages_go_first()
        self._serve(slot, lambda: self._known or self._strangers)

    def _serve_known(self, slot: int) -> None:
        self._serve(slot, lambda: self._known)

    def _serve(self, slot: int, queue: Callable[[], deque[Job]]) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(queue)
            with self._slot(slot):
                self._do_next(queue)

    @contextmanager
    def _slot(self, number: int) -> Iterator[None]:
        if not self._locks:
            yield
            return
        with self._locks[number].held():
            yield

    def _do_next(self, queue: Callable[[], deque[Job]]) -> None:
        """Which one is decided when the slot is free, so that whoever came last may be first."""
        with self._changed:
            if not queue():
                return
            job, work = queue().popleft()
            self.running += 1
        _do(job, work)
        with self._changed:
            self.running -= 1


def _do(job: "Future[Any]", work: Callable[[], object]) -> None:
    if job.set_running_or_notify_cancel():
        try:
            job.set_result(work())
        except BaseException as error:
            job.set_exception(error)


class Lock:
    """One holder at a time over all processes; it is free again when its holder dies.

    Behind a second one waits whoever is next. Without it, who gives the lock back would be the first to take it again.
    """

    def __init__(self, path: Path) -> None:
        self._next, self._now = _opened(path.with_suffix(".next")), _opened(path.with_suffix(".now"))

    @contextmanager
    def held(self) -> Iterator[None]:
        fcntl.flock(self._next, fcntl.LOCK_EX)
        fcntl.flock(self._now, fcntl.LOCK_EX)
        fcntl.flock(self._next, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._now, fcntl.LOCK_UN)

    def close(self) -> None:
        self._next.close()
        self._now.close()


def _opened(path: Path) -> TextIOWrapper:
    return open(path, "a", opener=lambda name, flags: os.open(name, flags, 0o600))


def _let_pages_go_first() -> None:
    """Linux has priorities for threads; elsewhere this would be about whole processes."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


# The machine's cores are one thing, and so is what a process has of them.
pool = Pool(SLOTS)
