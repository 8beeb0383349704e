"""The hashing pool: a hash keeps a core busy for a tenth of a second, so few are made at once on one machine.

Without a bound, thirty people who log in would hold every core, and no page would come. The bound holds for all
processes that share an instance folder: two sites on one machine have one each.
"""

import fcntl
import hashlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# One core is for the pages.
SLOTS = max(1, CORES - 1)
# Half a second on one core, in each process: a user who would wait longer is better told so.
MOST_WAITING = 4
# In seconds: a hash that takes longer than this waits for a process that hangs.
PATIENCE = 10.0
# Seconds that a hash waits for another one of the same account or network, and seconds until it looks again whether
# another process is done with that.
TURN_PATIENCE, LOOK_AGAIN = 1.0, 0.02
# Pages come first: a core gives them three times the time (nice(2)) when both want it.
NICENESS = 5

Answer = TypeVar("Answer")
Job = tuple["Future[Any]", Callable[[], object]]


class Busy(Exception):
    """Too many hashes are waiting, or one of the same account or network is being made. Nothing was tried."""


class Turn(NamedTuple):
    """`known`: the user has a session, or this browser has logged in before. `keys`: account and network.

    The pool does one job at a time for each key, so that many connections of one attacker cannot take every place.
    """

    known: bool = False
    keys: tuple[str, ...] = ()


class Pool:
    """Makes at most `slots` hashes at once, over all processes whose pools share a folder.

    Beside them is one slot for known users, at the priority of pages: under a flood the other slots crawl.
    """

    def __init__(self, slots: int) -> None:
        self._known: deque[Job] = deque()
        self._strangers: deque[Job] = deque()
        self._changed = threading.Condition()
        self._locks: list[Lock] = []
        self._in_hand = InHand()
        self._slots = slots
        self._threads: dict[int, threading.Thread] = {}
        self.running = 0

    def share(self, folder: Path) -> None:
        """Share the slots with all processes that use `folder`. Raises OSError if no files can be made there."""
        locks = [Lock(folder / f"hashing-{number}") for number in range(self._slots + 1)]
        # Two apps may start at once in one process. A thread that is in a slot keeps its lock until it leaves.
        with self._changed:
            self._locks = locks
            self._in_hand.share(folder / "hashing.keys")

    def done(self, work: Callable[[], Answer], known: bool, keys: tuple[str, ...] = ()) -> Answer:
        """Run `work` in a slot and return its result; `known` and `keys` are those of a Turn. Raises Busy.

        Known users have a queue of their own, which goes first: a crowd of strangers must not keep them out.
        """
        with self._in_hand.of(keys):
            return self._done(work, self._known if known else self._strangers)

    def _done(self, work: Callable[[], Answer], queue: deque[Job]) -> Answer:
        job = Future[Answer]()
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
        """Start the threads with the first hash, not with the process: a copied process takes no threads along.

        One that has died is started anew: a fault of its lock's file must not end all log-ins.
        """
        for slot in range(self._slots + 1):
            if slot not in self._threads or not self._threads[slot].is_alive():
                serve = self._serve_known if slot == self._slots else self._serve_all
                self._threads[slot] = threading.Thread(target=serve, args=(slot,), name="hashing", daemon=True)
                self._threads[slot].start()

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
        """Do the next job, chosen only when the slot is free, so that a known user who came last may be first."""
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

    The next process in line holds a second lock. Without it, a process that gives the lock back would be the first to
    take it again.
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

    def __del__(self) -> None:
        for file in vars(self).values():
            file.close()


class InHand:
    """Keys in use, over all processes: each key locks one byte of a shared file, at a place given by its hash.

    The kernel frees the byte when the process dies. Threads of one process share its locks, so a set is checked first.
    """

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._awaited: list[set[int]] = []
        self._changed = threading.Condition()
        self._file: TextIOWrapper | None = None

    def share(self, path: Path) -> None:
        """Lock bytes of the file at `path` from now on. Raises OSError if it cannot be made."""
        file, self._file = self._file, _opened(path)
        if file:
            file.close()

    @contextmanager
    def of(self, keys: tuple[str, ...]) -> Iterator[None]:
        """Hold all `keys`. Raises Busy if one of them is held for long, or another thread waits for it already."""
        places = [_place(key) for key in keys]
        with self._changed:
            if not self._take(places):
                self._await(places)
        try:
            yield
        finally:
            with self._changed:
                self._give_back(places)
                self._changed.notify_all()

    def _await(self, places: list[int]) -> None:
        """Wait for `places`, before there is a place in the pool. Raises Busy.

        Two tabs of one person or two people in one house want the same key: one of them may wait.
        """
        wanted = set(places)
        if len(self._awaited) >= MOST_WAITING or any(map(wanted.intersection, self._awaited)):
            raise Busy
        self._awaited.append(wanted)
        deadline = time.monotonic() + TURN_PATIENCE
        try:
            while not self._take(places):
                if time.monotonic() > deadline:
                    raise Busy
                self._changed.wait(LOOK_AGAIN)
        finally:
            self._awaited.remove(wanted)

    def _take(self, places: list[int]) -> bool:
        """Take all `places`, or leave all and return False if one of them is in use."""
        if self._taken.intersection(places) or not self._lock(places):
            return False
        self._taken.update(places)
        return True

    def _lock(self, places: list[int]) -> bool:
        for number, place in enumerate(places):
            try:
                self._tell(fcntl.LOCK_EX | fcntl.LOCK_NB, place)
            except OSError:
                self._unlock(places[:number])
                return False
        return True

    def _give_back(self, places: list[int]) -> None:
        self._taken.difference_update(places)
        self._unlock(places)

    def _unlock(self, places: list[int]) -> None:
        for place in places:
            self._tell(fcntl.LOCK_UN, place)

    def _tell(self, what: int, place: int) -> None:
        if self._file:
            fcntl.lockf(self._file, what, 1, place)


def _place(key: str) -> int:
    """The byte that stands for `key`. Two keys at one place only wait for one another: of 2^48 places that is rare."""
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:6])


def _opened(path: Path) -> TextIOWrapper:
    return open(path, "a", opener=lambda name, flags: os.open(name, flags, 0o600))


def _let_pages_go_first() -> None:
    """Lower this thread's priority. Linux has priorities for threads; elsewhere they are for whole processes."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


# One for the whole process, since its threads share the cores.
pool = Pool(SLOTS)
