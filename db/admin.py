"""What the overview of admins tells, from five tables by one statement, since each statement takes a round trip."""

from collections import defaultdict
from typing import NamedTuple

from db import Database


class Facts(NamedTuple):
    """Numbers of now; `leaving` and `disabled` count accounts, `blocked` full buckets, at most as many as asked for.

    `signups`, `logins`, `failed` and `visitors`, the users who logged in, are by day (`YYYY-MM-DD` in UTC), without the
    days that have none. `loudest` is the address from which most failed log-ins came, of those looked at, and how many.
    """

    people: int
    active: int
    live_sessions: int
    blocked: int
    leaving: int
    disabled: int
    signups: dict[str, int]
    logins: dict[str, int]
    failed: dict[str, int]
    visitors: dict[str, int]
    loudest: tuple[str, int] | None


def read(db: Database, days: tuple[str, ...], week: str, most_blocked: int, most_failed: int) -> Facts:
    """The facts of `days`, today last, and of those since the day `week`.

    Yesterday and today are counted, each by itself, since a GROUP BY of days takes twenty times as long; earlier days
    come from stored sums. The newest `most_failed` failed log-ins of today are looked at for their addresses.
    """
    rows = db.all(
        """SELECT 'people' AS part, '' AS name, count(*) AS number FROM users
           UNION ALL
           SELECT 'active', '', count(*) FROM (
               SELECT user_id FROM sessions WHERE last_seen_at >= :today
               UNION SELECT user_id FROM events
               WHERE kind IN ('logged_in', 'logged_out') AND created_at >= :today) AS active
           UNION ALL
           SELECT 'live_sessions', '', count(*) FROM sessions WHERE ended_at IS NULL AND ends_at > :now
           UNION ALL
           SELECT 'blocked', '', count(*) FROM (
               SELECT 1 FROM throttles WHERE number >= most AND ends_at > :now LIMIT :most_blocked) AS blocked
           UNION ALL
           SELECT 'leaving', '', count(*) FROM sorted_users WHERE state = 'leaving'
           UNION ALL
           SELECT 'disabled', '', count(DISTINCT user_id) FROM events WHERE kind = 'disabled' AND created_at >= :week
           UNION ALL
           SELECT kind, day, number FROM event_days
           WHERE kind IN ('signed_up', 'logged_in', 'login_failed', 'visitors') AND day >= :since AND day < :yesterday
           UNION ALL
           SELECT kind, :yesterday, count(*) FROM events WHERE kind IN ('signed_up', 'logged_in', 'login_failed')
           AND created_at >= :yesterday AND created_at < :today GROUP BY kind
           UNION ALL
           SELECT kind, :today, count(*) FROM events WHERE kind IN ('signed_up', 'logged_in', 'login_failed')
           AND created_at >= :today AND created_at < :end GROUP BY kind
           UNION ALL
           SELECT 'visitors', :yesterday, count(DISTINCT user_id) FROM events
           WHERE kind = 'logged_in' AND created_at >= :yesterday AND created_at < :today
           UNION ALL
           SELECT 'visitors', :today, count(DISTINCT user_id) FROM events
           WHERE kind = 'logged_in' AND created_at >= :today AND created_at < :end
           UNION ALL
           SELECT * FROM (
               SELECT 'loudest', address, count(*) FROM (
                   SELECT address FROM events WHERE kind = 'login_failed' AND created_at >= :today
                   ORDER BY created_at DESC, id DESC LIMIT :most_failed) AS failed
               GROUP BY address ORDER BY count(*) DESC, address LIMIT 1) AS loudest""",
        since=days[0],
        yesterday=days[-2],
        today=days[-1],
        end=f"{days[-1]} 24",
        week=week,
        now=db.now(),
        most_blocked=most_blocked,
        most_failed=most_failed,
    )
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for part, name, number in rows:
        parts[part][name] = number
    single = ("people", "active", "live_sessions", "blocked", "leaving", "disabled")
    return Facts(
        **{part: parts[part][""] for part in single},
        signups=parts["signed_up"],
        logins=parts["logged_in"],
        failed=parts["login_failed"],
        visitors=parts["visitors"],
        loudest=next(iter(parts["loudest"].items()), None),
    )
