"""Changing the password: whoever else has got in is out."""

import logging

from db import Database, users
from db.sessions import Session
from webapp.accounts import confirm, events, passwords, sessions, throttle
from webapp.accounts.confirm import WrongPassword
from webapp.accounts.events import Client, Kind

log = logging.getLogger("latchkey")


def change(db: Database, client: Client, session: Session, current: str, new: str) -> tuple[str, int]:
    """Give this session's new token and how many others were ended (ASVS 7.4.3). Raises WrongPassword, Throttled, Busy.

    Of two changes at once one finds that the password it knew is no longer the current one.
    """
    acts = throttle.of_act("password", session.user.id)
    throttle.check(db, acts)
    confirm.check(db, client, session, current)
    hashed = passwords.hashed(new, throttle.turn(client, session.user.email, known=True))
    with db.transaction():
        throttle.take(db, acts)
        if not users.change_password(db, session.user, hashed):
            raise WrongPassword
        events.record(db, client, Kind.PASSWORD_CHANGED, session.user.id, session.id)
        ended = sessions.end_all(db, client, session.user.id, Kind.SESSION_ENDED_BY_PASSWORD, but=session.id)
        token = sessions.renew(db, session)
    log.info("password changed: user %d", session.user.id)
    return token, ended
