"""Changing the password, which ends all other sessions: an attacker who has got in is out."""

import logging

from db import Database, users
from webapp.accounts import confirm, notices, passwords, sessions, strength, throttle, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.confirm import WrongPassword
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, refuse
from webapp.accounts.strength import FEWEST_CHARACTERS
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

WRONG = say("That is not your current password.")


def change(db: Database, actor: Actor, current: str, new: str, least: int = FEWEST_CHARACTERS) -> tuple[str, int]:
    """Change the password; return this session's new token and how many others were ended (ASVS 7.4.3).

    Raises Refused, Throttled, Busy. Refused means a wrong `current` password, or a `new` one of fewer than `least`
    characters or easy to guess.

    If two changes run at once, the second is refused: its `current` password is no longer the current one.
    """
    session, user = actor.own_session, actor.own_session.user
    refuse(new_password=strength.objection(db, actor, new, least, (user.username, user.email), user))
    acts = throttle.of_act("password", user.id)
    throttle.check(db, acts)
    try:
        confirm.check(db, actor, current)
    except WrongPassword as wrong:
        raise Refused(current_password=WRONG) from wrong
    hashed = passwords.hashed(new, throttle.turn(actor, user.email, known=True))
    with db.transaction():
        throttle.take(db, acts)
        if not users.change_password(db, user, hashed):
            raise Refused(current_password=WRONG)
        notices.record(db, actor, Kind.PASSWORD_CHANGED, user)
        tokens.end_all(db, user.id)
        ended = sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_PASSWORD, but=session.id)
        token = sessions.renew(db, session)
    log.info("password changed: user %d", user.id)
    return token, ended
