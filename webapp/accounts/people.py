"""People, as an admin sees them: one, or a page of those that are looked for."""

from collections.abc import Iterator
from typing import NamedTuple

from db import Database, people, users
from db.people import Filter
from db.users import User as User
from webapp.languages.sentences import say

PAGE = 25
# So many are sorted here, after one look at everybody; how many more there are interests nobody.
FEW = 1000
SORTS = ("username", "email", "role", "state", "created")
STATES = {"active": say("active"), "disabled": say("disabled"), "leaving": say("leaving")}


class NoSuchAccount(Exception):
    """Nobody has that address or that id."""


class Query(NamedTuple):
    """What is looked for; `after` is the id of the last person on the page before."""

    text: str = ""
    role: str = ""
    state: str = ""
    sort: str = "created"
    is_descending: bool = True
    after: int | None = None


class Page(NamedTuple):
    people: list[User]
    total: int | None
    """None where more than a thousand fit, which nobody counts."""
    next: int | None
    """The id to pass as `after`, or None on the last page."""


def by_email(db: Database, email: str) -> User:
    """Raises NoSuchAccount."""
    user = users.by_email(db, email.strip().lower())
    if user is None:
        raise NoSuchAccount
    return user


def is_known(db: Database, email: str) -> bool:
    return users.by_email(db, email.strip().lower()) is not None


def every(db: Database, step: int = 1000) -> Iterator[User]:
    """Everybody, newest first, read in steps."""
    before: int | None = None
    while found := users.newest(db, step, before):
        yield from found
        before = found[-1].id


def by_id(db: Database, user_id: int) -> User:
    """Raises NoSuchAccount."""
    user = users.by_id(db, user_id)
    if user is None:
        raise NoSuchAccount
    return user


def by_text(db: Database, text: str) -> User | None:
    """Who has exactly this user name or address, in whatever case."""
    return users.by_email(db, text.strip().lower()) or users.by_username(db, text.strip())


def page(db: Database, query: Query) -> Page:
    """25 people."""
    wanted = Filter(_pattern(query.text), query.role, query.state)
    found = people.matching(db, wanted, FEW + 1) if wanted != Filter() else []
    if wanted != Filter() and len(found) <= FEW:
        return _page(_behind(found, query), len(found))
    listed = people.page(db, query.sort, query.is_descending, query.after, wanted, PAGE + 1)
    return _page(listed, None if found else users.count(db))


def _page(found: list[User], total: int | None) -> Page:
    return Page(found[:PAGE], total, found[PAGE - 1].id if len(found) > PAGE else None)


def _behind(found: list[User], query: Query) -> list[User]:
    """In order, those behind the last one of the page before."""
    ordered = sorted(found, key=lambda user: (_key(user, query.sort), user.id), reverse=query.is_descending)
    ids = [user.id for user in ordered]
    return ordered[ids.index(query.after) + 1 if query.after in ids else 0 :]


def _key(user: User, sort: str) -> str:
    return str(getattr(user, sort)).lower() if sort != "created" else ""


def _pattern(text: str) -> str:
    """For LIKE: the text anywhere, its own wildcards taken as they are."""
    plain = text.strip().lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{plain}%" if plain else ""
