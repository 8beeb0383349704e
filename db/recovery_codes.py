"""Every statement that touches the table of recovery codes."""

from collections.abc import Iterable
from typing import NamedTuple

from db import Database


class Left(NamedTuple):
    """How many of a user's codes are not used, and when all were made; None without codes."""

    number: int
    made_at: str | None


def replace(db: Database, user_id: int, hashes: Iterable[str]) -> None:
    """Store these codes in the place of all that the user has, inside the open transaction."""
    remove_all_of(db, user_id)
    db.many(
        "INSERT INTO recovery_codes (hash, user_id, made_at) VALUES (:hash, :user_id, :now)",
        ({"hash": hashed, "user_id": user_id, "now": db.now()} for hashed in hashes),
    )


def spend(db: Database, user_id: int, hashed: str) -> bool:
    """Use up the user's code with this hash; False if there is none, or it was used."""
    return bool(
        db.run(
            """UPDATE recovery_codes SET used_at = :now
               WHERE hash = :hash AND user_id = :user_id AND used_at IS NULL""",
            hash=hashed,
            user_id=user_id,
            now=db.now(),
        )
    )


def has(db: Database, user_id: int, hashed: str) -> bool:
    """Whether the user has a code with this hash, used or not."""
    row = db.one("SELECT 1 FROM recovery_codes WHERE hash = :hash AND user_id = :user_id", hash=hashed, user_id=user_id)
    return row is not None


def left(db: Database, user_id: int) -> Left:
    row = db.one(
        "SELECT count(*) - count(used_at), max(made_at) FROM recovery_codes WHERE user_id = :user_id", user_id=user_id
    )
    return Left(int(row[0]), row[1]) if row else Left(0, None)


def remove_since(db: Database, user_id: int, since: str) -> None:
    """Delete the user's codes if they were made at this moment or later."""
    db.run("DELETE FROM recovery_codes WHERE user_id = :user_id AND made_at >= :since", user_id=user_id, since=since)


def remove_all_of(db: Database, user_id: int) -> None:
    db.run("DELETE FROM recovery_codes WHERE user_id = :user_id", user_id=user_id)
