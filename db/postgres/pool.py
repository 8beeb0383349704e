"""The pool of connections to PostgreSQL: none is lent out to a server that is known to be silent."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from db import Unfit
from db.postgres import pooler
from db.postgres.connection import CHECK, STATEMENT, Connection
from db.postgres.pulse import Pulse

# How long a request waits for a connection, in seconds: a page that hangs is of no use.
PATIENCE = 1.0
# How often it looks up meanwhile.
GLANCE = 0.25
# A cut that says nothing, as of a cable, is noticed after 5 s by what was sent, after 11 s by what is waited for.
OPTIONS: dict[str, Any] = {
    "connect_timeout": 2, "tcp_user_timeout": 5000,
    "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
}  # fmt: skip
# A standby takes no writes, so it is not connected to, unless the URL says so.
PRIMARY = {"target_session_attrs": "read-write"}
# A lock that is held for minutes must not hold a thread of ours as long; nor must a transaction whose client is gone
# hold its own locks.
LIMITS = """
SET lock_timeout = '5s'; SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'
"""

log = logging.getLogger("latchkey")


class Pool:
    """At most so many connections to the server at `url`.

    `keeps_session`: whether a connection has a session of the server for itself, and no pooler in between lends it to
    others; None as long as that is not known.

    Raises Unfit for a URL that libpq does not understand.
    """

    def __init__(self, url: str, connections: int) -> None:
        self._url, is_said = pooler.parted(url)
        self._options = OPTIONS if "target_session_attrs" in _read(self._url) else OPTIONS | PRIMARY
        self.keeps_session: bool | None = False if is_said else None
        self._pulse = Pulse(self._url, self._options)
        self._pool = ConnectionPool(
            self._url,
            connection_class=Connection,
            min_size=1,
            max_size=connections,
            timeout=PATIENCE,
            # The pool would retry after ever longer breaks. With this limit it gives up, and the next request makes it
            # retry; a request that comes between two tries waits long enough to see the second.
            reconnect_timeout=PATIENCE / 2,
            kwargs={"autocommit": True, **self._options},
            configure=self._set_up,
            open=True,
        )

    def wait(self, seconds: float) -> None:
        """Wait for the first connection. Raises what keeps it away."""
        try:
            with _hushed():
                self._pool.wait(seconds)
        except PoolTimeout:
            Connection.connect(self._url, **self._options).close()
            raise

    def close(self) -> None:
        self._pulse.close()
        self._pool.close()

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection, which may be dead."""
        connection = self._taken()
        try:
            yield connection
        finally:
            self._take_back(connection)

    @contextmanager
    def checked(self) -> Iterator[Connection]:
        """A connection that has just answered."""
        with self.lent() as connection:
            if _lives(connection):
                yield connection
                return
        with self.lent() as connection:
            yield connection

    def _set_up(self, connection: Connection) -> None:
        connection.while_waiting = self._pulse.ask_about
        if self.keeps_session is None:
            self.keeps_session = not self._finds_pooler(connection)
        if self.keeps_session:
            connection.execute(LIMITS)
        else:
            connection.prepare_threshold = None

    def _finds_pooler(self, first: Connection) -> bool:
        is_there = pooler.is_between(first, self._url, self._options)
        if is_there:
            log.warning(pooler.ADVICE)
        return is_there

    def _taken(self) -> Connection:
        connection = self._waited_for()
        if self._pulse.is_silent(connection):
            connection.pgconn.finish()
            self._take_back(connection)
            return self._waited_for()
        return connection

    def _waited_for(self) -> Connection:
        """Wait for a connection, but not once it is known that no server answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._pulse.check()
            try:
                return self._pool.getconn(GLANCE)
            except PoolTimeout:
                if time.monotonic() > deadline:
                    raise

    def _take_back(self, connection: Connection) -> None:
        """Put the connection back; if it is dead, drop all idle ones too.

        They are dead as well, and the pool would find out only one a second.
        """
        is_dead, connection.patience = connection.broken, STATEMENT
        self._pool.putconn(connection)
        if is_dead:
            self._pool.drain()


def _read(url: str) -> Mapping[str, Any]:
    try:
        return psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        said = str(error).strip()
        if "prepare_threshold" in said:
            raise Unfit("prepare_threshold may be 0 alone") from None
        # What else libpq says may quote the password.
        raise Unfit(said if said.startswith("invalid URI query parameter") else "no valid URL") from None


def _lives(connection: Connection) -> bool:
    try:
        with connection.within(CHECK):
            ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True


@contextmanager
def _hushed() -> Iterator[None]:
    """Silence the pool, which logs each try: at the start one sentence of ours is enough."""
    log = logging.getLogger("psycopg.pool")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False
