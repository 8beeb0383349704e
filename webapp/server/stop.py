"""A stop, by SIGTERM or Ctrl+C: the main process and its workers hear it at every moment from their start on."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable

STOPS = {signal.SIGINT, signal.SIGTERM}
# How long a stop is delayed that granian has missed, in seconds.
REPEAT = 0.5


class StopListener(threading.Thread):
    """Waits for a stop beside the server, and calls `stop_server`; `heard` is the signal, 0 before.

    A handler would run in the middle of granian's own steps: if it sets an event that is just being cleared, the stop
    is lost, and if the event's lock is just being held, the process hangs.
    """

    def __init__(self, stop_server: Callable[[], None]) -> None:
        super().__init__(name="stop", daemon=True)
        self.heard = 0
        self._stop_server, self._is_over = stop_server, threading.Event()
        # In every thread from now on: the first to be asked would otherwise be ended by it.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)

    def run(self) -> None:
        self.heard = signal.sigwait(STOPS)
        self._is_over.set()
        # granian may clear its event after the first time.
        while True:
            self._stop_server()
            time.sleep(REPEAT)

    def waits(self, seconds: float) -> bool:
        """Whether a stop came before, or comes within so many seconds."""
        return self._is_over.wait(seconds)


def handle_in_workers() -> None:
    """Let a stop end each worker that granian makes: at once while it starts, later after what is under way."""
    from granian import loops

    os.register_at_fork(after_in_child=_end_at_once)
    loops.register("auto")(_loop)


def restore() -> None:
    """Prepare for another program in this process: SIGTERM ends it, Ctrl+C waits until it has a StopListener."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _end_at_once() -> None:
    # Until it serves, it would swallow the signal by its parent's handler. Ctrl+C in a terminal goes to all processes;
    # the main one tells the others.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def _loop() -> asyncio.AbstractEventLoop:
    """Make a worker's event loop: uvloop's, which by itself loses signals that come before it runs."""
    import uvloop

    loop = uvloop.new_event_loop()
    loop.add_signal_handler = _call_at_first  # type: ignore[method-assign, assignment]
    asyncio.set_event_loop(loop)
    return loop


def _call_at_first(number: int, callback: Callable[..., object], *given: object) -> None:
    """Call `callback` at the first stop alone: granian's own hangs if it is called too often."""

    def call(*_: object) -> None:
        for stop in STOPS:
            signal.signal(stop, signal.SIG_IGN)
        callback(*given)

    signal.signal(number, call)
