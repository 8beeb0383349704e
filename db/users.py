"""Statements on one user's row; `deletion` marks and removes it, `people` searches and counts."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from db import Database, Duplicate, by_name

# The unique columns of this table, by each name that `Duplicate` may give them.
UNIQUE = {
    "users.username": "username",
    "users_username_key": "username",
    "users_username_lower": "username",
    "users.email": "email",
    "users_email_key": "email",
}


class User(NamedTuple):
    id: int
    username: str
    email: str
    password: str
    role: str
    created_at: str
    disabled_at: str | None
    deletion_at: str | None
    """When the account will be deleted, if its user has asked for that."""
    state: str
    """`active`, `disabled` or `leaving`."""
    language: str | None
    """A code such as `de`, or None if the browser decides."""
    time_zone: str | None
    """An IANA name such as `Europe/Berlin`, or None if the browser decides."""
    keys: str = "on"
    """`on`, or `off` if single keys do nothing on pages."""
    first_steps: str = "away"
    """Names of the first steps that are done, with blanks between them, or `away` once no step is to be shown."""
    verified_at: str | None = None
    """When the user proved the address, by a link that was mailed to it."""
    second_factor: str = "no"
    """`yes` if the user has an authenticator app or a passkey, else `no`."""
    factors_reset_at: str | None = None
    """When the second factors will be removed, because an admin asked for it, and why."""
    factors_reset_why: str = ""

    @property
    def name(self) -> str:
        """The user name, or the address if it is empty, as it may be in a tutorial's row."""
        return self.username or self.email

    @property
    def has_keys(self) -> bool:
        return self.keys == "on"

    @property
    def has_factor(self) -> bool:
        return self.second_factor == "yes"

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    def is_gone(self, now: str) -> bool:
        """Whether the account's deletion is due at `now`, though its row is still there."""
        return self.deletion_at is not None and self.deletion_at <= now


as_user = by_name(User)


def add(db: Database, username: str, email: str, password: str) -> int:
    """Insert a user and return the id; `password` is a stored hash. Raises Duplicate."""
    row = db.one(
        """INSERT INTO users (username, email, password, password_id, role, created_at, first_steps)
           VALUES (:username, :email, :password, :password_id, 'user', :now, '') RETURNING id""",
        username=username,
        email=email,
        password=password,
        password_id=_new_password_id(),
        now=db.now(),
    )
    assert row is not None
    _refuse_namesake(db, username, int(row[0]))
    return int(row[0])


def taken(duplicate: Duplicate) -> str:
    """The column whose value another user has: `username` or `email`. Raises KeyError for another table's index."""
    return UNIQUE[duplicate.name]


