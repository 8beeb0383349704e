"""Every statement that touches the table of sessions but the dashboard's."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from db import Database, Row
from db.users import User, as_user

# The session's columns, as the view own_sessions_4 calls them; the user's columns have other names.
NAMES = [
    "session_id",
    "remember",
    "began_at",
    "confirmed_at",
    "last_seen_at",
    "last_visit_at",
    "ended_at",
    "device",
    "address",
    "session_name",
]


class Session(NamedTuple):
    """A session and its user.

    `confirmed_at` is when the password was last checked, `last_visit_at` when the user was last seen before this visit;
    `ended_at` is set once the session is marked as ended.
    """

    id: str
    remember: bool
    created_at: str
    confirmed_at: str
    last_seen_at: str
    last_visit_at: str | None
    ended_at: str | None
    device: str
    address: str
    name: str
    """What its user calls it, or empty."""
    user: User


@lru_cache
def as_session(columns: tuple[str, ...]) -> Callable[[Row], Session]:
    """Return a reader that makes each row of own_sessions_4 a session with its user."""
    pick, user = itemgetter(*map(columns.index, NAMES)), as_user(columns)

    def read(row: Row) -> Session:
        session_id, remember, *rest = pick(row)
        return Session._make([session_id, bool(remember), *rest, user(row)])

    return read


def add(
    db: Database,
    session_id: str,
    token_hash: str,
    user_id: int,
    remember: bool,
    ends_at: str,
    last_visit_at: str | None,
    device: str,
    address: str,
) -> None:
    db.run(
        """INSERT INTO sessions
           (id, token_hash, user_id, remember, created_at, confirmed_at, last_seen_at, ends_at, last_visit_at, device,
            address)
           VALUES (:id, :token_hash, :user_id, :remember, :now, :now, :now, :ends_at, :last_visit_at, :device,
            :address)""",
        id=session_id,
        token_hash=token_hash,
        user_id=user_id,
        remember=int(remember),
        ends_at=ends_at,
        last_visit_at=last_visit_at,
        device=device,
        address=address,
        now=db.now(),
    )


def add_many(db: Database, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert remembered sessions quickly; a mapping holds what `add` takes, and `seen_at`."""
    db.many(
        """INSERT INTO sessions (id, token_hash, user_id, remember, created_at, confirmed_at, last_seen_at, ends_at,
            device, address)
           VALUES (:id, :token_hash, :user_id, 1, :seen_at, :seen_at, :seen_at, :ends_at, :device, :address)""",
        rows,
    )


def find(db: Database, token_hash: str) -> Session | None:
    """The session and its user, in one query."""
    return db.one("SELECT * FROM own_sessions_4 WHERE token_hash = :token_hash", as_session, token_hash=token_hash)


def by_id(db: Database, user_id: int, session_id: str) -> Session | None:
    """The user's session with this id, or None."""
    return db.one(
        "SELECT * FROM own_sessions_4 WHERE session_id = :session_id AND id = :user_id",
        as_session,
        session_id=session_id,
        user_id=user_id,
    )


def of_user(db: Database, user_id: int) -> list[Session]:
    """The user's sessions, the one seen last first; also those marked as ended whose row is still kept."""
    return db.all(
        "SELECT * FROM own_sessions_4 WHERE id = :user_id ORDER BY last_seen_at DESC, session_id",
        as_session,
        user_id=user_id,
    )


def unended(db: Database, user_id: int) -> list[Session]:
    """The user's sessions that are not marked as ended, the one seen last first."""
    return db.all(
        """SELECT * FROM own_sessions_4 WHERE id = :user_id AND ended_at IS NULL
           ORDER BY last_seen_at DESC, session_id""",
        as_session,
        user_id=user_id,
    )


def count_of_user(db: Database, user_id: int) -> int:
    row = db.one("SELECT count(*) FROM sessions WHERE user_id = :user_id AND ended_at IS NULL", user_id=user_id)
    return int(row[0]) if row else 0


def count_live(db: Database) -> int:
    row = db.one("SELECT count(*) FROM sessions WHERE ended_at IS NULL AND ends_at > :now", now=db.now())
    return int(row[0]) if row else 0


def owners(db: Database) -> list[int]:
    """Ids of users with a session not marked as ended."""
    return [user_id for (user_id,) in db.all("SELECT DISTINCT user_id FROM sessions WHERE ended_at IS NULL")]


def due(db: Database, limit: int) -> list[Session]:
    """At most `limit` sessions whose stored end has passed; a new role of their user may have moved the real end."""
    return db.all(
        "SELECT * FROM own_sessions_4 WHERE ends_at <= :now AND ended_at IS NULL ORDER BY ends_at LIMIT :limit",
        as_session,
        now=db.now(),
        limit=limit,
    )


def touch(db: Database, session_id: str, ends_at: str, new_visit_after: str) -> None:
    """Note that the session was seen; another visit begins if it was not seen since `new_visit_after`."""
    db.run(
        """UPDATE sessions SET
           last_visit_at = CASE WHEN last_seen_at < :new_visit_after THEN last_seen_at ELSE last_visit_at END,
           last_seen_at = :now, ends_at = :ends_at
           WHERE id = :id AND last_seen_at < :now""",
        id=session_id,
        ends_at=ends_at,
        new_visit_after=new_visit_after,
        now=db.now(),
    )


def renew(db: Database, session_id: str, token_hash: str, ends_at: str) -> None:
    """Give the session another token, since its user has just confirmed the password."""
    db.run(
        """UPDATE sessions SET token_hash = :token_hash, confirmed_at = :now, last_seen_at = :now, ends_at = :ends_at
           WHERE id = :id""",
        id=session_id,
        token_hash=token_hash,
        ends_at=ends_at,
        now=db.now(),
    )


def set_name(db: Database, session_id: str, name: str) -> None:
    db.run("UPDATE sessions SET name = :name WHERE id = :id", name=name, id=session_id)


def postpone(db: Database, session_id: str, ends_at: str) -> None:
    """Store another end for a session that is due but lives on."""
    db.run("UPDATE sessions SET ends_at = :ends_at WHERE id = :id", id=session_id, ends_at=ends_at)


def note_end(db: Database, session_id: str, ended_at: str) -> bool:
    """Mark the session as ended; False if it was marked before."""
    return bool(
        db.run(
            "UPDATE sessions SET ended_at = :ended_at WHERE id = :id AND ended_at IS NULL",
            id=session_id,
            ended_at=ended_at,
        )
    )


def remove(db: Database, session_id: str) -> bool:
    """Delete the session; False if there was none."""
    return bool(db.run("DELETE FROM sessions WHERE id = :id", id=session_id))


def remove_ended_of_user(db: Database, user_id: int, limit: int) -> None:
    """Delete at most `limit` rows of the user's sessions that ended by themselves."""
    db.run(
        """DELETE FROM sessions WHERE id IN
           (SELECT id FROM sessions WHERE user_id = :user_id AND ended_at IS NOT NULL LIMIT :limit)""",
        user_id=user_id,
        limit=limit,
    )


def remove_ended(db: Database, before: str, limit: int) -> None:
    """Sweep the rows of sessions that ended by themselves before this time."""
    db.run(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ended_at < :before LIMIT :limit)",
        before=before,
        limit=limit,
    )


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` of the user's sessions, live or not; return how many."""
    return db.run(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = :user_id LIMIT :limit)",
        user_id=user_id,
        limit=limit,
    )
