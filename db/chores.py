"""Every statement that touches the table of chores: what one server process does for all of them."""

from db import Database


def take(db: Database, name: str, due_at: str) -> bool:
    """Whether this chore is due and this process is the one to do it; it is due again at `due_at`."""
    row = db.one(
        """INSERT INTO chores (name, due_at) VALUES (:name, :due_at)
           ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at
           WHERE chores.due_at <= :now OR chores.due_at > excluded.due_at
           RETURNING name""",
        name=name,
        due_at=due_at,
        now=db.now(),
    )
    return row is not None


def hasten(db: Database, name: str, due_at: str) -> None:
    """Let the chore be due at this moment, since there is more of it."""
    db.run("UPDATE chores SET due_at = :due_at WHERE name = :name", name=name, due_at=due_at)
