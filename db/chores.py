"""Every statement that touches the table of chores: work that one server process does for all."""

from db import Database


def take(db: Database, name: str, due_at: str) -> bool:
    """Claim the chore for this process; False if it is not due. It is due again at `due_at`."""
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
    """Make the chore due at `due_at`, since more of it is left to do."""
    db.run("UPDATE chores SET due_at = :due_at WHERE name = :name", name=name, due_at=due_at)
