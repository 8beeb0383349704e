"""Blocks: what is shut for a while after too many tries, and how a block is lifted."""

import logging
import re
from typing import NamedTuple

from db import Database, throttles
from db.users import User
from webapp.accounts import events, limits, roles, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind

log = logging.getLogger("latchkey")

KEY = re.compile(r"[0-9a-f]{64}")
# As many as an admin reads; a longer list is for the log.
MOST_SHOWN = 50


class NoSuchBlock(Exception):
    """The block is over, or was lifted."""


class Block(NamedTuple):
    """A full bucket: `about` says in words what it counted, `label` and the user say of whom."""

    key: str
    about: str
    label: str
    ends_at: str
    user_id: int | None
    username: str | None


def now(db: Database) -> list[Block]:
    """At most MOST_SHOWN blocks that hold now: those of users first, then the one that ends last."""
    return [_block(found) for found in throttles.full(db, MOST_SHOWN)]


def find(db: Database, key: str) -> Block | None:
    """The block with this key, or None if it is over."""
    found = _full(db, key)
    return _block(found) if found else None


def lift(db: Database, actor: Actor, key: str) -> None:
    """Empty one bucket. Raises NoSuchBlock, NotAllowed, Throttled."""
    with db.transaction():
        roles.check_admin(db, actor)
        found = _full(db, key)
        if found is None:
            raise NoSuchBlock
        block = _block(found)
        throttles.remove(db, key)
        events.record(db, actor, Kind.BLOCK_LIFTED, block.user_id, limit=found.kind, label=block.label)
    log.info("block lifted: %s", found.kind)


def lift_all(db: Database, actor: Actor, user: User) -> None:
    """Empty all buckets about `user`, who may then log in from any browser again. Raises NotAllowed, Throttled."""
    with db.transaction():
        roles.check_admin(db, actor, user)
        throttle.lift_all(db, user)
        events.record(db, actor, Kind.BLOCK_LIFTED, user.id)
    log.info("blocks lifted: user %d", user.id)


def let_new_browsers_try(db: Database, actor: Actor) -> bool:
    """Lift the block of the actor's account for browsers that have not logged in to it; False if there is none.

    Raises Throttled: a guesser with a stolen session would lift it after every fifth try.
    """
    user = actor.own_session.user
    with db.transaction():
        if throttle.strangers_wait_until(db, user) is None:
            return False
        throttle.take(db, throttle.of_act("new browsers", user.id))
        throttle.let_strangers_try(db, user)
        events.record(db, actor, Kind.BLOCK_LIFTED, user.id, limit=limits.STRANGERS.kind)
    log.info("new browsers may try: user %d", user.id)
    return True


def _full(db: Database, key: str) -> throttles.Full | None:
    return throttles.find_full(db, key) if KEY.fullmatch(key) else None


def _block(found: throttles.Full) -> Block:
    return Block(found.key, limits.about(found.kind), found.label, found.ends_at, found.user_id, found.username)
