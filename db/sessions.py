"""Every statement that touches the table of sessions."""

from typing import NamedTuple

from db import Database
from db.users import User


class Session(NamedTuple):
    token_hash: str
    remember: bool
    created_at: str
    last_seen_at: str
    user: User


def add(db: Database, token_hash: str, user_id: int, remember: bool) -> None:
    db.run(
        """INSERT INTO sessions (token_hash, user_id, remember, created_at, last_seen_at)
           VALUES (:token_hash, :user_id, :remember, :now, :now)""",
        token_hash=token_hash,
        user_id=user_id,
        remember=int(remember),
        now=db.now(),
    )


def find(db: Database, token_hash: str) -> Session | None:
    """The session and its user, in one query."""
    row = db.one(
        """SELECT token_hash, remember, sessions.created_at, last_seen_at,
                  id, username, email, password, role, people.created_at
           FROM sessions JOIN people ON people.id = user_id WHERE token_hash = :token_hash""",
        token_hash=token_hash,
    )
    return Session(row[0], bool(row[1]), row[2], row[3], User(*row[4:])) if row else None


def touch(db: Database, token_hash: str) -> None:
    db.run(
        "UPDATE sessions SET last_seen_at = :now WHERE token_hash = :token_hash AND last_seen_at < :now",
        token_hash=token_hash,
        now=db.now(),
    )


def remove(db: Database, token_hash: str) -> int | None:
    """End a session; give the id of whose it was, or None when there is none."""
    row = db.one("DELETE FROM sessions WHERE token_hash = :token_hash RETURNING user_id", token_hash=token_hash)
    return row[0] if row else None


def remove_older(db: Database, remember: bool, created_before: str, seen_before: str) -> None:
    """Sweep the sessions of one kind that began, or were last seen, before these times."""
    db.run(
        """DELETE FROM sessions
           WHERE remember = :remember AND (created_at < :created_before OR last_seen_at < :seen_before)""",
        remember=int(remember),
        created_before=created_before,
        seen_before=seen_before,
    )


def of_user(db: Database, user_id: int) -> list[tuple[bool, str, str]]:
    """`(remember, created_at, last_seen_at)` of each session that this person has."""
    rows = db.all("SELECT remember, created_at, last_seen_at FROM sessions WHERE user_id = :id", id=user_id)
    return [(bool(remember), created, seen) for remember, created, seen in rows]
