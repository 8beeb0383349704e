"""Whether a user may come in: an account can be disabled, and enabled again; its sessions can be ended."""

import logging

from db import Database, factors, users
from db.users import User
from webapp.accounts import events, notices, roles, sessions, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import refuse
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

DISABLED = say("This account is disabled. An admin can enable it again.")


def disable(db: Database, actor: Actor, user: User, why: str = "") -> bool:
    """Shut the account and end its sessions; return False if it was disabled.

    Raises Refused, LastAdmin, NotAllowed, Throttled.
    """
    refuse(reason=roles.why_objection(actor, why))
    with db.transaction():
        roles.check_admin(db, actor, user)
        if roles.locked(db, user).disabled_at:
            return False
        sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_ADMIN)
        tokens.end_all(db, user.id)
        tokens.end_invitations(db, user.id)
        if factors.cancel_reset(db, user.id):
            events.record(db, actor, Kind.FACTORS_RESET_STOPPED, user.id)
        users.set_disabled(db, user.id, db.now())
        notices.record(db, actor, Kind.DISABLED, user, why=why)
    log.info("disabled: user %d", user.id)
    return True


def enable(db: Database, actor: Actor, user: User, why: str = "") -> bool:
    """Let the user log in again; return False if nothing kept them out. Raises Refused, NotAllowed, Throttled."""
    refuse(reason=roles.why_objection(actor, why))
    with db.transaction():
        roles.check_admin(db, actor, user)
        now = users.lock(db, user.id)
        if not (now and now.disabled_at):
            return False
        users.set_disabled(db, user.id, None)
        notices.record(db, actor, Kind.ENABLED, user, why=why)
    log.info("enabled: user %d", user.id)
    return True


def sign_out(db: Database, actor: Actor, user: User, why: str = "") -> int:
    """End all sessions of this user; return how many were live. Raises Refused, NotAllowed, Throttled."""
    refuse(reason=roles.why_objection(actor, why))
    with db.transaction():
        roles.check_admin(db, actor, user)
        return _sign_out(db, actor, user, why)


def sign_everybody_out(db: Database, actor: Actor, why: str) -> int:
    """End everybody's sessions; return how many were live. Raises Refused, NotAllowed, Throttled."""
    refuse(reason=roles.why_objection(actor, why))
    with db.transaction():
        roles.check_admin(db, actor)
        found = (users.by_id(db, user_id) for user_id in sessions.owners(db))
        return sum(_sign_out(db, actor, user, why) for user in found if user)


def _sign_out(db: Database, actor: Actor, user: User, why: str) -> int:
    users.lock(db, user.id)
    ended = sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_ADMIN)
    if ended:
        notices.record(db, actor, Kind.SIGNED_OUT, user, why=why)
        log.info("signed out: user %d, %d sessions", user.id, ended)
    return ended
