"""Drafts: forms that were interrupted by the end of a session, or by the question for the password.

A draft names its session and its purpose. An act that waited for the password is done only in that same session;
otherwise a thief could leave a draft in another session and have the owner do it.
"""

import json
import re
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from db import Database, drafts, stored
from db.sessions import Session
from webapp.accounts import throttle

# Forms that may have been open when one session ended. A thief's session must not push the owner's drafts out.
MOST = 10
# A thief with many sessions must not fill the disk.
MOST_OF_USER = 50
# A user who has not come back to the form by then has filled it in anew.
KEPT = timedelta(days=1)
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000

ID = re.compile(r"[\w-]{22}", re.ASCII)

Fields = list[tuple[str, str]]


class Purpose(StrEnum):
    """A `CONFIRM` draft is done once the password was typed; a `RETYPE` draft only fills its form in again."""

    CONFIRM = "confirm"
    RETYPE = "retype"


class Draft(NamedTuple):
    id: str
    path: str
    fields: Fields


def keep(db: Database, session: Session, purpose: Purpose, path: str, fields: Fields) -> str:
    """Keep what was typed in this session into the form at `path`; give the draft's id. Raises Throttled.

    `fields` holds no password.
    """
    draft_id = secrets.token_urlsafe(16)
    with db.transaction():
        throttle.take(db, throttle.of_draft(session))
        drafts.add(db, draft_id, session.user.id, session.id, purpose, path, json.dumps(fields))
        drafts.remove_all_but_newest(db, session.id, MOST)
        drafts.remove_all_but_newest_of_user(db, session.user.id, MOST_OF_USER)
    return draft_id


def find(db: Database, user_id: int, draft_id: str) -> Draft | None:
    """The user's draft, to fill its form in again; None if there is no such draft, or `draft_id` is malformed."""
    draft = drafts.find(db, user_id, draft_id) if ID.fullmatch(draft_id) else None
    return _shown(draft) if draft else None


def waiting(db: Database, session: Session, draft_id: str) -> Draft | None:
    """The draft whose act waits in this very session for the password, or None."""
    draft = drafts.find(db, session.user.id, draft_id) if ID.fullmatch(draft_id) else None
    is_meant = draft and (draft.session_id, draft.purpose) == (session.id, Purpose.CONFIRM)
    return _shown(draft) if draft and is_meant else None


def is_kept(db: Database, draft_id: str) -> bool:
    """Whether a draft has this id, whose ever it is."""
    return bool(ID.fullmatch(draft_id)) and drafts.is_there(db, draft_id)


def of_user(db: Database, user_id: int) -> list[dict[str, object]]:
    found = drafts.of_user(db, user_id)
    return [{"path": path, "fields": _fields(fields), "kept_at": kept_at} for path, fields, kept_at in found]


def remove(db: Database, draft_id: str) -> None:
    with db.transaction():
        drafts.remove(db, draft_id)


def sweep(db: Database) -> None:
    drafts.remove_older(db, stored(db.clock() - KEPT), SWEPT_AT_ONCE)


def _shown(draft: drafts.Draft) -> Draft:
    return Draft(draft.id, draft.path, _fields(draft.fields))


def _fields(text: str) -> Fields:
    return [(name, value) for name, value in json.loads(text)]
