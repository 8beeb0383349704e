"""Every statement that touches the table of roles."""

from db import Database


def names(db: Database) -> list[str]:
    return [name for (name,) in db.all("SELECT name FROM roles ORDER BY name")]


def add(db: Database, name: str) -> None:
    """Raises Duplicate."""
    db.run("INSERT INTO roles (name) VALUES (:name)", name=name)
