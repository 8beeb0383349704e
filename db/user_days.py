"""Every statement that touches the table of users' days but the dashboard's; the table counts itself, by a trigger."""

from db import Database


def remove_older(db: Database, before_day: str, limit: int) -> int:
    """Delete at most `limit` sums of days before `before_day`, the oldest first; return how many."""
    return db.run(
        """DELETE FROM user_days WHERE (user_id, kind, day) IN
           (SELECT user_id, kind, day FROM user_days WHERE day < :before_day ORDER BY day LIMIT :limit)""",
        before_day=before_day,
        limit=limit,
    )


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` of the user's sums; return how many."""
    return db.run(
        """DELETE FROM user_days WHERE (user_id, kind, day) IN
           (SELECT user_id, kind, day FROM user_days WHERE user_id = :user_id LIMIT :limit)""",
        user_id=user_id,
        limit=limit,
    )
