"""The database: five verbs over SQLite or PostgreSQL, and the ways in which they fail."""

import hmac
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar, overload

Row = tuple[Any, ...]
Clock = Callable[[], datetime]
T = TypeVar("T")
# Takes the names of a statement's columns; returns a function that turns each row into a T.
Read = Callable[[tuple[str, ...]], Callable[[Row], T]]


def system_clock() -> datetime:
    return datetime.now(UTC)


class Duplicate(Exception):
    """A UNIQUE index refused a row.

    `name` depends on the database. PostgreSQL names the constraint or index (`users_email_key`). SQLite names the
    columns (`users.email`, or several: `event_days.kind, event_days.day`), or the index if it is on an expression.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Unavailable(Exception):
    """The database cannot answer now: locked, full, read-only, gone. Nothing was written, unless it is Unknown."""


class Unknown(Unavailable):
    """The answer to a COMMIT was lost, and the database that is there now cannot tell whether it was done."""


class Locked(Unavailable):
    """Another program holds a lock that is needed, and has held it for longer than we wait."""


class Conflict(Unavailable):
    """Another transaction was in the way, and the database ended this one: it may be tried again."""


class Unfit(Exception):
    """The database holds tables that are not ours, so it cannot be brought up to date. It is unchanged."""


class Elsewhere(BaseException):
    """A thread that may only read tried to write, or would have to wait: another thread must answer the request.

    Not an Exception, so that no `except Exception` on the way answers it.
    """


class Database(ABC):
    """A database: statements take `:name` parameters and return tuples, or what `read` makes of them.

    One object serves all threads. Every verb raises Duplicate or Unavailable. Outside a transaction each statement runs
    in its own. `mails` tells the rules whether what they write to the outbox is sent.
    """

    def __init__(self, clock: Clock, key: bytes, older_keys: Sequence[bytes] = (), mails: bool = False) -> None:
        self.clock = clock
        self._keys = key, *older_keys
        self.mails = mails
        self._threads = threading.local()

    def now(self) -> str:
        """The app's time in UTC as it is stored: `YYYY-MM-DD HH:MM:SS`."""
        return stored(self.clock())

    def days(self, number: int) -> tuple[str, ...]:
        """The last `number` days as they are stored, `YYYY-MM-DD` in UTC, today last."""
        return _days(self.clock().astimezone(UTC).date(), number)

    def blind_index(self, text: str) -> str:
        """Return a keyed hash of `text`, to find by it what must stay secret even in a stolen copy of the tables."""
        return next(self.keyed(text)).hex()

    def keyed(self, text: str) -> Iterator[bytes]:
        """Yield a keyed hash of `text` by each key, today's first; what was made from a seed is made by it again."""
        return (hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256") for key in self._keys)

    @abstractmethod
    def run(self, sql: str, **values: Any) -> int:
        """Change rows; return how many."""

    @abstractmethod
    def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement quickly, once for each mapping in `rows`, inside the open transaction."""

    @overload
    def one(self, sql: str, /, **values: Any) -> Row | None: ...

    @overload
    def one(self, sql: str, read: Read[T], /, **values: Any) -> T | None: ...

    def one(self, sql: str, read: Read[Any] | None = None, /, **values: Any) -> Any:
        """The first row, or None. To write with RETURNING, be inside a transaction; what only reads is tried again."""
        with self._cursor(sql, values) as cursor:
            row = cursor.fetchone()
            return row if row is None or read is None else read(self._columns(cursor))(row)

    @overload
    def all(self, sql: str, /, **values: Any) -> list[Row]: ...

    @overload
    def all(self, sql: str, read: Read[T], /, **values: Any) -> list[T]: ...

    def all(self, sql: str, read: Read[Any] | None = None, /, **values: Any) -> list[Any]:
        """Every row."""
        with self._cursor(sql, values) as cursor:
            rows: list[Any] = cursor.fetchall()
            return rows if read is None else list(map(read(self._columns(cursor)), rows))

    @abstractmethod
    def _cursor(self, sql: str, values: dict[str, Any]) -> AbstractContextManager[Any]:
        """Run a statement and yield its cursor, as in DB-API 2.0 (PEP 249)."""

    @staticmethod
    def _columns(cursor: Any) -> tuple[str, ...]:
        return tuple(column[0] for column in cursor.description)

    @abstractmethod
    def script(self, sql: str) -> None:
        """Run several statements without parameters inside the open transaction."""

    @abstractmethod
    def transaction(self, wait: bool = True, lasting: bool = True) -> AbstractContextManager[None]:
        """Commit all of the block or nothing of it. Writers take turns.

        With `wait` off it raises Unavailable at once if another writer is at work. With `lasting` off, or
        `wait` off, a crash of PostgreSQL within the next second may undo the block; a later commit that lasts keeps it.
        """

    def committed(self) -> int:
        """How many lasting transactions the calling thread has committed, where it may meet with a Conflict."""
        return 0

    def only_read(self) -> None:
        """Keep the calling thread from writing, and on SQLite from waiting for a locked file: it gets Elsewhere."""
        self._threads.only_reads = True

    def check_may_write(self) -> None:
        """Raise Elsewhere in a thread that only reads; `transaction` does so by itself."""
        if getattr(self._threads, "only_reads", False):
            raise Elsewhere

    @abstractmethod
    def migrating(self) -> AbstractContextManager[None]:
        """A transaction for migrations: of all servers on all machines, one at a time is inside it."""

    @abstractmethod
    def has_table(self, name: str) -> bool: ...

    def commits_waiting(self) -> int:
        """How many COMMITs have waited for a synchronous standby for more than a second."""
        return 0

    @abstractmethod
    def close(self) -> None: ...

    dialect: str
    elsewhere = Elsewhere
    """For callers that may not import `db`."""
    mistakes: type[Exception]
    """The error of a statement that does not fit the tables."""


def by_name(kind: type[T]) -> Read[T]:
    """Return a reader that makes each row a NamedTuple of `kind`; other columns and their order do not matter."""
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]

    @lru_cache
    def read(columns: tuple[str, ...]) -> Callable[[Row], T]:
        pick = itemgetter(*map(columns.index, fields))
        return lambda row: kind(*pick(row))

    return read


@lru_cache
def _days(today: date, number: int) -> tuple[str, ...]:
    return tuple((today - timedelta(days=ago)).isoformat() for ago in reversed(range(number)))


def stored(moment: datetime) -> str:
    """Format `moment` as the tables hold it, in UTC: `YYYY-MM-DD HH:MM:SS`."""
    return moment.astimezone(UTC).isoformat(" ", "seconds")[:19]


@lru_cache(4096)
def moment(text: str) -> datetime:
    """Read back what `stored` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def connect(
    url: str,
    clock: Clock = system_clock,
    connections: int = 16,
    key: bytes = b"",
    older_keys: Sequence[bytes] = (),
    mails: bool = False,
) -> Database:
    """Open the database at `url`, `sqlite:///PATH` or `postgresql://…`. Raises Unavailable if it cannot be reached.

    `key` is for `blind_index`; all servers on one database must use the same. `older_keys` are being rotated out.
    """
    if url.startswith("sqlite:///"):
        from db.sqlite import Sqlite

        return Sqlite(url.removeprefix("sqlite:///"), clock, key, older_keys, mails)
    from db.postgres import Postgres

    return Postgres(url, clock, connections, key, older_keys, mails)
