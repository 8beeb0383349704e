"""Invitations: a link that lets one person sign up, with a role; it works also where sign-up is closed to others."""

import logging
from typing import NamedTuple

from db import Database, Duplicate, users
from db import tokens as table
from webapp.accounts import events, outbox, passwords, people, roles, signup, strength, throttle, tokens, verification
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import email_objection, refuse, tidied, tidied_email, values
from webapp.accounts.fields.values import Filled
from webapp.accounts.signup import OPEN, Policy
from webapp.accounts.strength import FEWEST_CHARACTERS
from webapp.accounts.tokens import NoSuchToken, Purpose, Token
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

PAGE = 25


class Invitation(NamedTuple):
    """An open invitation; `by` is the name of the admin or program that invited."""

    id: int
    email: str
    role: str
    by: str
    created_at: str
    ends_at: str


class Page(NamedTuple):
    invitations: list[Invitation]
    older: int | None
    """Where the next page starts: the id to pass as `before`, or None on the last page."""


def invite(
    db: Database,
    actor: Actor,
    email: str,
    role: str = "user",
    is_mailed: bool = True,
    is_shown: bool = False,
    policy: Policy = OPEN,
) -> str:
    """Invite the person with this address, who gets this role; return the link's token if it `is_shown`, or else "".

    On a site that sends no mail it is always shown, and once: only a hash is kept. Raises Refused, NotAllowed,
    Throttled.
    """
    email, is_mailed = tidied_email(email), db.mails and is_mailed
    is_shown = is_shown or not is_mailed
    if policy.mode == "closed":
        raise roles.NotAllowed
    with db.transaction():
        roles.check_admin(db, actor)
        has_account = people.with_email(db, email) is not None
        refuse(
            email=email_objection(email) or (say("This address has an account already.") if has_account else None),
            role=None if role in roles.names(db) else say("There is no such role."),
        )
        by = actor.user.id if actor.user else 0
        name = actor.name_for(None)
        token = tokens.make(db, Purpose.INVITATION, email, role=role, by=by, by_name=name, is_proof=not is_shown)
        events.record(db, actor, Kind.INVITED, None, email=email)
        if is_mailed:
            # In English: the admin's language says nothing about the person's.
            outbox.add(db, actor._replace(language=""), outbox.Kind.INVITATION, email, token=token)
    log.info("invited a person as %s", role)
    return next(tokens.of_seed(db, token.seed)) if is_shown else ""


def page(db: Database, before: int | None = None) -> Page:
    """25 open invitations, the youngest first."""
    found = table.of_purpose(db, Purpose.INVITATION, PAGE + 1, before)
    return Page([_told(token) for token in found[:PAGE]], found[PAGE - 1].id if len(found) > PAGE else None)


def withdraw(db: Database, actor: Actor, invitation_id: int | None) -> str:
    """End an invitation; return its address. Raises NoSuchToken, NotAllowed, Throttled."""
    with db.transaction():
        roles.check_admin(db, actor)
        token = table.by_id(db, Purpose.INVITATION, invitation_id) if invitation_id else None
        if token is None:
            raise NoSuchToken
        tokens.remove(db, token)
        events.record(db, actor, Kind.INVITATION_WITHDRAWN, None, email=token.sent_to)
    log.info("an invitation was withdrawn")
    return token.sent_to


def email(db: Database, invitation_id: int | None) -> str:
    """The address of an open invitation, or an empty text."""
    token = table.by_id(db, Purpose.INVITATION, invitation_id) if invitation_id else None
    return token.sent_to if token else ""


def find(db: Database, text: str) -> Token:
    """The invitation of this link. Raises NoSuchToken, also if the admin who sent it is none any more."""
    token = tokens.find(db, text, Purpose.INVITATION)
    if sender := tokens.facts(token)["by"]:
        admin = users.by_id(db, sender)
        if admin is None or not admin.is_admin or admin.disabled_at or admin.is_gone(db.now()):
            raise NoSuchToken
    return token


def accept(
    db: Database,
    actor: Actor,
    text: str,
    username: str,
    password: str,
    least: int = FEWEST_CHARACTERS,
    filled: Filled = values.NOTHING,
    policy: Policy = OPEN,
) -> int:
    """Make the account that the link invites to; return its id. Raises NoSuchToken, Refused, Throttled, Busy.

    The address is proved if the link went to its mailbox alone.
    """
    token, username = find(db, text), tidied(username)
    if policy.mode == "closed":
        raise NoSuchToken
    refuse(
        username=signup.new_name_objection(actor, username),
        password=strength.objection(db, actor, password, least, (username, token.sent_to)),
        **values.check_new(actor, filled),
    )
    hashed, told = passwords.hashed(password, throttle.signup_turn(actor)), tokens.facts(token)
    try:
        with db.transaction():
            tokens.remove(db, token)
            user_id = signup.add(db, actor, username, token.sent_to, hashed, filled.values())
            _give_role(db, actor, user_id, token)
            if told["is_proof"]:
                users.set_verified(db, user_id)
    except Duplicate as duplicate:
        raise verification.taken(db, duplicate, username, token.sent_to) from duplicate
    log.info("signed up by invitation: user %d", user_id)
    return user_id


def _give_role(db: Database, actor: Actor, user_id: int, token: Token) -> None:
    """Give the role that the invitation names, if there still is such a role."""
    role = tokens.facts(token)["role"]
    if role != "user" and role in roles.names(db):
        users.set_role(db, user_id, role)
        events.record(db, actor, Kind.ROLE_CHANGED, user_id, old="user", new=role)


def _told(token: Token) -> Invitation:
    told = tokens.facts(token)
    return Invitation(token.id, token.sent_to, told["role"], told["by_name"], token.created_at, token.ends_at)
