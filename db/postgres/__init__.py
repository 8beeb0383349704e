"""PostgreSQL: a pool of connections; each is checked before an act, and a read that finds it dead tries another.

No thread waits for the server for ever: `connection` has the deadlines, `pulse` finds out that it is silent, `commits`
what became of a COMMIT without an answer.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from db import Clock, Conflict, Database, Duplicate, Locked, Row, Unavailable
from db.postgres.commits import Commits
from db.postgres.connection import COMMIT, NO_LIMIT, Connection, Late
from db.postgres.pool import LIMITS, Pool
from db.postgres.pulse import Silent

# Any number will do, as long as all servers take the same.
MIGRATION_LOCK = 5_288_247
# Where others use the session too, the limits end with the transaction.
LIMITS_LOCAL = LIMITS.replace("SET ", "SET LOCAL ")
NO_WAIT = "SET LOCAL lock_timeout = 1"
NOT_LASTING = "SET LOCAL synchronous_commit = off"
# How long a migration waits for a table that somebody reads: whoever comes after it waits too. Less than the second
# after which PostgreSQL looks for a deadlock: a page that waits for the migration, which waits for it, is not ended.
MIGRATION_LIMIT = "SET LOCAL lock_timeout = '500ms'"

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
# The server ended one of several transactions that were in one another's way.
IN_THE_WAY = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Postgres(Database):
    dialect = "postgres"
    mistakes = psycopg.DatabaseError

    def __init__(self, url: str, clock: Clock, connections: int, *given: Any) -> None:
        super().__init__(clock, *given)
        self._pool, self._commits = Pool(url, connections), Commits(self)
        with _translated:
            self._pool.wait(10)
            self._commits.look_for_rights()

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
    def transaction(self, wait: bool = True, lasting: bool = True) -> Iterator[None]:
        self.check_may_write()
        if self._open_connection() is not None:
            yield
            return
        if wait:
            self._commits.check()
        sent = None
        try:
            with _translated, self._connection() as connection, connection.transaction():
                self._limit(connection, wait, lasting)
                self._threads.connection = connection
                try:
                    yield
                finally:
                    self._threads.connection = None
                sent = self._commits.transaction_id(connection) if wait else None
                # Until the pool takes it back.
                connection.patience = COMMIT
        except Conflict:
            raise
        except Unavailable as error:
            if sent is None or not self._commits.is_done(sent, error):
                raise
        if wait and lasting:
            self._threads.lasting = self.committed() + 1

    def committed(self) -> int:
        return getattr(self._threads, "lasting", 0)

    def _limit(self, connection: Connection, wait: bool, lasting: bool) -> None:
        limits = [] if self._pool.keeps_session else [LIMITS_LOCAL]
        limits += [] if wait else [NO_WAIT]
        limits += [] if wait and lasting else [NOT_LASTING]
        if limits:
            connection.execute("; ".join(limits))

    @contextmanager
    def migrating(self) -> Iterator[None]:
        with self.transaction(), self._connection() as connection, connection.within(NO_LIMIT):
            # To migrate a table of millions of rows takes longer than a page may, and so does another server's turn.
            self.script("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            self.one("SELECT pg_advisory_xact_lock(:key)", key=MIGRATION_LOCK)
            self.script(MIGRATION_LIMIT)
            yield

    def has_table(self, name: str) -> bool:
        row = self.one("SELECT to_regclass(CAST(:name AS text)) IS NOT NULL", name=name)
        return row is not None and bool(row[0])

    def commits_waiting(self) -> int:
        return self._commits.waiting()

    def close(self) -> None:
        self._pool.close()

    def _open_connection(self) -> Connection | None:
        return getattr(self._threads, "connection", None)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """The open transaction's connection, or one that has just answered: an act cannot be tried twice."""
        held = self._open_connection()
        with nullcontext(held) if held is not None else self._pool.checked() as connection:
            yield connection

    def _cursor(self, sql: str, values: dict[str, Any]) -> AbstractContextManager[psycopg.Cursor[Row]]:
        with _translated:
            held = self._open_connection()
            execute = self._read if held is None else held.execute
            return nullcontext(execute(_rewritten(sql), values))

    @staticmethod
    def _columns(cursor: psycopg.Cursor[Row]) -> tuple[str, ...]:
        """Read the names alone: psycopg's own description of twenty columns takes a tenth of a statement's time."""
        result = cursor.pgresult
        return tuple((result.fname(number) or b"").decode() for number in range(result.nfields)) if result else ()

    def _read(self, sql: str, values: dict[str, Any]) -> psycopg.Cursor[Row]:
        """Ask by any connection, and once more if it is dead: to check each one before would take as long as to ask."""
        with self._pool.lent() as connection:
            try:
                return connection.execute(sql, values)
            except (Late, Silent):
                raise
            except psycopg.Error:
                # A team's INSERT … RETURNING may have been done already.
                if not connection.broken or not sql.lstrip().startswith("SELECT"):
                    raise
        with self._pool.lent() as another:
            return another.execute(sql, values)


class _Translated:
    """Turns psycopg's errors into Duplicate and kinds of Unavailable."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, psycopg.errors.UniqueViolation):
            raise Duplicate(error.diag.constraint_name or "") from error
        if isinstance(error, IN_THE_WAY):
            raise Conflict(str(error)) from error
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise Locked(str(error)) from error
        if isinstance(error, TROUBLE):
            raise Unavailable(str(error)) from error


_translated = _Translated()


@cache
def _rewritten(sql: str) -> str:
    """Rewrite `:name` as psycopg's `%(name)s`; a text in quotes stays as it is."""
    return re.sub(r"('[^']*')|(?<!:):([a-z_]+)", lambda found: found[1] or f"%({found[2]})s", sql.replace("%", "%%"))
