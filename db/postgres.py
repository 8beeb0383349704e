"""PostgreSQL: a pool of connections; each is checked before an act, and a read that finds it dead tries another."""

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from db import Clock, Database, Duplicate, Row, Unavailable

# How long a request waits for a connection, in seconds: a page that hangs is of no use.
PATIENCE = 1.0
# A server that restarts is back within so many seconds; a request cannot wait longer for it.
RECOVERY = 3.0
# Any number will do, as long as all servers take the same.
MIGRATION_LOCK = 5_288_247

# Errors of the server or the network; any other is a mistake in a statement and is raised as it is.
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

    def __init__(self, url: str, clock: Clock, connections: int, *given: Any) -> None:
        super().__init__(clock, *given)
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=PATIENCE,
            # The pool would retry after ever longer breaks. With this limit it gives up, and the next request makes it
            # retry; a request that comes between two tries waits long enough to see the second.
            reconnect_timeout=PATIENCE / 2,
            kwargs={"autocommit": True, "connect_timeout": 5, "tcp_user_timeout": 5000},
            configure=_set_limits,
            open=True,
        )
        with _translated, _hushed():
            self._pool.wait(timeout=10)

    def run(self, sql: str, **values: Any) -> int:
        with self.transaction(), self._cursor(sql, values) as cursor:
            return cursor.rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        with _translated, self._connection() as connection, connection.cursor() as cursor:
            cursor.executemany(_rewritten(sql), rows)

    def script(self, sql: str) -> None:
        with _translated, self._connection() as connection:
            connection.execute(sql)

    @contextmanager
    def transaction(self, wait: bool = True) -> Iterator[None]:
        self.check_may_write()
        if self._held() is not None:
            yield
            return
        number = None
        try:
            with _translated, self._connection() as connection, connection.transaction():
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
            # To migrate a table of millions of rows takes longer than a page may.
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
        """Whether transaction `number` was committed, if the connection broke after COMMIT was sent.

        To do it twice would be as wrong as to report it as not done. Raises Unavailable while the server cannot tell.
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
        """The open transaction's connection, or one that has just answered: an act cannot be tried twice."""
        held = self._held()
        if held is not None:
            yield held
            return
        with self._lent() as connection:
            if _answers(connection):
                yield connection
                return
        with self._lent() as connection:
            yield connection

    def _cursor(self, sql: str, values: dict[str, Any]) -> AbstractContextManager[psycopg.Cursor[Row]]:
        with _translated:
            held = self._held()
            execute = self._read if held is None else held.execute
            return nullcontext(execute(_rewritten(sql), values))

    @staticmethod
    def _columns(cursor: psycopg.Cursor[Row]) -> tuple[str, ...]:
        """Read the names alone: psycopg's own description of twenty columns takes a tenth of a statement's time."""
        result = cursor.pgresult
        return tuple((result.fname(number) or b"").decode() for number in range(result.nfields)) if result else ()

    def _read(self, sql: str, values: dict[str, Any]) -> psycopg.Cursor[Row]:
        """Ask by any connection, and once more if it is dead: to check each one before would take as long as to ask."""
        connection = self._pool.getconn()
        try:
            return connection.execute(sql, values)
        except psycopg.Error:
            # A team's INSERT … RETURNING may have been done already.
            if not connection.broken or not sql.lstrip().startswith("SELECT"):
                raise
        finally:
            self._take_back(connection)
        with self._lent() as another:
            return another.execute(sql, values)

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        connection = self._pool.getconn()
        try:
            yield connection
        finally:
            self._take_back(connection)

    def _take_back(self, connection: Connection) -> None:
        """Put the connection back into the pool; if it is dead, drop all idle ones too.

        They are dead as well, and the pool would find out only one a second.
        """
        is_dead = connection.broken
        self._pool.putconn(connection)
        if is_dead:
            self._pool.drain()


def _answers(connection: Connection) -> bool:
    try:
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


def _number(connection: Connection) -> str | None:
    """Id of the open transaction, to ask the server later if it was committed; None if it wrote nothing."""
    row = connection.execute("SELECT CAST(txid_current_if_assigned() AS text)").fetchone()
    return row[0] if row else None


def _set_limits(connection: Connection) -> None:
    """Limit the time of statements: a lock that is held for minutes must not hold a thread of ours as long."""
    connection.execute("SET lock_timeout = '5s'")
    connection.execute("SET statement_timeout = '10s'")


class _Translated:
    """Turns psycopg's errors into Duplicate and Unavailable."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, psycopg.errors.UniqueViolation):
            raise Duplicate(error.diag.constraint_name or "") from error
        if isinstance(error, TROUBLE):
            raise Unavailable(str(error)) from error


_translated = _Translated()


@cache
def _rewritten(sql: str) -> str:
    """Rewrite `:name` as psycopg's `%(name)s`; a text in quotes stays as it is."""
    return re.sub(r"('[^']*')|(?<!:):([a-z_]+)", lambda found: found[1] or f"%({found[2]})s", sql.replace("%", "%%"))
