"""Every statement that touches the table of authenticator apps."""

from typing import NamedTuple

from db import Database, by_name


class Totp(NamedTuple):
    """A user's authenticator app: its sealed secret, and the step of the code that was used last."""

    user_id: int
    secret: str
    sealed_with: str
    last_step: int
    added_at: str


as_totp = by_name(Totp)


def add(db: Database, user_id: int, secret: str, sealed_with: str, last_step: int) -> None:
    """Insert the app of a user. Raises Duplicate if the user has one."""
    db.run(
        """INSERT INTO totp (user_id, secret, sealed_with, last_step, added_at)
           VALUES (:user_id, :secret, :sealed_with, :last_step, :now)""",
        user_id=user_id,
        secret=secret,
        sealed_with=sealed_with,
        last_step=last_step,
        now=db.now(),
    )


def of_user(db: Database, user_id: int) -> Totp | None:
    return db.one(
        "SELECT user_id, secret, sealed_with, last_step, added_at FROM totp WHERE user_id = :user_id",
        as_totp,
        user_id=user_id,
    )


def spend(db: Database, user_id: int, step: int, newest: int) -> bool:
    """Use up the code of this step; False if it, or a later one, was used.

    A last step beyond `newest` was written while the clock ran ahead, and keeps nobody out.
    """
    return bool(
        db.run(
            """UPDATE totp SET last_step = :step
               WHERE user_id = :user_id AND (last_step < :step OR last_step > :newest)""",
            user_id=user_id,
            step=step,
            newest=newest,
        )
    )


def remove(db: Database, user_id: int) -> bool:
    """Delete the user's app; False if there was none."""
    return bool(db.run("DELETE FROM totp WHERE user_id = :user_id", user_id=user_id))


def remove_since(db: Database, user_id: int, since: str) -> None:
    """Delete the user's app if it was added at this moment or later."""
    db.run("DELETE FROM totp WHERE user_id = :user_id AND added_at >= :since", user_id=user_id, since=since)


def sealed_otherwise(db: Database, sealed_with: str, limit: int) -> list[Totp]:
    """At most `limit` apps whose secret was not looked at with this set of keys."""
    return db.all(
        """SELECT user_id, secret, sealed_with, last_step, added_at FROM totp
           WHERE sealed_with <> :sealed_with LIMIT :limit""",
        as_totp,
        sealed_with=sealed_with,
        limit=limit,
    )


def set_secret(db: Database, user_id: int, secret: str, sealed_with: str, before: str) -> None:
    """Store the secret as it is sealed now, unless it is no longer the one `before`."""
    db.run(
        "UPDATE totp SET secret = :secret, sealed_with = :sealed_with WHERE user_id = :user_id AND secret = :before",
        secret=secret,
        sealed_with=sealed_with,
        user_id=user_id,
        before=before,
    )
