"""Deleting one's account: it is marked at once and gone after some days, unless the user takes the wish back."""

import logging
from datetime import timedelta

from db import Database, deletion, drafts, outbox, stored, throttles, tokens, user_days
from db import events as events_table
from db import sessions as sessions_table
from db.users import User
from webapp.accounts import confirm, events, notices, roles, sessions
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused
from webapp.languages.sentences import say

# The most accounts that one sweep works on.
SWEPT_AT_ONCE = 20
# The most rows that go in one step, which must not keep others from writing for long: a thousand, less two writes for
# each account (its name is freed, and its own row goes).
STEP = 1000 - 2 * SWEPT_AT_ONCE

log = logging.getLogger("latchkey")


def ask(db: Database, actor: Actor, password: str, days: int) -> str:
    """Mark the account, end all its sessions, and return when it will be gone; a second wish delays nothing.

    Raises Refused for a wrong password, and if the user is the last admin; Throttled, Busy.
    """
    confirm.check(db, actor, password)
    with db.transaction():
        user = _leaving(db, actor.own_session.user)
        gone_at = user.deletion_at or stored(db.clock() + timedelta(days=days))
        notices.record(db, actor, Kind.DELETION_ASKED, user)
        sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_DELETION)
        deletion.schedule(db, user.id, gone_at)
    log.info("deletion asked for: user %d", user.id)
    return gone_at


def _leaving(db: Database, user: User) -> User:
    try:
        return roles.locked(db, user)
    except roles.LastAdmin as last:
        raise Refused(password=say("You are the last admin. Make somebody else one first.")) from last


def take_back(db: Database, actor: Actor) -> bool:
    """Keep the account; False if it is too late."""
    user = actor.own_session.user
    if user.deletion_at is None:
        return True
    with db.transaction():
        if not deletion.cancel(db, user.id):
            return False
        events.record(db, actor, Kind.DELETION_TAKEN_BACK, user.id)
    log.info("deletion taken back: user %d", user.id)
    return True


def sweep(db: Database) -> bool:
    """Delete a step's rows of the accounts whose deletion is due; return whether there is more to do.

    Names and addresses are freed first; then events and all else that belongs to an account go, its row last.
    """
    due, left, gone = deletion.due(db, SWEPT_AT_ONCE), STEP, 0
    for user_id in due:
        deletion.vacate(db, user_id)
    for user_id in due:
        left -= _emptied(db, user_id, left)
        if not left:
            break
        deletion.remove(db, user_id)
        gone += 1
    if gone:
        log.info("deleted: %d accounts", gone)
    return not left or len(due) == SWEPT_AT_ONCE


def _emptied(db: Database, user_id: int, most: int) -> int:
    """Delete at most `most` rows that belong to an account; return how many."""
    taken = 0
    for table in (events_table, user_days, sessions_table, throttles, drafts, tokens, outbox):
        taken += table.remove_of_user(db, user_id, most - taken)
    return taken
