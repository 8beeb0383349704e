"""Every statement that touches the table of saved views."""

from typing import NamedTuple

from db import Database, by_name


class SavedView(NamedTuple):
    """A list as an admin looks at it often; `query` is as in an address: `role=admin&sort=email`."""

    id: str
    list: str
    name: str
    query: str


as_view = by_name(SavedView)


def add(db: Database, view: SavedView, user_id: int) -> None:
    """Raises Duplicate."""
    db.run(
        """INSERT INTO saved_views (id, user_id, list, name, query, created_at)
           VALUES (:id, :user_id, :list, :name, :query, :now)""",
        **view._asdict(),
        user_id=user_id,
        now=db.now(),
    )


def of_user(db: Database, user_id: int) -> list[SavedView]:
    """The user's views of all lists, by name."""
    return db.all(
        "SELECT id, list, name, query FROM saved_views WHERE user_id = :user_id ORDER BY lower(name)",
        as_view,
        user_id=user_id,
    )


def remove(db: Database, user_id: int, view_id: str) -> None:
    db.run("DELETE FROM saved_views WHERE id = :id AND user_id = :user_id", id=view_id, user_id=user_id)
