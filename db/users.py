"""Every statement that touches the table of users."""

from typing import NamedTuple

from db import Database


class User(NamedTuple):
    id: int
    username: str
    email: str
    password: str
    role: str
    created_at: str

    @property
    def name(self) -> str:
        """What to call somebody: a tutorial's row may have an empty user name."""
        return self.username or self.email

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


def add(db: Database, username: str, email: str, password: str) -> int:
    """Insert a person and give the id; `password` is a stored hash. Raises Duplicate."""
    row = db.one(
        """INSERT INTO users (username, email, password, role, created_at)
           VALUES (:username, :email, :password, 'user', :now) RETURNING id""",
        username=username,
        email=email,
        password=password,
        now=db.now(),
    )
    assert row is not None
    return int(row[0])


def by_email(db: Database, email: str) -> User | None:
    row = db.one(
        "SELECT id, username, email, password, role, created_at FROM people WHERE email = :email",
        email=email,
    )
    return User(*row) if row else None


def is_name_taken(db: Database, username: str) -> bool:
    return db.one("SELECT 1 FROM users WHERE lower(username) = lower(:username)", username=username) is not None


def newest(db: Database, limit: int, before: int | None = None) -> list[User]:
    """At most `limit` people, newest first, starting below the id `before`."""
    rows = db.all(
        """SELECT id, username, email, password, role, created_at FROM people
           WHERE id < :before ORDER BY id DESC LIMIT :limit""",
        before=2**63 - 1 if before is None else before,
        limit=limit,
    )
    return [User(*row) for row in rows]


def count(db: Database) -> int:
    row = db.one("SELECT count(*) FROM users")
    return int(row[0]) if row else 0


def has_admin(db: Database) -> bool:
    return db.one("SELECT 1 FROM users WHERE role = 'admin' LIMIT 1") is not None


def renew_password(db: Database, user: User, password: str) -> None:
    """Store a new hash, unless somebody has changed the password since `user` was read."""
    db.run(
        "UPDATE users SET password = :password WHERE id = :id AND password = :old",
        password=password,
        id=user.id,
        old=user.password,
    )


def set_role(db: Database, user_id: int, role: str) -> None:
    db.run("UPDATE users SET role = :role WHERE id = :id", role=role, id=user_id)


def namesakes(db: Database) -> list[int]:
    """Ids of the tutorial's rows whose name an older row has already, but for case."""
    return [row[0] for row in db.all("SELECT id FROM users WHERE namesake = 1 ORDER BY id")]


def with_unknown_role(db: Database) -> list[tuple[int, object]]:
    """`(id, role)` of the tutorial's rows whose role means nothing."""
    rows = db.all(
        """SELECT users.id, users.role FROM users LEFT JOIN roles ON roles.name = users.role
           WHERE roles.name IS NULL ORDER BY users.id"""
    )
    return [(user_id, role) for user_id, role in rows]
