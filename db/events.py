"""Every statement that touches the table of events but the dashboard's."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from db import Database, by_name

# Later than any moment that a table holds.
END_OF_TIME = "9999"
LAST = (END_OF_TIME, 2**63 - 1)


class Event(NamedTuple):
    """An event; `user_id` and `username` are None if no user has the address that was typed."""

    id: int
    kind: str
    session_id: str | None
    actor: str
    address: str
    device: str
    detail: str
    created_at: str
    user_id: int | None
    username: str | None


as_event = by_name(Event)


class Filter(NamedTuple):
    """Which events to find: an empty part fits all; `unless` is a kind to leave out, `since` and `until` are times."""

    user_id: int | None = None
    kind: str = ""
    address: str = ""
    unless: str = ""
    since: str = ""
    until: str = END_OF_TIME
    is_own: bool = False
    """Whether the user looks at their own events."""


# One statement for each index; it reads the events in the order of the index.
WALKS = {
    "user and kind": """
        SELECT * FROM told_events WHERE user_id = :user_id AND kind = :kind AND (created_at, id) < (:created_at, :id)
        AND created_at >= :since AND kind <> :unless AND (:address = '' OR address = :address)
        ORDER BY created_at DESC, id DESC LIMIT :limit""",
    "user": """
        SELECT * FROM told_events WHERE user_id = :user_id AND (created_at, id) < (:created_at, :id)
        AND created_at >= :since AND kind <> :unless AND (:address = '' OR address = :address)
        ORDER BY created_at DESC, id DESC LIMIT :limit""",
    "address": """
        SELECT * FROM told_events WHERE address = :address AND (created_at, id) < (:created_at, :id)
        AND created_at >= :since AND kind <> :unless AND (:kind = '' OR kind = :kind)
        ORDER BY created_at DESC, id DESC LIMIT :limit""",
    "kind": """
        SELECT * FROM told_events WHERE kind = :kind AND (created_at, id) < (:created_at, :id)
        AND created_at >= :since AND kind <> :unless
        ORDER BY created_at DESC, id DESC LIMIT :limit""",
    "time": """
        SELECT * FROM told_events WHERE (created_at, id) < (:created_at, :id)
        AND created_at >= :since AND kind <> :unless
        ORDER BY created_at DESC, id DESC LIMIT :limit""",
}


def add(
    db: Database,
    user_id: int | None,
    kind: str,
    session_id: str | None,
    actor: str,
    address: str,
    device: str,
    detail: str,
    created_at: str,
) -> None:
    db.run(
        """INSERT INTO events (user_id, kind, session_id, actor, address, device, detail, created_at)
           VALUES (:user_id, :kind, :session_id, :actor, :address, :device, :detail, :created_at)""",
        user_id=user_id,
        kind=kind,
        session_id=session_id,
        actor=actor,
        address=address,
        device=device,
        detail=detail,
        created_at=created_at,
    )


def add_many(db: Database, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert events quickly, each a mapping of what `add` takes."""
    db.many(
        """INSERT INTO events (user_id, kind, session_id, actor, address, device, detail, created_at)
           VALUES (:user_id, :kind, :session_id, :actor, :address, :device, :detail, :created_at)""",
        rows,
    )


def find(db: Database, event_id: int) -> Event | None:
    return db.one("SELECT * FROM told_events WHERE id = :id", as_event, id=event_id)


def walk(db: Database, wanted: Filter, before: Event | None, limit: int) -> list[Event]:
    """At most `limit` events that match `wanted` and are older than `before`, newest first."""
    created_at, event_id = min((before.created_at, before.id) if before else LAST, (wanted.until, 0))
    return db.all(WALKS[_index(wanted)], as_event, created_at=created_at, id=event_id, limit=limit, **wanted._asdict())


def of_session(db: Database, user_id: int, session_id: str, limit: int) -> list[Event]:
    """At most `limit` events of one of the user's sessions, newest first."""
    return db.all(
        """SELECT * FROM told_events WHERE session_id = :session_id AND user_id = :user_id
           ORDER BY created_at DESC, id DESC LIMIT :limit""",
        as_event,
        session_id=session_id,
        user_id=user_id,
        limit=limit,
    )


def last_summed_day(db: Database, before_day: str) -> str:
    """The last day before `before_day` that was summed up, `YYYY-MM-DD`, or an empty text."""
    row = db.one("SELECT max(day) FROM event_days WHERE day < :before_day", before_day=before_day)
    return str(row[0] or "") if row else ""


def count_days(db: Database, after_day: str, before_day: str) -> list[dict[str, Any]]:
    """Count events by day and kind, between the two days and without them: `day`, `kind`, `number`.

    Users who logged in are counted as the kind `visitors`.
    """
    rows = db.all(
        """SELECT substr(created_at, 1, 10), kind, count(*) FROM events
           WHERE created_at >= :after AND created_at < :before GROUP BY substr(created_at, 1, 10), kind
           UNION ALL
           SELECT day, 'visitors', count(*) FROM user_days
           WHERE kind = 'logged_in' AND day > :after AND day < :before GROUP BY day""",
        after=f"{after_day} 24" if after_day else "",
        before=before_day,
    )
    return [{"day": day, "kind": kind, "number": number} for day, kind, number in rows]


def keep_days(db: Database, rows: Iterable[Mapping[str, Any]], before_day: str) -> None:
    """Store the sums that `count_days` returned; a sum that is stored already stays as it is.

    Stored sums of `before_day` and later are deleted: a clock that was ahead made them.
    """
    db.run("DELETE FROM event_days WHERE day >= :before_day", before_day=before_day)
    db.many(
        """INSERT INTO event_days (day, kind, number) VALUES (:day, :kind, :number)
           ON CONFLICT (kind, day) DO NOTHING""",
        rows,
    )


def latest(db: Database, user_id: int, kind: str) -> str | None:
    """When the user's last event of this kind happened, or None."""
    row = db.one(
        "SELECT max(created_at) FROM events WHERE user_id = :user_id AND kind = :kind", user_id=user_id, kind=kind
    )
    return row[0] if row else None


def places(db: Database, user_id: int, kind: str, since: str, limit: int) -> set[tuple[str, str]]:
    """Address and device of the user's newest events of this kind since then, of at most `limit` of them."""
    rows = db.all(
        """SELECT address, device FROM events WHERE user_id = :user_id AND kind = :kind AND created_at >= :since
           ORDER BY created_at DESC, id DESC LIMIT :limit""",
        user_id=user_id,
        kind=kind,
        since=since,
        limit=limit,
    )
    return {(address, device) for address, device in rows}


def remove_older(db: Database, before: str, limit: int) -> int:
    """Delete at most `limit` events older than `before`, the oldest first; return how many."""
    return db.run(
        """DELETE FROM events WHERE id IN
           (SELECT id FROM events WHERE created_at < :before ORDER BY created_at LIMIT :limit)""",
        before=before,
        limit=limit,
    )


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` of the user's events; return how many."""
    return db.run(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE user_id = :user_id LIMIT :limit)",
        user_id=user_id,
        limit=limit,
    )


def _index(wanted: Filter) -> str:
    if wanted.user_id is not None:
        return "user and kind" if wanted.kind else "user"
    return "address" if wanted.address else "kind" if wanted.kind else "time"
