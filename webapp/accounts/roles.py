"""Roles: which doors a user may open; the last admin stays an admin."""

import logging
import re

from db import Database, Duplicate, roles, users
from db.users import User
from webapp.accounts import notices, throttle, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, reason_objection, refuse
from webapp.languages.sentences import say

NAME = re.compile(r"[a-z][a-z0-9_-]{1,31}")
# Names of doors, of those who see a link or a field, and others that are no roles.
RESERVED = {"public", "login", "nobody", "both", "strangers", "users", "admins"}
WORDS = {"user": say("user"), "admin": say("admin")}

NO_ROLE = say("A role has 2 to 32 of a-z, 0-9, _ and -, a letter first, and a name that is not taken.")

log = logging.getLogger("latchkey")


class LastAdmin(Refused):
    """The user is the last admin: without one, no user could look after the others."""

    def __init__(self, user: User) -> None:
        told = say("%(name)s is the last admin. Make somebody else one first.", name=user.name)
        super().__init__(reason=told)


class NotAllowed(Exception):
    """The actor is no admin, or no longer one, or acts on their own account."""


def give(db: Database, actor: Actor, user: User, role: str, why: str = "") -> bool:
    """Change the user's role, from their next request on; return False if the user has it or is gone.

    Raises Refused, LastAdmin, NotAllowed, Throttled.
    """
    refuse(role=None if role in names(db) else say("There is no such role."), reason=why_objection(actor, why))
    with db.transaction():
        check_admin(db, actor, user)
        if role != "admin":
            locked(db, user)
        old = users.stored_role(db, user.id)
        if old is None or old == role:
            return False
        users.set_role(db, user.id, role)
        if old == "admin":
            tokens.end_invitations(db, user.id)
        notices.record(db, actor, Kind.ROLE_CHANGED, user, old=old, new=role, why=why)
    log.info("role changed: user %d is %s", user.id, role)
    return True


def add(db: Database, actor: Actor, name: str) -> None:
    """Add a role that users can have. Raises Refused for a name that is malformed, reserved or taken; NotAllowed."""
    if not NAME.fullmatch(name) or name in RESERVED:
        raise Refused(name=NO_ROLE)
    try:
        with db.transaction():
            check_admin(db, actor)
            roles.add(db, name)
    except Duplicate as duplicate:
        raise Refused(name=NO_ROLE) from duplicate


def names(db: Database) -> list[str]:
    return roles.names(db)


def in_words(role: str) -> str:
    """The role for people to read; a team's own is translated if a catalog has its name."""
    return WORDS.get(role) or (say(role) if NAME.fullmatch(role) else role)


def has_admin(db: Database) -> bool:
    return users.has_admin(db)


def why_objection(actor: Actor, why: str) -> str | None:
    """Objection to the reason for an admin's act, or None; a program may act without one."""
    return None if actor.program and not why else reason_objection(why)


def check_admin(db: Database, actor: Actor, user: User | None = None) -> None:
    """Check that the actor is an admin and not `user`, and count the act; a program is trusted.

    Raises NotAllowed, Throttled.

    Call it inside the transaction of the act: if two admins demote each other at once, the second fails.
    """
    if actor.program:
        return
    users.lock_admins(db)
    admin = users.by_id(db, actor.user.id) if actor.user else None
    if admin is None or not admin.is_admin or admin.disabled_at or (user and actor.is_user(user.id)):
        raise NotAllowed
    throttle.take(db, throttle.of_admin(admin))


def locked(db: Database, user: User) -> User:
    """Lock the user's row and return it as of now, before an act that takes the user away. Raises LastAdmin."""
    if user.is_admin:
        users.lock_admins(db)
    now = users.lock(db, user.id) or user
    is_acting = now.is_admin and not now.disabled_at and not now.deletion_at
    if is_acting and users.count_acting_admins(db) < 2:
        raise LastAdmin(user)
    return now
