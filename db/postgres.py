"""PostgreSQL: a pool of connections, each checked before it is used."""

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from db import Clock, Database, Duplicate, Row, Unavailable

# How long a request waits for a connection, in seconds: a page that hangs helps nobody.
PATIENCE = 1.0
# A server that restarts is back within so many seconds, or a request cannot wait for it.
RECOVERY = 3.0
# Any number will do, as long as all servers take the same.
MIGRATION_LOCK = 5_288_247

# Trouble of the server or of the way there; anything else is a mistake in a statement and stays loud.
TROUBLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    PoolTimeout,
    PoolClosed,
    TooManyRequests,
)

Connection = psycopg.Connection[Row]


class Postgres(Database):
    dialect = "postgres"
    mistakes = psycopg.DatabaseError

    def __init__(self, url: str, clock: Clock, connections: int, key: bytes) -> None:
        super().__init__(clock, key)
        self._threads = threading.local()
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=PATIENCE,
            # By itself the pool would try again after ever longer breaks; so the next request makes it try. A request
            # that comes between two tries has time enough to see the second.
            reconnect_timeout=PATIENCE / 2,
            kwargs={"autocommit": True, "connect_timeout": 5, "tcp_user_timeout": 5000},
            configure=_set_limits,
            check=self._check,
            open=True,
        )
        with _translated(), _hushed():
            self._pool.wait(timeout=10)

    def _check(self, connection: Connection) -> None:
        """Where one is dead, all that lie idle are: by itself the pool would find out one a second."""
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            self._pool.drain()
            raise

    def run(self, sql: str, **values: Any) -> int:
        with self.transaction(), self._cursor(sql, values) as cursor:
            return cursor.rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        with _translated(), self._connection() as connection, connection.cursor() as cursor:
            cursor.executemany(_rewritten(sql), rows)

    def script(self, sql: str) -> None:
        with _translated(), self._connection() as connection:
            connection.execute(sql)

    @contextmanager
    def transaction(self, wait: bool = True) -> Iterator[None]:
        if self._held() is not None:
            yield
            return
        number = None
        try:
            with _translated(), self._connection() as connection, connection.transaction():
                if not wait:
                    connection.execute("SET LOCAL lock_timeout = 1")
                self._threads.connection = connection
                try:
                    yield
                finally:
                    self._threads.connection = None
                number = _number(connection)
        except Unavailable:
            if number is None or not self._is_committed(number):
                raise

    @contextmanager
    def migrating(self) -> Iterator[None]:
        with self.transaction():
            # A table of millions takes longer than any page may.
            self.run("SET LOCAL statement_timeout = 0")
            self.run("SET LOCAL lock_timeout = 0")
            self.one("SELECT pg_advisory_xact_lock(:key)", key=MIGRATION_LOCK)
            yield

    def has_table(self, name: str) -> bool:
        row = self.one("SELECT to_regclass(CAST(:name AS text)) IS NOT NULL", name=name)
        return row is not None and bool(row[0])

    def close(self) -> None:
        self._pool.close()

    def _is_committed(self, number: str) -> bool:
        """Where the connection broke after COMMIT was sent: done twice would be as wrong as said not to be done.

        Raises Unavailable while the server cannot tell.
        """
        deadline = time.monotonic() + RECOVERY
        while True:
            try:
                row = self.one("SELECT txid_status(CAST(:number AS bigint))", number=number)
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
            else:
                if row != ("in progress",):
                    return row == ("committed",)
            time.sleep(0.1)

    def _held(self) -> Connection | None:
        return getattr(self._threads, "connection", None)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        held = self._held()
        if held is not None:
            yield held
            return
        with self._pool.connection() as connection:
            yield connection

    @contextmanager
    def _cursor(self, sql: str, values: dict[str, Any]) -> Iterator[psycopg.Cursor[Row]]:
        with _translated(), self._connection() as connection:
            yield connection.execute(_rewritten(sql), values)


@contextmanager
def _hushed() -> Iterator[None]:
    """The pool tells of each try; at the start one sentence of ours is enough."""
    log = logging.getLogger("psycopg.pool")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


def _number(connection: Connection) -> str | None:
    """The transaction's, by which the server knows afterwards what became of it; None where it wrote nothing."""
    row = connection.execute("SELECT CAST(txid_current_if_assigned() AS text)").fetchone()
    return row[0] if row else None


def _set_limits(connection: Connection) -> None:
    """A lock that somebody holds for minutes must not hold a thread of ours as long."""
    connection.execute("SET lock_timeout = '5s'")
    connection.execute("SET statement_timeout = '10s'")


@contextmanager
def _translated() -> Iterator[None]:
    """psycopg's errors as ours."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise Duplicate(error.diag.constraint_name or "") from error
    except TROUBLE as error:
        raise Unavailable(str(error)) from error


@cache
def _rewritten(sql: str) -> str:
    """`:name` as psycopg spells it; a text in quotes stays as it is."""
    return re.sub(r"('[^']*')|(?<!:):([a-z_]+)", lambda found: found[1] or f"%({found[2]})s", sql.replace("%", "%%"))
