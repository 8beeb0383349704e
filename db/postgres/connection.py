"""A connection that waits for no answer for ever: PostgreSQL's protocol has no deadline of its own."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from db import Row

# In seconds. A server that is well ends a statement after 10 by itself, which keeps the connection.
STATEMENT = 11.0
# For the question whether a connection still lives.
CHECK = 1.0
# A COMMIT waits longer than for the disk where a synchronous standby is away: for ever.
COMMIT = 3.0
NO_LIMIT = float("inf")
# From when on a thread that waits asks whether the server is still there, in seconds.
SOON = 0.4

T = TypeVar("T")


class Late(psycopg.OperationalError):
    """There was no answer in time. The connection is shut, and what became of the statement is not known."""


class Connection(psycopg.Connection[Row]):
    """A connection that is shut once it has waited for `patience` seconds.

    `while_waiting` is called with it again and again from SOON on; what it raises ends the waiting too.
    """

    patience = STATEMENT
    while_waiting: Callable[["Connection"], None] | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Wait so long for each answer in the block."""
        self.patience = seconds
        try:
            yield
        finally:
            self.patience = STATEMENT

    def wait(self, gen: Generator[Any, Any, T], *given: Any, **named: Any) -> T:
        return super().wait(self._bounded(gen), *given, **named)

    def _bounded(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """As `gen`, which psycopg wakes ten times a second with what is ready: mostly nothing."""
        began = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    began = time.monotonic()
                else:
                    self._look(time.monotonic() - began)
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _look(self, waited: float) -> None:
        try:
            if waited > self.patience:
                raise Late(f"the database server has not answered for {waited:.0f} s")
            if waited > SOON and self.while_waiting and self.patience < NO_LIMIT:
                self.while_waiting(self)
        except Exception:
            # Whatever it was, the answer is still to come.
            self.pgconn.finish()
            raise
