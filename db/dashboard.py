"""What a user's dashboard tells, from three tables by one statement, since each statement takes a round trip."""

from collections import defaultdict
from typing import NamedTuple

from db import Database, Row
from db.sessions import Session
from db.users import User


class Facts(NamedTuple):
    """`days` holds numbers by kind of event and day, `YYYY-MM-DD` in UTC, without those that are 0.

    `sessions` are those not marked as ended, in no order; `failed` log-ins are those since the last visit, and so are
    `failed_second`, whose password was right (a mailed log-in has a detail). `codes_left` are recovery codes.
    """

    sessions: list[Session]
    days: dict[tuple[str, str], int]
    failed: int
    password_changed_at: str | None
    failed_second: int
    codes_left: int


def read(db: Database, user: User, since_day: str, visit_at: str) -> Facts:
    """The facts, the days from `since_day` on, and failed log-ins since the moment `visit_at`."""
    rows = db.all(
        """SELECT 'session' AS part, id, remember, created_at, confirmed_at, last_seen_at, last_visit_at, ended_at,
                  device, address, name
           FROM sessions WHERE user_id = :user_id AND ended_at IS NULL
           UNION ALL
           SELECT 'day', kind, number, day, NULL, NULL, NULL, NULL, NULL, NULL, NULL
           FROM user_days WHERE user_id = :user_id AND day >= :since_day
           UNION ALL
           SELECT 'numbers',
               (SELECT max(created_at) FROM events
                WHERE user_id = :user_id AND kind IN ('password_changed', 'password_reset')),
               (SELECT coalesce(sum(number), 0) FROM user_days
                WHERE user_id = :user_id AND kind = 'login_failed' AND day > :visit_day)
               + (SELECT count(*) FROM events WHERE user_id = :user_id AND kind = 'login_failed'
                  AND created_at >= :visit_at AND created_at < :visit_day_end),
               CAST((SELECT count(*) FROM events WHERE user_id = :user_id AND kind = 'second_step_failed'
                     AND detail = '' AND created_at >= :visit_at) AS TEXT),
               CAST((SELECT count(*) FROM recovery_codes WHERE user_id = :user_id AND used_at IS NULL) AS TEXT),
               NULL, NULL, NULL, NULL, NULL, NULL""",
        user_id=user.id,
        since_day=since_day,
        visit_at=visit_at,
        visit_day=visit_at[:10],
        visit_day_end=f"{visit_at[:10]} 24",
    )
    parts: dict[str, list[Row]] = defaultdict(list)
    for part, *fields in rows:
        parts[part].append(tuple(fields))
    ((changed_at, failed, failed_second, codes_left, *_),) = parts["numbers"]
    return Facts(
        sessions=[Session._make([key, bool(remember), *rest, user]) for key, remember, *rest in parts["session"]],
        days={(kind, day): number for kind, number, day, *_ in parts["day"]},
        failed=int(failed),
        password_changed_at=changed_at,
        failed_second=int(failed_second),
        codes_left=int(codes_left),
    )
