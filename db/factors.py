"""Statements on what a user's row holds about second factors."""

from db import Database


def set_has_factor(db: Database, user_id: int) -> bool:
    """Keep `has_factor` true to what the tables hold, inside the transaction of a change; return it."""
    db.run(
        """UPDATE users SET has_factor = CASE WHEN EXISTS (SELECT 1 FROM totp WHERE user_id = users.id)
           OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id) THEN 1 ELSE 0 END WHERE id = :id""",
        id=user_id,
    )
    row = db.one("SELECT has_factor FROM users WHERE id = :id", id=user_id)
    return bool(row and row[0])


def count(db: Database) -> int:
    """Number of users with a second factor."""
    row = db.one("SELECT count(*) FROM users WHERE has_factor = 1")
    return int(row[0]) if row else 0


def user_handle(db: Database, user_id: int) -> str | None:
    """The user's name in passkeys, or None before the first one."""
    row = db.one("SELECT user_handle FROM users WHERE id = :id", id=user_id)
    return row[0] if row else None


def give_user_handle(db: Database, user_id: int, handle: str) -> None:
    """Give the user this name in passkeys, unless there is one already."""
    db.run("UPDATE users SET user_handle = :handle WHERE id = :id AND user_handle IS NULL", handle=handle, id=user_id)


def schedule_reset(db: Database, user_id: int, reset_at: str, why: str) -> None:
    db.run(
        "UPDATE users SET factors_reset_at = :reset_at, factors_reset_why = :why WHERE id = :id",
        reset_at=reset_at,
        why=why,
        id=user_id,
    )


def cancel_reset(db: Database, user_id: int) -> bool:
    """Cancel the reset that waits; False if none does."""
    return bool(
        db.run(
            """UPDATE users SET factors_reset_at = NULL, factors_reset_why = ''
               WHERE id = :id AND factors_reset_at IS NOT NULL""",
            id=user_id,
        )
    )


def due_resets(db: Database, limit: int) -> list[int]:
    """Ids of at most `limit` users whose reset is due."""
    rows = db.all(
        "SELECT id FROM users WHERE factors_reset_at <= :now ORDER BY factors_reset_at LIMIT :limit",
        now=db.now(),
        limit=limit,
    )
    return [user_id for (user_id,) in rows]


def count_resets(db: Database) -> int:
    """Number of resets that wait."""
    row = db.one("SELECT count(*) FROM users WHERE factors_reset_at IS NOT NULL")
    return int(row[0]) if row else 0
