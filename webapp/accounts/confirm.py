"""Confirming that it is you: a stranger who sits down at an open session does not know the password."""

import logging
from datetime import timedelta

from db import Database, moment
from db.sessions import Session
from webapp.accounts import events, passwords, sessions, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

# Long enough for a few changes in a row, shorter than a coffee break (ASVS 7.5.1; Phoenix 10 to 20 min, PyPI 30).
FRESH = timedelta(minutes=15)


class WrongPassword(Refused):
    """This is not the password of the logged-in user."""

    def __init__(self) -> None:
        super().__init__(password=say("That is not your password."))


def is_fresh(db: Database, session: Session) -> bool:
    """Whether the password was checked within FRESH, so that an act which needs that may go on."""
    # If the clock steps back an hour, 15 minutes must not become 75.
    return abs(db.clock() - moment(session.confirmed_at)) < FRESH


def confirm(db: Database, actor: Actor, password: str) -> str:
    """Check the password and return the session's new token; the old one opens nothing any more.

    Raises WrongPassword, Throttled, Busy.
    """
    session = actor.own_session
    acts = throttle.of_act("confirm", session.user.id)
    throttle.check(db, acts)
    check(db, actor, password)
    with db.transaction():
        throttle.take(db, acts)
        events.record(db, actor, Kind.CONFIRMED, session.user.id)
        token = sessions.renew(db, session)
    log.info("confirmed: user %d", session.user.id)
    return token


def check(db: Database, actor: Actor, password: str) -> None:
    """Check the password of the logged-in user. Raises WrongPassword, which is recorded, Throttled, Busy."""
    session = actor.own_session
    with throttle.trying(db, throttle.of_session(session), WrongPassword):
        if passwords.matches(session.user.password, password, throttle.turn(actor, session.user.email, known=True)):
            return
        with db.transaction():
            events.record(db, actor, Kind.CONFIRMATION_FAILED, session.user.id)
        log.info("refused a password: user %d", session.user.id)
        raise WrongPassword
