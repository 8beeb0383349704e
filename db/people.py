"""Every question about many people at once: found, sorted, counted."""

import json
from typing import Any, NamedTuple

from db import Database, fields
from db.users import User, as_user

# Greater than any id in use.
LAST_ID = 2**63 - 1


class Filter(NamedTuple):
    """Which users to find: an empty part matches all; `pattern` is for LIKE, in lower case, `!` escapes a wildcard.

    `fields` are names of a team's own fields, each with the value to find.
    """

    pattern: str = ""
    role: str = ""
    state: str = ""
    second_factor: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def values(self) -> dict[str, Any]:
        """The filter as a statement takes it."""
        (field, value), (next_field, next_value) = [*self.fields, ("", ""), ("", "")][:2]
        return {
            "pattern": self.pattern, "role": self.role, "state": self.state, "second_factor": self.second_factor,
            "number": len(self.fields), "fields": json.dumps(dict(self.fields)),
            "field": field, "value": value, "next_field": next_field, "next_value": next_value,
        }  # fmt: skip


class Place(NamedTuple):
    """A row's place in a sorted list: its sort key and its id."""

    key: str
    id: int


# Pages of all users: each statement walks an index forward or backward from a place. SQLite does not seek by a row
# value that holds an expression, hence the two comparisons. They sort by the stored role, since what it means has no
# index.
WALKS = {
    ("username", False): """
        SELECT people_4.* FROM people_4
        WHERE lower(username) >= :key AND (lower(username) > :key OR id > :id)
        ORDER BY lower(username), id LIMIT :limit""",
    ("username", True): """
        SELECT people_4.* FROM people_4
        WHERE lower(username) <= :key AND (lower(username) < :key OR id < :id)
        ORDER BY lower(username) DESC, id DESC LIMIT :limit""",
    ("email", False): """
        SELECT people_4.* FROM people_4
        WHERE email >= :key AND (email > :key OR id > :id)
        ORDER BY email, id LIMIT :limit""",
    ("email", True): """
        SELECT people_4.* FROM people_4
        WHERE email <= :key AND (email < :key OR id < :id)
        ORDER BY email DESC, id DESC LIMIT :limit""",
    ("role", False): """
        SELECT people_4.* FROM people_4 JOIN users ON users.id = people_4.id
        WHERE users.role >= :key AND (users.role > :key OR users.id > :id)
        ORDER BY users.role, users.id LIMIT :limit""",
    ("role", True): """
        SELECT people_4.* FROM people_4 JOIN users ON users.id = people_4.id
        WHERE users.role <= :key AND (users.role < :key OR users.id < :id)
        ORDER BY users.role DESC, users.id DESC LIMIT :limit""",
    ("state", False): """
        SELECT people_4.* FROM people_4
        WHERE state >= :key AND (state > :key OR id > :id)
        ORDER BY state, id LIMIT :limit""",
    ("state", True): """
        SELECT people_4.* FROM people_4
        WHERE state <= :key AND (state < :key OR id < :id)
        ORDER BY state DESC, id DESC LIMIT :limit""",
    ("created", False): """
        SELECT people_4.* FROM people_4
        WHERE id > :id
        ORDER BY id LIMIT :limit""",
    ("created", True): """
        SELECT people_4.* FROM people_4
        WHERE id < :id
        ORDER BY id DESC LIMIT :limit""",
}
# Pages of matching users by id, which is the order of their sign-ups.
BY_ID = {
    False: """
        SELECT people_4.* FROM (
            SELECT id AS found_id FROM sorted_users_2
            WHERE id > :id AND (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
            AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
            AND (:state = '' OR state = :state)
            AND (:second_factor = '' OR second_factor = :second_factor) ORDER BY id LIMIT :limit
        ) AS found JOIN people_4 ON people_4.id = found_id ORDER BY found_id""",
    True: """
        SELECT people_4.* FROM (
            SELECT id AS found_id FROM sorted_users_2
            WHERE id < :id AND (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
            AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
            AND (:state = '' OR state = :state)
            AND (:second_factor = '' OR second_factor = :second_factor) ORDER BY id DESC LIMIT :limit
        ) AS found JOIN people_4 ON people_4.id = found_id ORDER BY found_id DESC""",
}
# Pages of matching users in another order, if they are many: one scan of all users, since the matches may all lie at
# the far end. The first page is spared a comparison for each user.
SCANS = {
    False: """
        SELECT people_4.* FROM (
            SELECT * FROM (
                SELECT id AS found_id, CASE :sort WHEN 'username' THEN name WHEN 'email' THEN email
                    WHEN 'role' THEN role ELSE state END AS sorted_by
                FROM sorted_users_2
                WHERE (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
                AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
                AND (:state = '' OR state = :state)
                AND (:second_factor = '' OR second_factor = :second_factor)
                AND (:number = 0 OR id IN (
                    SELECT user_id FROM user_fields WHERE name = :field AND value = :value AND length(value) <= 100))
                AND (:number < 2 OR id IN (
                    SELECT user_id FROM user_fields
                    WHERE name = :next_field AND value = :next_value AND length(value) <= 100))
                AND (:number < 3 OR id IN (
                    SELECT user_id FROM json_each(CAST(:fields AS TEXT)) AS asked
                    JOIN user_fields ON user_fields.name = asked.key AND user_fields.value = asked.value
                    WHERE length(user_fields.value) <= 100 GROUP BY user_id HAVING count(*) = :number))
            ) AS fitting WHERE (:id = -1 OR (sorted_by, found_id) > (:key, :id))
            ORDER BY sorted_by, found_id LIMIT :limit
        ) AS found JOIN people_4 ON people_4.id = found_id ORDER BY sorted_by, found_id""",
    True: """
        SELECT people_4.* FROM (
            SELECT * FROM (
                SELECT id AS found_id, CASE :sort WHEN 'username' THEN name WHEN 'email' THEN email
                    WHEN 'role' THEN role ELSE state END AS sorted_by
                FROM sorted_users_2
                WHERE (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
                AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
                AND (:state = '' OR state = :state)
                AND (:second_factor = '' OR second_factor = :second_factor)
                AND (:number = 0 OR id IN (
                    SELECT user_id FROM user_fields WHERE name = :field AND value = :value AND length(value) <= 100))
                AND (:number < 2 OR id IN (
                    SELECT user_id FROM user_fields
                    WHERE name = :next_field AND value = :next_value AND length(value) <= 100))
                AND (:number < 3 OR id IN (
                    SELECT user_id FROM json_each(CAST(:fields AS TEXT)) AS asked
                    JOIN user_fields ON user_fields.name = asked.key AND user_fields.value = asked.value
                    WHERE length(user_fields.value) <= 100 GROUP BY user_id HAVING count(*) = :number))
            ) AS fitting WHERE (:id = 9223372036854775807 OR (sorted_by, found_id) < (:key, :id))
            ORDER BY sorted_by DESC, found_id DESC LIMIT :limit
        ) AS found JOIN people_4 ON people_4.id = found_id ORDER BY sorted_by DESC, found_id DESC""",
}
# The greatest key, as each database sorts it, since no letter is the last in all their orders.
GREATEST = {
    "username": "SELECT max(lower(username)) FROM users",
    "email": "SELECT max(email) FROM users",
    "role": "SELECT max(role) FROM users",
    "state": "SELECT 'leaving'",
    "created": "SELECT ''",
}


