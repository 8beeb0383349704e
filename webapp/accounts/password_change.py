"""Changing the password: whoever else has got in is out."""

import logging

from db import Database, users
from db.sessions import Session
from webapp.accounts import confirm, events, passwords, sessions, strength, throttle
from webapp.accounts.confirm import WrongPassword
from webapp.accounts.events import Client, Kind
from webapp.accounts.fields import Refused, refuse
from webapp.accounts.strength import FEWEST_CHARACTERS
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")


WRONG = say("That is not your current password.")


def change(
    db: Database, client: Client, session: Session, current: str, new: str, least: int = FEWEST_CHARACTERS
) -> tuple[str, int]:
    """Give this session's new token and how many others were ended (ASVS 7.4.3). Raises Refused, Throttled, Busy.

    Refused is a wrong `current` password, and a `new` one of fewer than `least` characters or easy to guess.

    Of two changes at once one finds that the password it knew is no longer the current one.
    """
    user = session.user
    words = user.username, user.email
    refuse(new_password=strength.objection(db, client, new, least, words, user))
    acts = throttle.of_act("password", session.user.id)
    throttle.check(db, acts)
    try:
        confirm.check(db, client, session, current)
    except WrongPassword as wrong:
        raise Refused(current_password=WRONG) from wrong
    hashed = passwords.hashed(new, throttle.turn(client, session.user.email, known=True))
    with db.transaction():
        throttle.take(db, acts)
        if not users.change_password(db, session.user, hashed):
            raise Refused(current_password=WRONG)
        events.record(db, client, Kind.PASSWORD_CHANGED, session.user.id, session.id)
        ended = sessions.end_all(db, client, session.user.id, Kind.SESSION_ENDED_BY_PASSWORD, but=session.id)
        token = sessions.renew(db, session)
    log.info("password changed: user %d", session.user.id)
    return token, ended
