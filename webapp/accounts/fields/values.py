"""What is filled in for people in a team's own fields: seen, and changed by those who may."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from db import Database, fields, users
from db.users import User
from webapp.accounts import events, roles, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import refuse
from webapp.accounts.fields.declared import Field, Fields

log = logging.getLogger("latchkey")


class Filled(NamedTuple):
    """What was typed into these fields, by name; other names are ignored."""

    fields: Fields = ()
    typed: Mapping[str, str] = MappingProxyType({})

    def values(self) -> dict[str, str]:
        return {field.name: field.tidied(self.typed.get(field.name, "")) for field in self.fields}

    def objections(self, by_user: bool | None) -> dict[str, str | None]:
        values = self.values()
        return {field.name: field.objection(values[field.name], by_user) for field in self.fields}


NOTHING = Filled()


class Shown(NamedTuple):
    """A field and its value, empty if nothing is filled in."""

    field: Field
    value: str


def of_user(db: Database, user_id: int) -> dict[str, str]:
    """Every value that is kept, also those that only admins see and those of fields that are no longer declared."""
    return fields.of_user(db, user_id)


def beside(db: Database, found: Iterable[User], step: int = 1000) -> Iterator[tuple[User, dict[str, str]]]:
    """Each user, with values as `of_user` has them, read for `step` users at a time."""
    found = iter(found)
    while some := list(islice(found, step)):
        held = fields.of_users(db, [user.id for user in some])
        yield from ((user, held.get(user.id, {})) for user in some)


def told(actor: Actor, user: User, declared: Fields, held: Mapping[str, str]) -> dict[str, str]:
    """Of the user's values `held`, one for each field: empty if the actor may not see it, or nothing is filled in."""
    return {field.name: held.get(field.name, "") if field.may_see(actor, user.id) else "" for field in declared}


def seen(db: Database, actor: Actor, user: User, declared: Fields) -> list[Shown]:
    """What the actor sees of this user; without such fields the database is not asked."""
    visible = [field for field in declared if field.may_see(actor, user.id)]
    held = fields.of_user(db, user.id) if visible else {}
    return [Shown(field, held.get(field.name, "")) for field in visible]


def check_new(actor: Actor, filled: Filled) -> dict[str, str | None]:
    """Objections to what is filled in at sign-up; a program may leave out what is required. Raises NotAllowed."""
    if not actor.program and not all(field.is_users_to_change for field in filled.fields):
        raise roles.NotAllowed
    return filled.objections(None if actor.program else True)


def add(db: Database, user_id: int, filled: Mapping[str, str]) -> None:
    """Keep what is filled in at sign-up, by name, inside its transaction."""
    for name, value in filled.items():
        fields.keep(db, user_id, name, value)


def save(db: Database, actor: Actor, user: User, filled: Filled, why: str = "") -> bool:
    """Change the user's fields; return whether any value is another now.

    A user changes their own; for another's an admin, a holder of the field's role or a program does. Raises Refused,
    NotAllowed, Throttled.
    """
    is_own = actor.is_user(user.id)
    _check_may_change(actor, user, filled.fields)
    objections = filled.objections(None if actor.program else is_own)
    refuse(**objections, reason=None if is_own else roles.why_objection(actor, why))
    with db.transaction():
        _count(db, actor, user, filled.fields)
        changed = _changed(db, user, filled)
        for field, value in changed:
            fields.keep(db, user.id, field.name, value)
            # The event holds no value, and no label if the user may not see the field.
            told = field.label.template if field.is_users_to_see else ""
            events.record(db, actor, Kind.FIELD_CHANGED, user.id, field=told, why=why)
    if changed:
        log.info("fields changed: user %d, %s", user.id, ", ".join(field.name for field, _ in changed))
    return bool(changed)


def _changed(db: Database, user: User, filled: Filled) -> list[Shown]:
    """The values that differ from those that are kept; none if the account is gone by now."""
    if users.lock(db, user.id) is None:
        return []
    values, held = filled.values(), fields.of_user(db, user.id)
    pairs = [Shown(field, values[field.name]) for field in filled.fields]
    return [pair for pair in pairs if pair.value != held.get(pair.field.name, "")]


def _count(db: Database, actor: Actor, user: User, changed: Fields) -> None:
    """Check inside the transaction that the actor still may, and count the act."""
    if actor.program:
        return
    now = users.by_id(db, actor.user.id) if actor.user else None
    if now is None or now.disabled_at:
        raise roles.NotAllowed
    _check_may_change(actor._replace(user=now), user, changed)
    throttle.take(db, throttle.of_act("fields", now.id) if now.id == user.id else throttle.of_admin(now))


def _check_may_change(actor: Actor, user: User, changed: Fields) -> None:
    if not all(field.may_change(actor, user.id) for field in changed):
        raise roles.NotAllowed
