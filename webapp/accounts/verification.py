"""Proving an address: a link that was mailed to it makes the account, confirms the address, or moves the account to it.

A sign-up waits in its token, not among the users: no name is squatted, and nobody prepares an account for another
person's address. Its user name is not kept: else it would tell whether the address was free.
"""

import logging
import secrets
from typing import Any

from db import Database, Duplicate, deletion, users
from db import tokens as table
from db.users import User
from webapp.accounts import events, notices, outbox, passwords, people, signup, throttle, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, email_objection, refuse, tidied, tidied_email, values
from webapp.accounts.fields.values import Filled
from webapp.accounts.roles import NotAllowed
from webapp.accounts.signup import OPEN, Policy
from webapp.accounts.strength import FEWEST_CHARACTERS
from webapp.accounts.tokens import Purpose, Token
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

NOT_CHOSEN = say("That is not the password that was chosen at the sign-up.")
OF_ACCOUNT = (Purpose.VERIFY, Purpose.NEW_EMAIL)


class WrongPassword(Refused):
    """Not the password of the account, or of the sign-up."""

    def __init__(self, told: str) -> None:
        super().__init__(password=told)


def ask(
    db: Database,
    actor: Actor,
    username: str,
    email: str,
    password: str,
    least: int = FEWEST_CHARACTERS,
    filled: Filled = values.NOTHING,
    policy: Policy = OPEN,
) -> str:
    """Mail a link that makes the account; return the hash by which this browser is known as the one that asked.

    If the address has an account, its owner is mailed that instead; the answer, its rows and its time do not tell.
    Raises Refused, NotAllowed, Throttled, Busy, as `signup.sign_up`.
    """
    username, email = tidied(username), tidied_email(email)
    # Before the password is rated and hashed: who has had as many mails as they may costs a page.
    throttle.check(db, throttle.of_signup(actor) + throttle.of_mails(actor))
    signup.check(db, actor, username, email, password, least, filled, policy)
    refuse(username=signup.name_objection(db, actor, username))
    hashed = passwords.hashed(password, throttle.signup_turn(actor))
    if outbox.is_full(db, actor, email):
        return secrets.token_hex(32)
    asked: dict[str, Any] = {"username": username, "password": hashed, "fields": filled.values()}
    user = people.with_email(db, email)
    with db.transaction():
        token = tokens.make(db, Purpose.SIGNUP, email, **({} if user else asked))
        _answer(db, actor, email, user, token)
    log.info("sign-up asked for: %s", "address taken" if user else "unknown address")
    return token.hash


def _answer(db: Database, actor: Actor, email: str, user: User | None, token: tokens.Made) -> None:
    if user is None:
        outbox.add(db, actor, outbox.Kind.SIGNUP, email, token=token)
    else:
        kind = outbox.Kind.DISABLED if user.disabled_at else outbox.Kind.SIGNUP_KNOWN
        outbox.add(db, actor, kind, email, user, token, lives=outbox.ANSWER_LIVES)


def find(db: Database, text: str) -> Token:
    """What this link proves: a sign-up's address, or an account's. Raises NoSuchToken, OfDisabled."""
    token = tokens.find(db, text, Purpose.SIGNUP, *OF_ACCOUNT)
    if token.purpose != Purpose.SIGNUP:
        tokens.owner(db, token)
    elif not tokens.facts(token):
        raise tokens.NoSuchToken
    return token


def name(token: Token) -> str:
    """The user name that was chosen at the sign-up."""
    return str(tokens.facts(token)["username"])


def is_name_taken(db: Database, token: Token) -> bool:
    """Whether another user has the name by now that was chosen at the sign-up."""
    return users.is_name_taken(db, name(token))


def sign_up(
    db: Database,
    actor: Actor,
    token: Token,
    asked_by: str,
    password: str = "",
    username: str = "",
    policy: Policy = OPEN,
) -> int:
    """Make the account of a sign-up whose address is proved by the token; return its id.

    `asked_by` is the hash that `ask` gave to this browser. In another one the password is asked for: another person may
    have signed up with this address. `username` takes the place of a name that is taken by now. Raises Refused
    (WrongPassword), NotAllowed, Throttled, Busy, NoSuchToken.
    """
    if not policy.is_open:
        raise NotAllowed
    asked = tokens.facts(token)
    username = tidied(username) or asked["username"]
    refuse(username=signup.new_name_objection(actor, username))
    if not tokens.is_of_browser(token, asked_by):
        _check_password(db, actor, token, asked["password"], password)
    try:
        with db.transaction():
            tokens.remove(db, token)
            user_id = signup.add(db, actor, username, token.sent_to, asked["password"], asked["fields"])
            users.set_verified(db, user_id)
    except Duplicate as duplicate:
        raise taken(db, duplicate, username, token.sent_to) from duplicate
    log.info("signed up: user %d", user_id)
    return user_id


