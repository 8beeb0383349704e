"""SQLite: one file, one kept connection per thread, writers one after the other."""

import logging
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any
from urllib.parse import quote

from db import Database, Duplicate, Unavailable

# How long a writer waits for another thread of this process, in seconds; and the same for another program.
PATIENCE = 5.0
WAIT = "PRAGMA busy_timeout = 5000"
# Seconds after which a writer that waits for another program counts as stuck, not as slow.
STUCK = 0.5

# Endings of the files that SQLite keeps beside a database, and would replay onto another one of the same name.
JOURNALS = ("-wal", "-shm", "-journal")

# FULL: with NORMAL a power cut loses what was already acknowledged.
SETTINGS = f"""
{WAIT};
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
"""

# Errors of the file or the disk; any other is a mistake in a statement and is raised as it is.
TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}

log = logging.getLogger("latchkey")


class Sqlite(Database):
    dialect = "sqlite"
    mistakes = sqlite3.DatabaseError

    def __init__(self, path: str, *given: Any) -> None:
        super().__init__(*given)
        self._address = f"file:{quote(os.path.abspath(path))}?mode=rw"
        self._opened: dict[threading.Thread, sqlite3.Connection] = {}
        # Since Python 3.13 a connection that is dropped unclosed is complained of.
        weakref.finalize(self, _close_all, self._opened).atexit = False
        self._writer = threading.Lock()
        self._asked_at: float | None = None
        _create(path)
        _keep_from_others(os.path.realpath(path))
        with _translated:
            self._connection()

    def run(self, sql: str, **values: Any) -> int:
        with self.transaction():
            return self._execute(sql, values).rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        with _translated:
            self._connection().executemany(sql, rows)

    def _cursor(self, sql: str, values: dict[str, Any]) -> AbstractContextManager[sqlite3.Cursor]:
        return nullcontext(self._execute(sql, values))

    def script(self, sql: str) -> None:
        for statement in _statements(sql):
            self._execute(statement, {})

    def only_read(self) -> None:
        super().only_read()
        self.one("PRAGMA busy_timeout = 0")
        self.one("PRAGMA query_only = ON")

    @contextmanager
    def transaction(self, wait: bool = True, lasting: bool = True) -> Iterator[None]:  # noqa: ARG002 all of it lasts
        self.check_may_write()
        with _translated:
            connection = self._connection()
        if connection.in_transaction:
            yield
            return
        self._take_turn(PATIENCE if wait else 0)
        try:
            self._begin(wait)
            try:
                yield
                self._execute("COMMIT", {})
            finally:
                if connection.in_transaction:
                    connection.rollback()
        finally:
            self._writer.release()

    def migrating(self) -> AbstractContextManager[None]:
        return self.transaction()

    def _take_turn(self, patience: float) -> None:
        """Wait for the other writers of this process. Raises Unavailable.

        While one of them is stuck behind another program, the rest give up: if all waited, no thread would be left for
        requests that only read.
        """
        deadline = time.monotonic() + patience
        while not self._is_stuck():
            left = deadline - time.monotonic()
            if self._writer.acquire(timeout=max(0.0, min(left, STUCK))):
                return
            if left <= 0:
                break
        raise Unavailable("another writer is not done")

    def _is_stuck(self) -> bool:
        asked_at = self._asked_at
        return asked_at is not None and time.monotonic() - asked_at > STUCK

    def _begin(self, wait: bool) -> None:
        self._asked_at = time.monotonic()
        try:
            if not wait:
                self.one("PRAGMA busy_timeout = 0")
            self._execute("BEGIN IMMEDIATE", {})
        finally:
            self._asked_at = None
            if not wait:
                self.one(WAIT)

    def has_table(self, name: str) -> bool:
        return self.one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name", name=name) is not None

    def close(self) -> None:
        _close_all(self._opened)

    def _execute(self, sql: str, values: dict[str, Any]) -> sqlite3.Cursor:
        try:
            with _translated:
                return self._connection().execute(sql, values)
        except Unavailable:
            self.check_may_write()
            raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            # Closed from another thread at shut-down, hence check_same_thread.
            # rw: a deleted file is an error, and is not replaced by an empty one.
            connection = sqlite3.connect(self._address, isolation_level=None, check_same_thread=False, uri=True)
            try:
                for setting in _statements(SETTINGS):
                    connection.execute(setting).fetchall()
                _write_ahead(connection)
            except sqlite3.Error:
                connection.close()
                raise
            self._threads.connection = connection
            self._close_left()
            self._opened[threading.current_thread()] = connection
        return connection

    def _close_left(self) -> None:
        """Close the connections of threads that ended; the development server starts a thread for each request."""
        for thread in list(self._opened):
            if not thread.is_alive() and (left := self._opened.pop(thread, None)):
                left.close()


def _close_all(opened: dict[threading.Thread, sqlite3.Connection]) -> None:
    while opened:
        opened.popitem()[1].close()


def _create(path: str) -> None:
    """Create a missing file, readable by its owner alone: it holds hashes. Files beside it take their mode from it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error


def _keep_from_others(path: str) -> None:
    """Make an existing file and those beside it readable by the owner alone; log those that stay open to others."""
    for file in (path, *(path + ending for ending in JOURNALS)):
        if _is_open_to_others(file):
            with suppress(OSError):
                os.chmod(file, 0o600)
            if _is_open_to_others(file):
                log.warning("other users of this machine can read %s, which holds hashes: chmod 600 it", file)


def _is_open_to_others(file: str) -> bool:
    try:
        return bool(os.stat(file).st_mode & 0o077)
    except FileNotFoundError:
        return False


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; retry while the file is locked.

    If servers start at once on a new file, one changes its mode. To the others SQLite reports the lock at once,
    whatever busy_timeout says.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


class _Translated:
    """Turns SQLite's errors into Duplicate and Unavailable.

    No generator: that would take a tenth of a statement's time.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorcode in UNIQUE:
            raise Duplicate(_named(str(error))) from error
        if isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in TROUBLE:
            raise Unavailable(str(error)) from error


_translated = _Translated()


def _named(said: str) -> str:
    """`users.email` from "UNIQUE constraint failed: users.email", `users_username_lower` from "… index 'users_…'"."""
    return said.removeprefix("UNIQUE constraint failed: ").removeprefix("index ").strip("'")


def _statements(sql: str) -> Iterator[str]:
    """Cut a script where SQLite says that a statement is complete (a trigger's inner semicolons are not)."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
