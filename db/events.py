"""Every statement that touches the table of events."""

from typing import NamedTuple

from db import Database

# Later than any moment that a table holds.
LAST = ("9999", 2**63 - 1)


class Event(NamedTuple):
    id: int
    kind: str
    session_id: str | None
    actor: str
    address: str
    device: str
    detail: str
    created_at: str


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


def find(db: Database, user_id: int, event_id: int) -> Event | None:
    """One event of this person's."""
    row = db.one(
        """SELECT id, kind, session_id, actor, address, device, detail, created_at
           FROM events WHERE id = :id AND user_id = :user_id""",
        id=event_id,
        user_id=user_id,
    )
    return Event(*row) if row else None


def of_user(
    db: Database, user_id: int, limit: int, before: Event | None = None, unless: str = "", kind: str = ""
) -> list[Event]:
    """At most `limit` events, newest first, older than `before`; of one `kind`, or all but those of `unless`."""
    created_at, event_id = (before.created_at, before.id) if before else LAST
    values = {"user_id": user_id, "limit": limit, "created_at": created_at, "id": event_id}
    if kind:
        rows = db.all(
            """SELECT id, kind, session_id, actor, address, device, detail, created_at FROM events
               WHERE user_id = :user_id AND kind = :kind AND (created_at, id) < (:created_at, :id)
               ORDER BY created_at DESC, id DESC LIMIT :limit""",
            kind=kind,
            **values,
        )
    else:
        rows = db.all(
            """SELECT id, kind, session_id, actor, address, device, detail, created_at FROM events
               WHERE user_id = :user_id AND kind <> :unless AND (created_at, id) < (:created_at, :id)
               ORDER BY created_at DESC, id DESC LIMIT :limit""",
            unless=unless,
            **values,
        )
    return [Event(*row) for row in rows]


def of_session(db: Database, user_id: int, session_id: str, limit: int) -> list[Event]:
    """What happened in one session of this person's, newest first."""
    rows = db.all(
        """SELECT id, kind, session_id, actor, address, device, detail, created_at FROM events
           WHERE session_id = :session_id AND user_id = :user_id ORDER BY created_at DESC, id DESC LIMIT :limit""",
        session_id=session_id,
        user_id=user_id,
        limit=limit,
    )
    return [Event(*row) for row in rows]


def count_per_day(db: Database, user_id: int, kind: str, since: str) -> dict[str, int]:
    """How many of one kind on each day, `YYYY-MM-DD` in UTC, that has any."""
    rows = db.all(
        """SELECT substr(created_at, 1, 10) AS day, count(*) FROM events
           WHERE user_id = :user_id AND kind = :kind AND created_at >= :since GROUP BY day""",
        user_id=user_id,
        kind=kind,
        since=since,
    )
    return dict(rows)


def count_since(db: Database, user_id: int, kind: str, since: str) -> int:
    row = db.one(
        "SELECT count(*) FROM events WHERE user_id = :user_id AND kind = :kind AND created_at >= :since",
        user_id=user_id,
        kind=kind,
        since=since,
    )
    return int(row[0]) if row else 0


def latest(db: Database, user_id: int, kind: str) -> str | None:
    """When something of this kind last happened."""
    row = db.one(
        "SELECT max(created_at) FROM events WHERE user_id = :user_id AND kind = :kind", user_id=user_id, kind=kind
    )
    return row[0] if row else None


def remove_older(db: Database, before: str, limit: int) -> None:
    db.run(
        """DELETE FROM events WHERE id IN
           (SELECT id FROM events WHERE created_at < :before ORDER BY created_at LIMIT :limit)""",
        before=before,
        limit=limit,
    )
