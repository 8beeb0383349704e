"""Statements about the rows that the tutorial's code wrote and today's rules would refuse."""

from db import Database


def namesakes(db: Database) -> list[int]:
    """Ids of the tutorial's rows whose name, ignoring case, an older row already has."""
    return [row[0] for row in db.all("SELECT id FROM users WHERE namesake = 1 ORDER BY id")]


def with_unknown_role(db: Database) -> list[tuple[int, object]]:
    """`(id, role)` of the tutorial's rows whose role means nothing."""
    rows = db.all(
        """SELECT users.id, users.role FROM users LEFT JOIN roles ON roles.name = users.role
           WHERE roles.name IS NULL ORDER BY users.id"""
    )
    return [(user_id, role) for user_id, role in rows]