def add_many(db: Database, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert people quickly, each a mapping of `username`, `email`, `password`, `role` and `created_at`."""
    db.many(
        """INSERT INTO users (username, email, password, password_id, role, created_at)
           VALUES (:username, :email, :password, :password_id, :role, :created_at)""",
        ({**row, "password_id": _new_password_id()} for row in rows),
    )


def by_email(db: Database, email: str) -> User | None:
    return db.one("SELECT * FROM people_4 WHERE email = :email", as_user, email=email)


def by_id(db: Database, user_id: int) -> User | None:
    return db.one("SELECT * FROM people_4 WHERE id = :id", as_user, id=user_id)


def by_username(db: Database, username: str) -> User | None:
    """Find the user by name, ignoring case; of a tutorial's namesakes the oldest row."""
    return db.one(
        "SELECT * FROM people_4 WHERE lower(username) = lower(:username) ORDER BY id LIMIT 1",
        as_user,
        username=username,
    )


def is_name_taken(db: Database, username: str, unless: int | None = None) -> bool:
    """Whether a user other than `unless` has this name; an account whose deletion is due does not count."""
    row = db.one(
        """SELECT 1 FROM users WHERE lower(username) = lower(:username) AND id <> :unless
           AND (deletion_at IS NULL OR deletion_at > :now) LIMIT 1""",
        username=username,
        unless=unless or 0,
        now=db.now(),
    )
    return row is not None


def newest(db: Database, limit: int, before: int | None = None) -> list[User]:
    """At most `limit` people, newest first, starting below the id `before`."""
    return db.all(
        "SELECT * FROM people_4 WHERE id < :before ORDER BY id DESC LIMIT :limit",
        as_user,
        before=2**63 - 1 if before is None else before,
        limit=limit,
    )


def count(db: Database) -> int:
    row = db.one("SELECT count(*) FROM users")
    return int(row[0]) if row else 0


def has_admin(db: Database) -> bool:
    return db.one("SELECT 1 FROM users WHERE role = 'admin' LIMIT 1") is not None


def password_id(db: Database, user_id: int) -> str:
    """Random id of the user's password, or an empty text; a new password changes it, a renewed hash does not."""
    row = db.one("SELECT password_id FROM users WHERE id = :id", id=user_id)
    return str(row[0]) if row else ""


def give_password_id(db: Database, user_id: int) -> None:
    """Give the password an id if it has none, because a server of the version before stored it."""
    db.run(
        "UPDATE users SET password_id = :new WHERE id = :id AND password_id = ''", new=_new_password_id(), id=user_id
    )


def renew_password_id(db: Database, user_id: int) -> None:
    """Give the password another id: what knew the old one, as browsers do, knows the user no more."""
    db.run("UPDATE users SET password_id = :new WHERE id = :id", new=_new_password_id(), id=user_id)


def hash_methods(db: Database) -> list[str]:
    """Beginnings of stored hashes that may cost more than ours, 22 characters at most: up to the salt.

    Ours, the tutorial's and Werkzeug's default are left out.

    The WHERE clause is the index's, word for word; otherwise both databases read every row.
    """
    rows = db.all(
        """SELECT DISTINCT substr(password, 1, 22) FROM users
           WHERE substr(password, 1, 21) <> 'pbkdf2:sha256:600000$' AND substr(password, 65, 1) <> ':'
           AND substr(password, 1, 17) <> 'scrypt:32768:8:1$'"""
    )
    return [method for (method,) in rows]


def change_password(db: Database, user: User, password: str) -> bool:
    """Store the hash of a new password; False if the stored hash has changed since `user` was read."""
    changed = db.run(
        "UPDATE users SET password = :password, password_id = :new WHERE id = :id AND password = :old",
        password=password,
        new=_new_password_id(),
        id=user.id,
        old=user.password,
    )
    return bool(changed)


def replace_password(db: Database, user_id: int, password: str) -> None:
    """Store the hash of a new password, whatever the old one was; no password fits an empty text."""
    db.run(
        "UPDATE users SET password = :password, password_id = :new WHERE id = :id",
        password=password,
        new=_new_password_id(),
        id=user_id,
    )


def set_password(db: Database, user: User, password: str) -> bool:
    """Store a new hash of the same password; False if the stored hash has changed since `user` was read."""
    changed = db.run(
        "UPDATE users SET password = :password WHERE id = :id AND password = :old",
        password=password,
        id=user.id,
        old=user.password,
    )
    return bool(changed)


def set_username(db: Database, user_id: int, username: str) -> None:
    """Store a new name, which also ends the mark of a tutorial's namesake. Raises Duplicate if it is taken."""
    db.run("UPDATE users SET username = :username, namesake = 0 WHERE id = :id", username=username, id=user_id)
    _refuse_namesake(db, username, user_id)


def set_email(db: Database, user_id: int, email: str, is_verified: bool = False) -> None:
    """Raises Duplicate."""
    db.run(
        "UPDATE users SET email = :email, verified_at = :verified_at WHERE id = :id",
        email=email,
        verified_at=db.now() if is_verified else None,
        id=user_id,
    )


def set_verified(db: Database, user_id: int) -> None:
    db.run("UPDATE users SET verified_at = :now WHERE id = :id", now=db.now(), id=user_id)


def set_language(db: Database, user_id: int, language: str | None) -> None:
    db.run("UPDATE users SET language = :language WHERE id = :id", language=language, id=user_id)


def set_keys(db: Database, user_id: int, keys: str) -> None:
    """Let single keys lead to pages if `keys` is `on`, as `User.keys` has it."""
    db.run("UPDATE users SET has_keys = :has_keys WHERE id = :id", has_keys=int(keys == "on"), id=user_id)


def set_time_zone(db: Database, user_id: int, time_zone: str | None) -> None:
    db.run("UPDATE users SET time_zone = :time_zone WHERE id = :id", time_zone=time_zone, id=user_id)


def set_first_steps(db: Database, user_id: int, before: str, after: str) -> None:
    """Change the first steps from `before` to `after`; if another request was faster, nothing changes."""
    db.run(
        "UPDATE users SET first_steps = :after WHERE id = :id AND first_steps = :before",
        before=before,
        after=after,
        id=user_id,
    )


def put_first_steps_away(db: Database, user_id: int) -> None:
    db.run("UPDATE users SET first_steps = 'away' WHERE id = :id", id=user_id)


def stored_role(db: Database, user_id: int) -> str | None:
    """The role as it is stored, or None without such a user; a tutorial's row may hold an unknown role."""
    row = db.one("SELECT role FROM users WHERE id = :id", id=user_id)
    return str(row[0]) if row else None


def set_role(db: Database, user_id: int, role: str) -> None:
    db.run("UPDATE users SET role = :role WHERE id = :id", role=role, id=user_id)


def set_disabled(db: Database, user_id: int, disabled_at: str | None) -> None:
    db.run("UPDATE users SET disabled_at = :disabled_at WHERE id = :id", disabled_at=disabled_at, id=user_id)


def lock(db: Database, user_id: int) -> User | None:
    """Lock the user's row and return the user as of now, or None.

    Until the transaction ends, no other one can change the row or begin a session for it.
    """
    db.run("UPDATE users SET password = password WHERE id = :id", id=user_id)
    return by_id(db, user_id)


def lock_admins(db: Database) -> None:
    """Lock the admins' rows: of two transactions that would remove an admin, one waits here for the other."""
    db.run("UPDATE users SET role = 'admin' WHERE role = 'admin'")


def count_acting_admins(db: Database) -> int:
    """Number of admins that can log in and have not asked to be deleted."""
    row = db.one("SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND deletion_at IS NULL")
    return int(row[0]) if row else 0


def _new_password_id() -> str:
    return secrets.token_hex(8)


def _refuse_namesake(db: Database, username: str, user_id: int) -> None:
    """Raise Duplicate, which undoes the transaction, if another user has this name.

    The unique index leaves a tutorial's namesakes out, so it does not see that their name is taken.
    """
    if is_name_taken(db, username, user_id):
        raise Duplicate("users.username")
