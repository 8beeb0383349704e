"""Every statement that touches the table of half log-ins: the password was right, a second factor is to come."""

from typing import NamedTuple

from db import Database, by_name


class HalfLogin(NamedTuple):
    """Half a log-in by the hash of its token; `shown` is what the user has shown so far: `password` or `mail`."""

    token_hash: str
    user_id: int
    remember: int
    shown: str
    made_at: str


as_half_login = by_name(HalfLogin)


def add(db: Database, token_hash: str, user_id: int, remember: bool, shown: str) -> None:
    db.run(
        """INSERT INTO half_logins (token_hash, user_id, remember, shown, made_at)
           VALUES (:token_hash, :user_id, :remember, :shown, :now)""",
        token_hash=token_hash,
        user_id=user_id,
        remember=int(remember),
        shown=shown,
        now=db.now(),
    )


def find(db: Database, token_hash: str) -> HalfLogin | None:
    return db.one(
        "SELECT token_hash, user_id, remember, shown, made_at FROM half_logins WHERE token_hash = :token_hash",
        as_half_login,
        token_hash=token_hash,
    )


def remove(db: Database, token_hash: str) -> bool:
    """Delete the half log-in; False if it is gone: of two who finish it at once, one does."""
    return bool(db.run("DELETE FROM half_logins WHERE token_hash = :token_hash", token_hash=token_hash))


def remove_all_of(db: Database, user_id: int) -> None:
    db.run("DELETE FROM half_logins WHERE user_id = :user_id", user_id=user_id)


def remove_older(db: Database, before: str, limit: int) -> None:
    db.run(
        """DELETE FROM half_logins WHERE token_hash IN
           (SELECT token_hash FROM half_logins WHERE made_at < :before LIMIT :limit)""",
        before=before,
        limit=limit,
    )


def remove_all(db: Database) -> None:
    db.run("DELETE FROM half_logins")
