"""Every second factor lost: an admin asks for their removal, which waits, so that the owner can stop it."""

import logging
from datetime import timedelta

from db import Database, factors, passkeys, recovery_codes, stored, totp, users
from db.users import User
from webapp.accounts import notices, roles, sessions, throttle
from webapp.accounts.actor import NO_ACTOR, Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import refuse

log = logging.getLogger("latchkey")

# A sweep must not keep others from writing for long: each ends all sessions of a user.
SWEPT_AT_ONCE = 10


def ask(db: Database, actor: Actor, user: User, hours: int, why: str = "") -> bool:
    """Schedule the removal of the user's factors in `hours`; remove them at once if that is 0. The user reads why.

    Return False if there is none, if their removal waits already, or if the account is disabled: its owner could stop
    nothing. Raises Refused, NotAllowed, Throttled.
    """
    refuse(reason=roles.why_objection(actor, why))
    with db.transaction():
        roles.check_admin(db, actor, user)
        now = users.lock(db, user.id)
        if now is None or not now.has_factor or now.disabled_at or (now.factors_reset_at and hours):
            return False
        if hours:
            _schedule(db, actor, now, stored(db.clock() + timedelta(hours=hours)), why)
        else:
            _remove(db, actor, now, why)
    return True


def stop(db: Database, actor: Actor) -> bool:
    """Keep the factors of the logged-in user; return False if nothing waits. Raises Throttled."""
    user = actor.own_session.user
    with db.transaction():
        # Only what stops something counts, or a thief's session would use up the owner's tries.
        if not factors.cancel_reset(db, user.id):
            return False
        throttle.take(db, throttle.of_act("stop", user.id))
        notices.record(db, actor, Kind.FACTORS_RESET_STOPPED, user)
    log.warning("removal of second factors stopped by their owner: user %d", user.id)
    return True


def carried_out(db: Database, user: User) -> User:
    """Remove the user's factors if that is due; return the user as of now. The transaction has locked the row."""
    if user.factors_reset_at is None or user.factors_reset_at > db.now():
        return user
    _remove(db, NO_ACTOR, user, user.factors_reset_why)
    return users.by_id(db, user.id) or user


def sweep(db: Database) -> bool:
    """Carry out some resets that are due; return whether there are more."""
    due = factors.due_resets(db, SWEPT_AT_ONCE)
    for user_id in due:
        if user := users.lock(db, user_id):
            carried_out(db, user)
    return len(due) == SWEPT_AT_ONCE


def number_waiting(db: Database) -> int:
    return factors.count_resets(db)


def _schedule(db: Database, actor: Actor, user: User, reset_at: str, why: str) -> None:
    factors.schedule_reset(db, user.id, reset_at, why)
    notices.record(db, actor, Kind.FACTORS_RESET_ASKED, user, why=why, until=reset_at)
    log.info("removal of second factors asked for: user %d", user.id)


def _remove(db: Database, actor: Actor, user: User, why: str) -> None:
    totp.remove(db, user.id)
    passkeys.remove_all_of(db, user.id)
    recovery_codes.remove_all_of(db, user.id)
    factors.set_has_factor(db, user.id)
    factors.cancel_reset(db, user.id)
    sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_FACTORS_RESET)
    notices.record(db, actor, Kind.FACTORS_RESET, user, why=why)
    log.info("second factors removed: user %d", user.id)
