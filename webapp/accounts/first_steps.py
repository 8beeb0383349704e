"""The first steps of a user: which are done, until all are or the user puts the list away."""

from collections.abc import Iterable
from contextlib import suppress

from db import Database, Unavailable, users
from db.users import User
from webapp.accounts import throttle
from webapp.accounts.actor import Actor

AWAY = "away"
# In characters, of the names of all steps. The column holds twice as much, for steps that are no longer there.
LONGEST = 250


def are_away(user: User) -> bool:
    """Whether this user is to see no steps any more."""
    return user.first_steps == AWAY


def noted(user: User) -> list[str]:
    """Names of the steps that the user is known to have done."""
    return user.first_steps.split()


def note(db: Database, user: User, done: Iterable[str]) -> None:
    """Note that the user has done these steps and no others, unless that is known.

    While the database takes no writes, pages are shown without it.
    """
    steps = " ".join(done)
    if steps != user.first_steps:
        with suppress(Unavailable), db.transaction(wait=False):
            users.set_first_steps(db, user.id, user.first_steps, steps)


def visited(db: Database, user: User, step: str) -> None:
    """Note that the user has done this step by looking at its page."""
    if not are_away(user) and step not in noted(user):
        note(db, user, [*noted(user), step])


def put_away(db: Database, actor: Actor) -> None:
    """Show the user no more steps. Raises Throttled."""
    user = actor.own_session.user
    if not are_away(user):
        with db.transaction():
            throttle.take(db, throttle.of_act("first steps", user.id))
            users.put_first_steps_away(db, user.id)