def page(db: Database, sort: str, is_descending: bool, after: int | None, wanted: Filter, limit: int) -> list[User]:
    """At most `limit` users sorted by `username`, `email`, `role`, `state` or `created`: the first ones, or those that
    follow the user with the id `after`."""
    start = (_place(db, sort, after) if after is not None else None) or _start(db, sort, is_descending)
    if wanted == Filter():
        return db.all(WALKS[sort, is_descending], as_user, key=start.key, id=start.id, limit=limit)
    if sort == "created":
        return by_id(db, wanted, is_descending, start.id, limit)
    return db.all(SCANS[is_descending], as_user, sort=sort, **start._asdict(), **wanted.values(), limit=limit)


def by_id(db: Database, wanted: Filter, is_descending: bool, start: int, limit: int) -> list[User]:
    """At most `limit` users that match `wanted`, by id, behind the id `start`."""
    if wanted.fields:
        return fields.walk(db, is_descending, start, limit, wanted.values())
    return db.all(BY_ID[is_descending], as_user, id=start, limit=limit, **wanted.values())


def matching(db: Database, wanted: Filter, limit: int) -> list[User]:
    """At most `limit` users that match `wanted`, in no order."""
    if wanted.fields:
        return fields.walk(db, False, -1, limit, wanted.values())
    return db.all(
        """SELECT * FROM people_4 WHERE id IN (
           SELECT id FROM sorted_users_2
           WHERE (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR name LIKE :pattern ESCAPE '!')
           AND (:role = '' OR role = :role OR (:role = 'user' AND role NOT IN (SELECT name FROM roles)))
           AND (:state = '' OR state = :state)
           AND (:second_factor = '' OR second_factor = :second_factor) LIMIT :limit)""",
        as_user,
        pattern=wanted.pattern,
        role=wanted.role,
        state=wanted.state,
        second_factor=wanted.second_factor,
        limit=limit,
    )


def _place(db: Database, sort: str, user_id: int) -> Place | None:
    """The user's place in the order of `sort`, or None if there is no such user."""
    row = db.one("SELECT lower(username), email, role, state, '' FROM people_4 WHERE id = :id", id=user_id)
    return Place(str(row[("username", "email", "role", "state", "created").index(sort)]), user_id) if row else None


def _start(db: Database, sort: str, is_descending: bool) -> Place:
    if not is_descending:
        return Place("", -1)
    row = db.one(GREATEST[sort])
    return Place(str(row[0] or "") if row else "", LAST_ID)