def taken(db: Database, duplicate: Duplicate, username: str, email: str) -> Exception:
    """What to raise if a link comes too late: Refused for the user name, NoSuchToken if the address has an account."""
    refused = signup.refusal(db, duplicate, username, email)
    return tokens.NoSuchToken() if "email" in refused.errors else refused


def ask_own(db: Database, actor: Actor) -> str:
    """Mail a link that confirms the actor's own address; return the address, or an empty text if it is confirmed.

    Raises Throttled.
    """
    user = actor.own_session.user
    if user.verified_at:
        return ""
    with db.transaction():
        throttle.take(db, throttle.of_act("verify", user.id))
    if not outbox.is_full(db, actor, user.email):
        with db.transaction():
            token = tokens.make(db, Purpose.VERIFY, user.email, user.id)
            outbox.add(db, actor, outbox.Kind.VERIFY, user.email, user, token)
    return user.email


def ask_new(db: Database, actor: Actor, email: str) -> None:
    """Mail a link to a new address, by which it becomes the actor's; the old one works until then.

    If another account has it, its owner is mailed that instead. Raises Refused, Throttled.
    """
    user = actor.own_session.user
    refuse(email=email_objection(email))
    is_known = people.with_email(db, email) is not None
    is_full = outbox.is_full(db, actor, email)
    with db.transaction():
        throttle.take(db, throttle.of_act("email", user.id))
        token = tokens.make(db, Purpose.NEW_EMAIL, email, user.id)
        events.record(db, actor, Kind.EMAIL_CHANGE_ASKED, user.id, old=user.email, new=email)
        # One kind, whether an account has it: the asker finds it in the export.
        outbox.add(db, actor, outbox.Kind.NEW_EMAIL, email, user, token, is_done=is_full, is_known=is_known)
    log.info("change of the email address asked for: user %d", user.id)


def waiting(db: Database, user_id: int) -> str:
    """The new address that waits for its link to be opened, or an empty text."""
    found = (token.sent_to for token in table.of_user(db, user_id) if token.purpose == Purpose.NEW_EMAIL)
    return next(found, "")


def is_password_asked(token: Token, actor: Actor) -> bool:
    """Whether the link asks for the account's password: a new address is confirmed by its user alone.

    Else somebody could type another person's address as the new one, and have that person confirm it.
    """
    return token.purpose == Purpose.NEW_EMAIL and not actor.is_user(token.user_id)


def confirm(db: Database, actor: Actor, text: str, password: str = "") -> User:
    """Confirm the address of an account by a link, or move the account to the address that got it.

    Raises OfDisabled, Refused (WrongPassword), Throttled, Busy, and NoSuchToken, also if the new address is taken.
    """
    token = tokens.find(db, text, *OF_ACCOUNT)
    if is_password_asked(token, actor):
        stored = tokens.owner(db, token).password
        _check_password(db, actor, token, stored, password, say("That is not the password of this account."))
    try:
        with db.transaction():
            user = tokens.spend(db, token)
            if token.purpose == Purpose.NEW_EMAIL:
                _move(db, actor, user, token.sent_to)
            else:
                users.set_verified(db, user.id)
                events.record(db, actor, Kind.VERIFIED, user.id)
    except Duplicate as duplicate:
        raise tokens.NoSuchToken from duplicate
    log.info("address confirmed: user %d", user.id)
    return user


def verify(db: Database, actor: Actor, user: User) -> bool:
    """Count the user's address as proved, for a program that knows; return False if it is. Raises NotAllowed."""
    if not actor.program:
        raise NotAllowed
    if user.verified_at:
        return False
    with db.transaction():
        users.set_verified(db, user.id)
        events.record(db, actor, Kind.VERIFIED, user.id)
    log.info("address confirmed: user %d", user.id)
    return True


def _move(db: Database, actor: Actor, user: User, email: str) -> None:
    """Raises Duplicate."""
    deletion.free(db, "", email)
    users.set_email(db, user.id, email, is_verified=True)
    throttle.forget(db, email)
    tokens.end_all(db, user.id)
    notices.record(db, actor, Kind.EMAIL_CHANGED, user, old=user.email, new=email)


def _check_password(
    db: Database, actor: Actor, token: Token, stored: str, password: str, told: str = NOT_CHOSEN
) -> None:
    """Raises WrongPassword, which says what is `told` and counts for this link and the network; Throttled, Busy."""
    with throttle.trying(db, throttle.of_login(actor, f"link {token.hash}", None, known=False), WrongPassword):
        if not passwords.matches(stored, password, throttle.turn(actor, token.sent_to)):
            raise WrongPassword(told)
