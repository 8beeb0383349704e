"""A form that was interrupted, kept for the one who sent it: by the end of a session, or to confirm who it is."""

import json
import re
import secrets
from datetime import timedelta
from typing import NamedTuple

from db import Database, drafts, stored

# So many forms somebody may have had open when the session ended.
MOST = 10
# Whoever has not come back to it by then has written it anew.
KEPT = timedelta(days=1)
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000

ID = re.compile(r"[\w-]{22}", re.ASCII)

Fields = list[tuple[str, str]]


class Draft(NamedTuple):
    id: str
    path: str
    fields: Fields


def keep(db: Database, user_id: int, path: str, fields: Fields) -> str:
    """Keep what this person typed into the form at `path`; give its id. `fields` holds no password."""
    draft_id = secrets.token_urlsafe(16)
    with db.transaction():
        drafts.add(db, draft_id, user_id, path, json.dumps(fields))
        drafts.remove_all_but_newest(db, user_id, MOST)
    return draft_id


def find(db: Database, user_id: int, draft_id: str) -> Draft | None:
    """This person's draft, or None; also for what `keep` never gave."""
    draft = drafts.find(db, user_id, draft_id) if ID.fullmatch(draft_id) else None
    return Draft(draft.id, draft.path, _fields(draft.fields)) if draft else None


def of_user(db: Database, user_id: int) -> list[dict[str, object]]:
    found = drafts.of_user(db, user_id)
    return [{"path": path, "fields": _fields(fields), "kept_at": kept_at} for path, fields, kept_at in found]


def remove(db: Database, draft_id: str) -> None:
    with db.transaction():
        drafts.remove(db, draft_id)


def sweep(db: Database) -> None:
    drafts.remove_older(db, stored(db.clock() - KEPT), SWEPT_AT_ONCE)


def _fields(text: str) -> Fields:
    return [(name, value) for name, value in json.loads(text)]
