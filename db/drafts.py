"""Every statement that touches the table of drafts."""

from typing import NamedTuple

from db import Database, by_name


class Draft(NamedTuple):
    """An interrupted form; `session_id` and `purpose` say what it was kept for."""

    id: str
    session_id: str
    purpose: str
    path: str
    fields: str


as_draft = by_name(Draft)


def add(db: Database, draft_id: str, user_id: int, session_id: str, purpose: str, path: str, fields: str) -> None:
    db.run(
        """INSERT INTO drafts (id, user_id, session_id, purpose, path, fields, created_at)
           VALUES (:id, :user_id, :session_id, :purpose, :path, :fields, :now)""",
        id=draft_id,
        user_id=user_id,
        session_id=session_id,
        purpose=purpose,
        path=path,
        fields=fields,
        now=db.now(),
    )


def find(db: Database, user_id: int, draft_id: str) -> Draft | None:
    """The user's draft with this id, or None."""
    return db.one(
        "SELECT id, session_id, purpose, path, fields FROM drafts WHERE id = :id AND user_id = :user_id",
        as_draft,
        id=draft_id,
        user_id=user_id,
    )


def is_there(db: Database, draft_id: str) -> bool:
    return bool(db.all("SELECT 1 FROM drafts WHERE id = :id", id=draft_id))


def of_user(db: Database, user_id: int) -> list[tuple[str, str, str]]:
    """`(path, fields, created_at)` of each of the user's drafts, newest first."""
    rows = db.all(
        "SELECT path, fields, created_at FROM drafts WHERE user_id = :user_id ORDER BY created_at DESC", user_id=user_id
    )
    return [(path, fields, created_at) for path, fields, created_at in rows]


def remove(db: Database, draft_id: str) -> None:
    db.run("DELETE FROM drafts WHERE id = :id", id=draft_id)


def remove_of_session(db: Database, session_id: str) -> None:
    db.run("DELETE FROM drafts WHERE session_id = :session_id", session_id=session_id)


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` of the user's drafts; return how many."""
    return db.run(
        "DELETE FROM drafts WHERE id IN (SELECT id FROM drafts WHERE user_id = :user_id LIMIT :limit)",
        user_id=user_id,
        limit=limit,
    )


def remove_of_sessions(db: Database, user_id: int, but: str = "") -> None:
    """Delete the drafts of all the user's sessions but the session `but`."""
    db.run(
        "DELETE FROM drafts WHERE user_id = :user_id AND (:but = '' OR session_id <> :but)", user_id=user_id, but=but
    )


def remove_all_but_newest(db: Database, session_id: str, kept: int) -> None:
    """Delete the session's oldest drafts; the newest `kept` stay."""
    db.run(
        """DELETE FROM drafts WHERE session_id = :session_id AND id NOT IN
           (SELECT id FROM drafts WHERE session_id = :session_id ORDER BY created_at DESC LIMIT :kept)""",
        session_id=session_id,
        kept=kept,
    )


def remove_all_but_newest_of_user(db: Database, user_id: int, kept: int) -> None:
    """Delete the oldest drafts of all the user's sessions; the newest `kept` stay."""
    db.run(
        """DELETE FROM drafts WHERE user_id = :user_id AND id NOT IN
           (SELECT id FROM drafts WHERE user_id = :user_id ORDER BY created_at DESC LIMIT :kept)""",
        user_id=user_id,
        kept=kept,
    )


def remove_older(db: Database, before: str, limit: int) -> None:
    db.run(
        "DELETE FROM drafts WHERE id IN (SELECT id FROM drafts WHERE created_at < :before LIMIT :limit)",
        before=before,
        limit=limit,
    )
