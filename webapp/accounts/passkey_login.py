"""Logging in by a passkey alone: it has checked who holds it, so it is both factors at once."""

import logging

from db import Database, users
from db.users import User
from webapp.accounts import factors_reset, login, passkeys, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.challenges import Purpose
from webapp.accounts.login import Begun
from webapp.accounts.passkeys import Answer, Site, WrongPasskey
from webapp.accounts.standing import DISABLED

log = logging.getLogger("latchkey")


def log_in(
    db: Database, actor: Actor, text: str, remember: bool, old_token: str | None, whom: str, site: Site
) -> Begun:
    """Begin a session by what the browser gave, for the challenge that `whom` was given; that of `old_token` ends.

    Raises WrongPasskey, Throttled.
    """
    owner_id = passkeys.owner_id(db, text)
    try:
        with throttle.trying(db, _buckets(db, actor, owner_id), WrongPasskey):
            answer = passkeys.verified(db, text, Purpose.LOGIN, whom, site)
            with db.transaction():
                user = _owner(db, answer)
                throttle.take(db, throttle.of_right_password(actor, throttle.is_known(db, actor, user)))
                passkeys.spend(db, answer, is_login=True)
                token = login.finish(db, actor, user, remember, old_token, "passkey")
    except WrongPasskey as wrong:
        passkeys.note_refused(db, actor, owner_id, wrong.why)
        raise
    log.info("logged in by passkey: user %d", user.id)
    return Begun(token, remember)


def _owner(db: Database, answer: Answer) -> User:
    """The passkey's user, whose row is locked. Raises WrongPasskey if the account is shut.

    One without a password was locked by its owner, who chooses a new one first.
    """
    user = users.lock(db, answer.key.user_id)
    if user is None or user.is_gone(db.now()) or not user.password:
        raise WrongPasskey("locked")
    if not factors_reset.carried_out(db, user).has_factor:
        raise WrongPasskey("gone")
    if user.disabled_at:
        raise WrongPasskey("disabled", DISABLED)
    return user


def _buckets(db: Database, actor: Actor, owner_id: int | None) -> list[throttle.Bucket]:
    user = users.by_id(db, owner_id) if owner_id else None
    return throttle.of_unguessable("passkey", actor, user, throttle.is_known(db, actor, user))
