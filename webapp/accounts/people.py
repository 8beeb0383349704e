"""People, as an admin sees them: one user, or a page of those who match a search."""

from collections.abc import Iterator
from typing import NamedTuple

from db import Database, people, users
from db.people import Filter
from db.users import User as User
from webapp.accounts.fields import as_stored
from webapp.languages.sentences import say

PAGE = 25
# The most matches that are sorted here, after one look at everybody; more are not counted.
FEW = 1000
SORTS = ("username", "email", "role", "state", "created")
FACTORS = {"yes": say("yes"), "no": say("no")}
STATES = {"active": say("active"), "disabled": say("disabled"), "leaving": say("leaving")}


class NoSuchAccount(Exception):
    """No user has that address or that id."""


class Query(NamedTuple):
    """A search for people; `after` is the id of the last person on the page before."""

    text: str = ""
    role: str = ""
    state: str = ""
    sort: str = "created"
    is_descending: bool = True
    after: int | None = None
    second_factor: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Names of a team's own fields, each with the value to find."""


class Page(NamedTuple):
    people: list[User]
    total: int | None
    """None if more than a thousand match: they are not counted."""
    next: int | None
    """The id to pass as `after`, or None on the last page."""


def by_email(db: Database, email: str) -> User:
    """The user with this address, in any case. Raises NoSuchAccount."""
    user = users.by_email(db, as_stored(email))
    if user is None:
        raise NoSuchAccount
    return user


def with_email(db: Database, email: str) -> User | None:
    """The user with this address, or None; an account whose deletion is due does not count."""
    user = users.by_email(db, email)
    return None if user is None or user.is_gone(db.now()) else user


def has_account(db: Database, email: str) -> bool:
    return users.by_email(db, as_stored(email)) is not None


def every(db: Database, step: int = 1000) -> Iterator[User]:
    """All users, newest first, read `step` at a time."""
    before: int | None = None
    while found := users.newest(db, step, before):
        yield from found
        before = found[-1].id


def every_fitting(db: Database, query: Query, step: int = 1000) -> Iterator[User]:
    """All users who match `query`, newest first, read `step` at a time."""
    wanted, before = _wanted(query), people.LAST_ID
    while found := people.by_id(db, wanted, True, before, step):
        yield from found
        before = found[-1].id


def by_id(db: Database, user_id: int | None) -> User:
    """The user with this id; no user has the id None. Raises NoSuchAccount."""
    user = None if user_id is None else users.by_id(db, user_id)
    if user is None:
        raise NoSuchAccount
    return user


def by_ids(db: Database, user_ids: list[int]) -> list[User]:
    """The users with these ids, in this order and each once, without those who are gone."""
    found = (users.by_id(db, user_id) for user_id in dict.fromkeys(user_ids))
    return [user for user in found if user]


def by_text(db: Database, text: str) -> User | None:
    """The user with exactly this address or user name, in any case, or None."""
    return users.by_email(db, as_stored(text)) or users.by_username(db, text.strip())


def page(db: Database, query: Query, everyone: int | None = None) -> Page:
    """A page of 25 people who match `query`; `everyone` is how many there are, counted here unless it is known."""
    wanted = _wanted(query)
    found = people.matching(db, wanted, FEW + 1) if wanted != Filter() else []
    if wanted != Filter() and len(found) <= FEW:
        return _page(_behind(found, query), len(found))
    listed = people.page(db, query.sort, query.is_descending, query.after, wanted, PAGE + 1)
    return _page(listed, None if found else users.count(db) if everyone is None else everyone)


def _wanted(query: Query) -> Filter:
    return Filter(_pattern(query.text), query.role, query.state, query.second_factor, query.fields)


def _page(found: list[User], total: int | None) -> Page:
    return Page(found[:PAGE], total, found[PAGE - 1].id if len(found) > PAGE else None)


def _behind(found: list[User], query: Query) -> list[User]:
    """`found` in order, from behind the last person of the page before."""
    ordered = sorted(found, key=lambda user: (_key(user, query.sort), user.id), reverse=query.is_descending)
    ids = [user.id for user in ordered]
    return ordered[ids.index(query.after) + 1 if query.after in ids else 0 :]


def _key(user: User, sort: str) -> str:
    return str(getattr(user, sort)).lower() if sort != "created" else ""


def _pattern(text: str) -> str:
    """The pattern for LIKE that finds `text` anywhere, with its wildcards as plain characters."""
    plain = as_stored(text).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{plain}%" if plain else ""
