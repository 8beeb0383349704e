"""Logging in by mail: a link for any browser, and a code for the one that asked (ASVS 6.6.2)."""

import logging
import secrets

from db import Database
from db import tokens as table
from db.users import User
from webapp.accounts import events, login, outbox, people, throttle, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, as_stored, asked_email_objection, refuse
from webapp.accounts.login import MAIL, Begun
from webapp.accounts.tokens import NoSuchToken, Purpose, Token
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")


class WrongCode(Refused):
    """Not the code of the log-in that this browser asked for, or that is over; which of both is not told."""

    def __init__(self) -> None:
        super().__init__(code=say("That code is not right, or its time is over."))


def ask(
    db: Database, actor: Actor, email: str, remember: bool = False, next_path: str = "", is_open: bool = True
) -> str:
    """Mail a link and a code; return the hash by which this browser is known as the one that asked.

    The answer, its rows and its time do not tell whether there is an account; `is_open` is as in `reset.ask`. Raises
    Refused, Throttled.
    """
    refuse(email=asked_email_objection(email := as_stored(email)))
    user = people.with_email(db, email)
    if outbox.is_full(db, actor, email, user):
        return secrets.token_hex(32)
    with db.transaction():
        user_id = user.id if user and not user.disabled_at else None
        asked = {"remember": remember, "next": next_path, "device": actor.device, "address": actor.address}
        token = tokens.make(db, Purpose.LOGIN, email, user_id, **asked)
        outbox.answer(db, actor, outbox.Kind.LOGIN, email, user, token, is_open)
    log.info("log-in by mail asked for: %s", f"user {user.id}" if user else "unknown address")
    return token.hash


def find(db: Database, text: str) -> tuple[Token, User]:
    """What this link opens: its token, and the user whom it logs in. Raises NoSuchToken, OfDisabled."""
    token = tokens.find(db, text, Purpose.LOGIN)
    return token, tokens.owner(db, token)


def by_link(db: Database, actor: Actor, text: str, asked_by: str, old_token: str | None) -> Begun:
    """Log in by a link. Raises NoSuchToken, OfDisabled, Throttled.

    `asked_by` is the hash that `ask` gave to this browser. In another one the session is brief: a stranger may have
    asked for a long one.
    """
    token, user = find(db, text)
    return _log_in(db, actor, token, user, tokens.is_of_browser(token, asked_by), old_token)


def by_code(db: Database, actor: Actor, hashed: str, code: str, old_token: str | None) -> Begun:
    """As `by_link`, by a code, in the browser that holds the hash. Raises WrongCode, OfDisabled, Throttled."""
    with throttle.trying(db, throttle.of_code(actor), WrongCode):
        token = _checked(db, actor, hashed, code)
        user = tokens.owner(db, token)
    return _log_in(db, actor, token, user, True, old_token)


def _checked(db: Database, actor: Actor, hashed: str, code: str) -> Token:
    """The token with this hash, if the code is its. For a log-in that opens nothing it is the same work."""
    try:
        token = tokens.of_browser(db, hashed, Purpose.LOGIN)
    except NoSuchToken as none:
        raise WrongCode from none
    if tokens.try_code(db, token, code) and token.user_id:
        return token
    with db.transaction():
        table.remove_tried(db, token.hash, tokens.MOST_TRIES)
        events.record(db, actor, Kind.LOGIN_FAILED, token.user_id)
    log.info("refused a code: %s", f"user {token.user_id}" if token.user_id else "unknown address")
    raise WrongCode


def _log_in(db: Database, actor: Actor, token: Token, user: User, is_own: bool, old_token: str | None) -> Begun:
    asked = tokens.facts(token)
    remember = is_own and asked["remember"]
    succeeded = throttle.of_right_password(actor, throttle.is_known(db, actor, user))
    throttle.check(db, succeeded)
    with db.transaction():
        throttle.take(db, succeeded)
        user = tokens.spend(db, token)
        begun = login.begin(db, actor, user, remember, old_token, MAIL)
    log.info("log-in by mail: user %d", user.id)
    return begun._replace(next_path=asked["next"])
