"""Every question about many people at once: found, sorted, counted."""

from typing import NamedTuple

from db import Database
from db.users import User, as_user

# Behind the last id that there can be.
LAST_ID = 2**63 - 1


class Filter(NamedTuple):
    """Each part is empty where it does not matter; `pattern` is for LIKE, in lower case, with `!` before a wildcard."""

    pattern: str = ""
    role: str = ""
    state: str = ""


class Place(NamedTuple):
    """A row in an order: what it is sorted by, and its id."""

    key: str
    id: int


# Everybody: an index walked in one of its two directions, from behind a place. A row value that holds an expression is
# no seek in SQLite, hence the two comparisons. The stored role is sorted by, since what it means has no index.
WALKS = {
    ("username", False): """
        SELECT people.* FROM people
        WHERE lower(username) >= :key AND (lower(username) > :key OR id > :id)
        ORDER BY lower(username), id LIMIT :limit""",
    ("username", True): """
        SELECT people.* FROM people
        WHERE lower(username) <= :key AND (lower(username) < :key OR id < :id)
        ORDER BY lower(username) DESC, id DESC LIMIT :limit""",
    ("email", False): """
        SELECT people.* FROM people
        WHERE email >= :key AND (email > :key OR id > :id)
        ORDER BY email, id LIMIT :limit""",
    ("email", True): """
        SELECT people.* FROM people
        WHERE email <= :key AND (email < :key OR id < :id)
        ORDER BY email DESC, id DESC LIMIT :limit""",
    ("role", False): """
        SELECT people.* FROM people JOIN users ON users.id = people.id
        WHERE users.role >= :key AND (users.role > :key OR users.id > :id)
        ORDER BY users.role, users.id LIMIT :limit""",
    ("role", True): """
        SELECT people.* FROM people JOIN users ON users.id = people.id
        WHERE users.role <= :key AND (users.role < :key OR users.id < :id)
        ORDER BY users.role DESC, users.id DESC LIMIT :limit""",
    ("state", False): """
        SELECT people.* FROM people
        WHERE state >= :key AND (state > :key OR id > :id)
        ORDER BY state, id LIMIT :limit""",
    ("state", True): """
        SELECT people.* FROM people
        WHERE state <= :key AND (state < :key OR id < :id)
        ORDER BY state DESC, id DESC LIMIT :limit""",
    ("created", False): """
        SELECT people.* FROM people
        WHERE id > :id
        ORDER BY id LIMIT :limit""",
    ("created", True): """
        SELECT people.* FROM people
        WHERE id < :id
        ORDER BY id DESC LIMIT :limit""",
}
# Those who fit, where they are many: one look at everybody, whatever the order, since they may all lie at its far end.
SCANS = {
    False: """
        SELECT people.* FROM (
            SELECT * FROM (
                SELECT id AS found_id, CASE :sort WHEN 'username' THEN name WHEN 'email' THEN email
                    WHEN 'role' THEN role WHEN 'state' THEN state ELSE '' END AS sorted_by
                FROM sorted_users
                WHERE (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
                AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
                AND (:state = '' OR state = :state)
            ) AS fitting WHERE (sorted_by, found_id) > (:key, :id)
            ORDER BY sorted_by, found_id LIMIT :limit
        ) AS found JOIN people ON people.id = found_id ORDER BY sorted_by, found_id""",
    True: """
        SELECT people.* FROM (
            SELECT * FROM (
                SELECT id AS found_id, CASE :sort WHEN 'username' THEN name WHEN 'email' THEN email
                    WHEN 'role' THEN role WHEN 'state' THEN state ELSE '' END AS sorted_by
                FROM sorted_users
                WHERE (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
                AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
                AND (:state = '' OR state = :state)
            ) AS fitting WHERE (sorted_by, found_id) < (:key, :id)
            ORDER BY sorted_by DESC, found_id DESC LIMIT :limit
        ) AS found JOIN people ON people.id = found_id ORDER BY sorted_by DESC, found_id DESC""",
}
# In a database's own order, since no letter is the last in all of them.
GREATEST = {
    "username": "SELECT max(lower(username)) FROM users",
    "email": "SELECT max(email) FROM users",
    "role": "SELECT max(role) FROM users",
    "state": "SELECT 'leaving'",
    "created": "SELECT ''",
}


def page(db: Database, sort: str, is_descending: bool, after: int | None, wanted: Filter, limit: int) -> list[User]:
    """At most `limit` people in the order of `username`, `email`, `role`, `state` or `created`: the first of them, or
    those behind the person with the id `after`."""
    start = (_place(db, sort, after) if after is not None else None) or _start(db, sort, is_descending)
    if wanted == Filter():
        return db.all(WALKS[sort, is_descending], as_user, key=start.key, id=start.id, limit=limit)
    return db.all(SCANS[is_descending], as_user, sort=sort, **start._asdict(), **wanted._asdict(), limit=limit)


def matching(db: Database, wanted: Filter, limit: int) -> list[User]:
    """At most `limit` of those who fit, in no order."""
    return db.all(
        """SELECT * FROM people WHERE id IN (
           SELECT id FROM sorted_users
           WHERE (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
           AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
           AND (:state = '' OR state = :state) LIMIT :limit)""",
        as_user,
        limit=limit,
        **wanted._asdict(),
    )


def count_since(db: Database, created_after: str) -> int:
    row = db.one("SELECT count(*) FROM users WHERE created_at >= :created_after", created_after=created_after)
    return int(row[0]) if row else 0


def count_per_day(db: Database, since: str) -> dict[str, int]:
    """How many signed up on each day, `YYYY-MM-DD` in UTC, that has any."""
    rows = db.all(
        """SELECT substr(created_at, 1, 10) AS day, count(*) FROM users WHERE created_at >= :since
           GROUP BY substr(created_at, 1, 10)""",
        since=since,
    )
    return dict(rows)


def _place(db: Database, sort: str, user_id: int) -> Place | None:
    """Where somebody stands in an order."""
    row = db.one("SELECT lower(username), email, role, state, '' FROM people WHERE id = :id", id=user_id)
    return Place(str(row[("username", "email", "role", "state", "created").index(sort)]), user_id) if row else None


def _start(db: Database, sort: str, is_descending: bool) -> Place:
    if not is_descending:
        return Place("", -1)
    row = db.one(GREATEST[sort])
    return Place(str(row[0] or "") if row else "", LAST_ID)
