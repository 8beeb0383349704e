"""Confirming that it is you: a stranger at an open session has neither the password nor a second factor."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from db import Database, moment
from db.sessions import Session
from webapp.accounts import events, passkeys, passwords, recovery_codes, sessions, throttle, totp
from webapp.accounts.actor import Actor
from webapp.accounts.challenges import Purpose
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused
from webapp.accounts.passkeys import Site
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

# Long enough for a few changes in a row, shorter than a coffee break (ASVS 7.5.1; Phoenix 10 to 20 min, PyPI 30).
FRESH = timedelta(minutes=15)


class WrongPassword(Refused):
    """This is not the password of the logged-in user."""

    def __init__(self) -> None:
        super().__init__(password=say("That is not your password."))


def is_fresh(db: Database, session: Session) -> bool:
    """Whether the user has confirmed within FRESH, so that an act which needs that may go on."""
    # If the clock steps back an hour, 15 minutes must not become 75.
    return abs(db.clock() - moment(session.confirmed_at)) < FRESH


def confirm(db: Database, actor: Actor, password: str) -> str:
    """Check the password and return the session's new token; the old one opens nothing any more.

    Raises WrongPassword, Throttled, Busy.
    """
    throttle.check(db, _acts(actor))
    check(db, actor, password)
    with db.transaction():
        return _confirmed(db, actor)


def by_code(db: Database, actor: Actor, code: str) -> str:
    """As `confirm`, by a code from the app or a recovery code, which is used up. Raises Refused, Throttled."""
    throttle.check(db, _acts(actor))
    if not recovery_codes.is_code(code):
        totp.check_readable(db, actor.own_session.user)
    with _noted(db, actor), throttle.trying(db, throttle.of_session(actor.own_session), Refused), db.transaction():
        by = _spend(db, actor, code)
        return _confirmed(db, actor, by)


def by_passkey(db: Database, actor: Actor, text: str, site: Site) -> str:
    """As `confirm`, by a passkey's answer that `site` asked for. Raises WrongPasskey, Throttled."""
    throttle.check(db, _acts(actor))
    with _noted(db, actor), throttle.trying(db, throttle.of_session(actor.own_session), Refused):
        user = actor.own_session.user
        answer = passkeys.verified(db, text, Purpose.CONFIRM, whom(actor.own_session), site, user)
        with db.transaction():
            passkeys.spend(db, answer)
            return _confirmed(db, actor, "passkey")


def whom(session: Session) -> str:
    """To whom the challenge of a confirmation is given."""
    return f"session {session.id}"


def check(db: Database, actor: Actor, password: str) -> None:
    """Check the password of the logged-in user. Raises WrongPassword, which is recorded, Throttled, Busy."""
    session = actor.own_session
    with throttle.trying(db, throttle.of_session(session), WrongPassword):
        if passwords.matches(session.user.password, password, throttle.turn(actor, session.user.email, known=True)):
            return
        _note_failure(db, actor)
        raise WrongPassword


def _spend(db: Database, actor: Actor, code: str) -> str:
    """Use up the code, and say which it was. Raises Refused."""
    user = actor.own_session.user
    if recovery_codes.is_code(code):
        recovery_codes.spend(db, actor, user, code)
        return "recovery"
    totp.spend(db, user, code)
    return "app"


def _confirmed(db: Database, actor: Actor, by: str = "") -> str:
    """Note it inside a transaction and return the session's new token; `by` says how, if not by the password."""
    session = actor.own_session
    throttle.take(db, _acts(actor))
    events.record(db, actor, Kind.CONFIRMED, session.user.id, by=by)
    log.info("confirmed: user %d", session.user.id)
    return sessions.renew(db, session)


def _acts(actor: Actor) -> list[throttle.Bucket]:
    return throttle.of_act("confirm", actor.own_session.user.id)


@contextmanager
def _noted(db: Database, actor: Actor) -> Iterator[None]:
    try:
        yield
    except Refused:
        _note_failure(db, actor)
        raise


def _note_failure(db: Database, actor: Actor) -> None:
    user = actor.own_session.user
    with db.transaction():
        events.record(db, actor, Kind.CONFIRMATION_FAILED, user.id)
    log.info("refused a confirmation: user %d", user.id)
