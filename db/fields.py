"""Every statement that touches what is filled in for people in a team's own fields."""

import json
from itertools import groupby
from operator import itemgetter
from typing import Any

from db import Database
from db.users import User, as_user

# Users who have a value, in the order of its index, which is that of their sign-ups, and of these those who fit the
# rest of a search: a second value, and from three on `fields`, an object of all names and values as JSON. PostgreSQL
# takes values for independent of names, and would read each user in full before it sorts them, hence the ids first.
WALKS = {
    False: """
        SELECT people_4.* FROM (
            SELECT held.user_id AS found_id FROM user_fields AS held
            WHERE held.name = :field AND held.value = :value AND length(held.value) <= 100 AND held.user_id > :id
            AND (:number < 2 OR EXISTS (
                SELECT 1 FROM user_fields AS next WHERE next.user_id = held.user_id
                AND next.name = :next_field AND next.value = :next_value AND length(next.value) <= 100))
            AND (:number < 3 OR held.user_id IN (
                SELECT other.user_id FROM json_each(CAST(:fields AS TEXT)) AS asked
                JOIN user_fields AS other ON other.name = asked.key AND other.value = asked.value
                WHERE length(other.value) <= 100 GROUP BY other.user_id HAVING count(*) = :number))
            AND (:pattern = '' AND :role = '' AND :state = '' AND :second_factor = '' OR EXISTS (
                SELECT 1 FROM people_4 WHERE people_4.id = held.user_id
                AND (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR lower(username) LIKE :pattern ESCAPE '!')
                AND (:role = '' OR role = :role) AND (:state = '' OR state = :state)
                AND (:second_factor = '' OR second_factor = :second_factor)))
            ORDER BY held.user_id LIMIT :limit
        ) AS found JOIN people_4 ON people_4.id = found_id ORDER BY found_id""",
    True: """
        SELECT people_4.* FROM (
            SELECT held.user_id AS found_id FROM user_fields AS held
            WHERE held.name = :field AND held.value = :value AND length(held.value) <= 100 AND held.user_id < :id
            AND (:number < 2 OR EXISTS (
                SELECT 1 FROM user_fields AS next WHERE next.user_id = held.user_id
                AND next.name = :next_field AND next.value = :next_value AND length(next.value) <= 100))
            AND (:number < 3 OR held.user_id IN (
                SELECT other.user_id FROM json_each(CAST(:fields AS TEXT)) AS asked
                JOIN user_fields AS other ON other.name = asked.key AND other.value = asked.value
                WHERE length(other.value) <= 100 GROUP BY other.user_id HAVING count(*) = :number))
            AND (:pattern = '' AND :role = '' AND :state = '' AND :second_factor = '' OR EXISTS (
                SELECT 1 FROM people_4 WHERE people_4.id = held.user_id
                AND (:pattern = '' OR email LIKE :pattern ESCAPE '!' OR lower(username) LIKE :pattern ESCAPE '!')
                AND (:role = '' OR role = :role) AND (:state = '' OR state = :state)
                AND (:second_factor = '' OR second_factor = :second_factor)))
            ORDER BY held.user_id DESC LIMIT :limit
        ) AS found JOIN people_4 ON people_4.id = found_id ORDER BY found_id DESC""",
}


def of_user(db: Database, user_id: int) -> dict[str, str]:
    """Every value of this user by the name of its field."""
    return dict(db.all("SELECT name, value FROM user_fields WHERE user_id = :user_id ORDER BY name", user_id=user_id))


def of_users(db: Database, user_ids: list[int]) -> dict[int, dict[str, str]]:
    """Every value of these users, by id and by the name of its field; users without any are left out."""
    rows = db.all(
        """SELECT user_id, name, value FROM user_fields
           WHERE user_id IN (SELECT CAST(key AS BIGINT) FROM json_each(CAST(:ids AS TEXT))) ORDER BY user_id, name""",
        ids=json.dumps(dict.fromkeys(user_ids, "")),
    )
    return {user_id: {name: value for _, name, value in held} for user_id, held in groupby(rows, itemgetter(0))}


def keep(db: Database, user_id: int, name: str, value: str) -> None:
    """Store a value in the place of the one before; an empty one only removes that."""
    if not value:
        db.run("DELETE FROM user_fields WHERE user_id = :user_id AND name = :name", user_id=user_id, name=name)
        return
    db.run(
        """INSERT INTO user_fields (user_id, name, value) VALUES (:user_id, :name, :value)
           ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value""",
        user_id=user_id,
        name=name,
        value=value,
    )


def walk(db: Database, is_descending: bool, start: int, limit: int, wanted: dict[str, Any]) -> list[User]:
    """At most `limit` users who match `wanted`, which asks for a field at least, by id, behind the id `start`."""
    return db.all(WALKS[is_descending], as_user, id=start, limit=limit, **wanted)
