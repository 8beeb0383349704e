"""Every statement about the deletion of users: asked for, taken back, due, done."""

from db import Database


def schedule(db: Database, user_id: int, deletion_at: str) -> None:
    db.run("UPDATE users SET deletion_at = :deletion_at WHERE id = :id", deletion_at=deletion_at, id=user_id)


def cancel(db: Database, user_id: int) -> bool:
    """Cancel the deletion of an account; False if it is due already."""
    return bool(
        db.run(
            "UPDATE users SET deletion_at = NULL WHERE id = :id AND (deletion_at IS NULL OR deletion_at > :now)",
            id=user_id,
            now=db.now(),
        )
    )


def due(db: Database, limit: int) -> list[int]:
    """Ids of at most `limit` accounts whose deletion is due, the one that has waited longest first."""
    rows = db.all(
        "SELECT id FROM users WHERE deletion_at <= :now ORDER BY deletion_at, id LIMIT :limit",
        now=db.now(),
        limit=limit,
    )
    return [user_id for (user_id,) in rows]


def free(db: Database, username: str, email: str) -> None:
    """Free this name and this address if an account whose deletion is due still has them."""
    rows = db.all(
        """SELECT id FROM users
           WHERE deletion_at <= :now AND (lower(username) = lower(:username) OR email = :email)""",
        now=db.now(),
        username=username,
        email=email,
    )
    for (user_id,) in rows:
        vacate(db, user_id)


def vacate(db: Database, user_id: int) -> None:
    """Free the name and the address of an account whose deletion is due, and shut it.

    No sign-up can take the name that it gets, and no password fits.
    """
    db.run(
        """UPDATE users SET username = :gone, email = :gone, password = '', password_id = ''
           WHERE id = :id AND email <> :gone""",
        id=user_id,
        gone=f"gone {user_id}",
    )


def remove(db: Database, user_id: int) -> None:
    """Delete the user's row, and with it the few rows that still belong to it."""
    db.run("DELETE FROM users WHERE id = :id", id=user_id)
