"""Every statement that touches the table of throttles."""

from typing import NamedTuple

from db import Database, by_name


class Full(NamedTuple):
    """A bucket that is full; `user_id` and `username` are None if it is not about one account."""

    key: str
    kind: str
    label: str
    ends_at: str
    user_id: int | None
    username: str | None


as_full = by_name(Full)


def take(
    db: Database, key: str, kind: str, most: int, ends_at: str, is_sliding: bool, label: str, user_id: int | None
) -> bool:
    """Count one more in this bucket, or in a new one that ends at `ends_at`; False if it is full.

    With `is_sliding` each count puts the end off. It is one statement, so that ten at once are all counted.
    """
    row = db.one(
        """INSERT INTO throttles (key, kind, number, most, ends_at, label, user_id)
           VALUES (:key, :kind, 1, :most, :ends_at, :label, (SELECT id FROM users WHERE id = :user_id))
           ON CONFLICT (key) DO UPDATE SET
           number = CASE WHEN throttles.ends_at <= :now THEN 1 ELSE throttles.number + 1 END,
           ends_at = CASE WHEN throttles.ends_at <= :now OR :is_sliding = 1 THEN excluded.ends_at
                     ELSE throttles.ends_at END,
           most = excluded.most, user_id = excluded.user_id
           WHERE throttles.ends_at <= :now OR throttles.number < excluded.most
           RETURNING number""",
        key=key,
        kind=kind,
        most=most,
        ends_at=ends_at,
        is_sliding=int(is_sliding),
        label=label,
        user_id=user_id,
        now=db.now(),
    )
    return row is not None


def full_until(db: Database, key: str) -> str | None:
    """When this bucket will be empty again; None if it is not full."""
    row = db.one(
        "SELECT ends_at FROM throttles WHERE key = :key AND number >= most AND ends_at > :now", key=key, now=db.now()
    )
    return str(row[0]) if row else None


def give_back(db: Database, key: str) -> None:
    """Count one less in this bucket."""
    db.run("UPDATE throttles SET number = number - 1 WHERE key = :key AND number > 0", key=key)


def remove(db: Database, key: str) -> bool:
    """Delete the bucket; False if there was none."""
    return bool(db.run("DELETE FROM throttles WHERE key = :key", key=key))


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` buckets about this user; return how many."""
    return db.run(
        "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE user_id = :user_id LIMIT :limit)",
        user_id=user_id,
        limit=limit,
    )


def remove_of_user_but(db: Database, user_id: int, kinds: str, limit: int) -> int:
    """As `remove_of_user`, without the buckets whose kind begins with `kinds`."""
    return db.run(
        """DELETE FROM throttles WHERE key IN (
           SELECT key FROM throttles
           WHERE user_id = :user_id AND substr(kind, 1, length(:kinds)) <> :kinds LIMIT :limit)""",
        user_id=user_id,
        kinds=kinds,
        limit=limit,
    )


def full(db: Database, limit: int) -> list[Full]:
    """At most `limit` full buckets: those about users first, then those that stay full longest."""
    return db.all(
        """SELECT key, kind, label, ends_at, user_id, username FROM throttles LEFT JOIN users ON users.id = user_id
           WHERE number >= most AND ends_at > :now ORDER BY user_id IS NULL, ends_at DESC, key LIMIT :limit""",
        as_full,
        now=db.now(),
        limit=limit,
    )


def find_full(db: Database, key: str) -> Full | None:
    """The full bucket with this key, or None."""
    return db.one(
        """SELECT key, kind, label, ends_at, user_id, username FROM throttles LEFT JOIN users ON users.id = user_id
           WHERE key = :key AND number >= most AND ends_at > :now""",
        as_full,
        key=key,
        now=db.now(),
    )


def sweep(db: Database, limit: int) -> None:
    """Delete at most `limit` buckets whose time is over."""
    db.run(
        "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE ends_at <= :now LIMIT :limit)",
        now=db.now(),
        limit=limit,
    )
