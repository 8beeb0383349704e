"""People, as an admin sees them."""

from typing import NamedTuple

from db import Database, users
from db.users import User

PAGE = 25


class Page(NamedTuple):
    people: list[User]
    total: int
    older: int | None
    """Where the next page starts: the id to pass as `before`, or None on the last page."""


def newest(db: Database, before: int | None) -> Page:
    """25 people, newest first, starting below the id `before`."""
    found = users.newest(db, PAGE + 1, before)
    shown = found[:PAGE]
    return Page(shown, users.count(db), shown[-1].id if len(found) > PAGE else None)
