"""Signing up: makes an account of a name, an address and a password, or refuses each bad one with a sentence."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from db import Database, Duplicate, deletion, stored, users
from webapp.accounts import events, passwords, strength, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, email_objection, refuse, tidied, tidied_email, username_objection, values
from webapp.accounts.fields.values import Filled
from webapp.accounts.reserved import is_reserved
from webapp.accounts.roles import NotAllowed
from webapp.accounts.strength import FEWEST_CHARACTERS
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

NAME_TAKEN = say("That user name is taken. Choose another.")
NAME_RESERVED = say("That user name is reserved. Choose another.")
EMAIL_TAKEN = say("Email already registered.")

# A visitor who reads that the database did not answer tries again at once.
SENT_AGAIN_WITHIN = timedelta(minutes=10)


class Policy(NamedTuple):
    """Who may sign up: `mode` is `open`, `invited` or `closed`; with `domains`, an address must be of one of them."""

    mode: str = "open"
    domains: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.mode == "open"

    def objection(self, email: str) -> str | None:
        """Objection to an address of another domain, or None."""
        is_any = not self.domains or email.rpartition("@")[2].lower() in self.domains
        return None if is_any else say("Sign up with an address at %(domains)s.", domains=", ".join(self.domains))


OPEN = Policy()


class _NotMade(Exception):
    """The account is another user's."""


def sign_up(
    db: Database,
    actor: Actor,
    username: str,
    email: str,
    password: str,
    least: int = FEWEST_CHARACTERS,
    is_sent_again: bool = False,
    filled: Filled = values.NOTHING,
    policy: Policy = OPEN,
) -> int:
    """Create an account and return its id. Raises Refused, NotAllowed, Throttled, Busy.

    On a site that sends mail a program alone does so; a visitor proves the address first (`verification.ask`).

    Refused means a name or an address that is malformed, taken or reserved, or a password of fewer than `least`
    characters or easy to guess. The hash is made before the transaction: it takes a tenth of a second, which must not
    keep others from writing. The UNIQUE indexes are the check: if two people send one address at once, one gets it.
    `is_sent_again`: the visitor was told that the database did not answer; if it made the account, its id is returned.
    `filled` is for a team's own fields.
    """
    username, email = tidied(username), tidied_email(email)
    if db.mails and not actor.program:
        raise NotAllowed
    check(db, actor, username, email, password, least, filled, policy)
    taken = throttle.of_taken(actor)
    throttle.check(db, throttle.of_signup(actor) + taken)
    hashed = passwords.hashed(password, throttle.signup_turn(actor))
    try:
        with db.transaction():
            user_id = add(db, actor, username, email, hashed, filled.values())
    except Duplicate as duplicate:
        if is_sent_again and (user := _made_before(db, actor, username, email, password)):
            return user.id
        throttle.count(db, taken)
        log.info("refused a sign-up: %s taken", users.taken(duplicate))
        raise refusal(db, duplicate, username, email) from duplicate
    log.info("signed up: user %d", user_id)
    return user_id


def check(
    db: Database, actor: Actor, username: str, email: str, password: str, least: int, filled: Filled, policy: Policy
) -> None:
    """Check what was filled in, but not whether it is taken. Raises Refused, NotAllowed, Throttled, Busy."""
    if not policy.is_open and not actor.program:
        raise NotAllowed
    refuse(
        username=new_name_objection(actor, username),
        email=email_objection(email) or (None if actor.program else policy.objection(email)),
        password=strength.objection(db, actor, password, least, (username, email)),
        **values.check_new(actor, filled),
    )


def add(db: Database, actor: Actor, username: str, email: str, hashed: str, filled: Mapping[str, str]) -> int:
    """Add an account inside a transaction, which a taken name or address undoes. Raises Duplicate, Throttled."""
    throttle.take(db, throttle.of_signup(actor))
    deletion.free(db, username, email)
    user_id = users.add(db, username, email, hashed)
    values.add(db, user_id, filled)
    throttle.forget(db, email)
    events.record(db, actor, Kind.SIGNED_UP, user_id)
    return user_id


def new_name_objection(actor: Actor, username: str, own: str = "") -> str | None:
    """Objection to a new user name that is malformed or reserved, or None; the command line may give reserved names."""
    is_kept = not actor.program and is_reserved(username, own)
    return username_objection(username) or (NAME_RESERVED if is_kept else None)


def name_objection(db: Database, actor: Actor, username: str, unless: users.User | None = None) -> str | None:
    """Objection to a user name to show while typing, or None; `unless` is the user who has it and may keep it.

    User names are public; still this counts with every other answer that tells what is taken. Raises Throttled.
    """
    if is_reserved(username, unless.username if unless else ""):
        return NAME_RESERVED
    user_id = unless.id if unless else None
    taken = throttle.of_taken(actor, user_id)
    throttle.check(db, taken)
    if not users.is_name_taken(db, username, user_id):
        return None
    throttle.count(db, taken)
    return NAME_TAKEN


def _made_before(db: Database, actor: Actor, username: str, email: str, password: str) -> users.User | None:
    """The account that this form made within ten minutes, or None; counted as a failed log-in if the password is wrong.

    Raises Throttled, Busy.
    """
    user = users.by_email(db, email)
    if user is None or user.username != username or user.created_at < stored(db.clock() - SENT_AGAIN_WITHIN):
        return None
    with suppress(_NotMade), throttle.trying(db, throttle.of_login(actor, email, user, known=False), _NotMade):
        if passwords.matches(user.password, password, throttle.turn(actor, email), passwords.dearest(db)):
            return user
        raise _NotMade
    return None


def refusal(db: Database, duplicate: Duplicate, username: str, email: str) -> Refused:
    """A sentence for each field that is taken; the index that refused the row names only one."""
    column, owner = users.taken(duplicate), users.by_email(db, email)
    errors = {"username": NAME_TAKEN} if column == "username" or users.is_name_taken(db, username) else {}
    if column == "email" or (owner and not owner.is_gone(db.now())):
        errors["email"] = EMAIL_TAKEN
    return Refused(**errors)
