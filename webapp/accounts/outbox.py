"""The outbox: a mail is a row that is written in the transaction of its act, and sent later.

Rules hand it a kind and facts. It holds no text and no token; `webapp.mail` makes both from the row when it is sent.
"""

import json
import logging
import random
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from db import Database, outbox, stored, users
from db.outbox import Mail as Mail
from db.outbox import Numbers as Numbers
from db.users import User
from webapp.accounts import events, throttle
from webapp.accounts.actor import NO_ACTOR, Actor
from webapp.accounts.fields import email_objection
from webapp.accounts.throttle import Throttled
from webapp.accounts.tokens import Made
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

# What was asked for and has no link is of no use later; a notice is, while its undoing may still help.
ANSWER_LIVES, NOTICE_LIVES = timedelta(days=1), timedelta(days=3)
# A relay that is given longer than this has hung; another sender then takes the mail.
LEASE = timedelta(seconds=120)
# How long to wait after the first attempt, the second, and so on; then always the last. Each up to a fifth longer, so
# that what was put off together does not come back together.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 3600))
SENT_KEPT, FAILED_KEPT = timedelta(days=7), timedelta(days=30)
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000
PAGE = 25
LONGEST_ERROR = 300


class Kind(StrEnum):
    """What a mail says; each has a text in templates/mail/."""

    # To a person who asks.
    SIGNUP = "signup"
    SIGNUP_KNOWN = "signup_known"
    RESET = "reset"
    LOGIN = "login"
    NO_ACCOUNT = "no_account"
    DISABLED = "disabled"
    VERIFY = "verify"
    NEW_EMAIL = "new_email"
    # From an admin.
    INVITATION = "invitation"
    RESET_SENT = "reset_sent"
    ROLE_CHANGED = "role_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    SIGNED_OUT = "signed_out"
    # Notices to the owner.
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_CHANGED = "email_changed"
    USERNAME_CHANGED = "username_changed"
    DELETION_ASKED = "deletion_asked"
    EXPORTED = "exported"
    NEW_DEVICE = "new_device"
    UNDONE = "undone"
    FACTORS_CHANGED = "factors_changed"
    FACTORS_RESET_ASKED = "factors_reset_asked"
    FACTORS_RESET = "factors_reset"


WORDS = {
    Kind.SIGNUP: say("Link to create an account"),
    Kind.SIGNUP_KNOWN: say("There is an account already"),
    Kind.RESET: say("Link to choose a new password"),
    Kind.LOGIN: say("Link and code to log in"),
    Kind.NO_ACCOUNT: say("There is no account"),
    Kind.DISABLED: say("The account is disabled"),
    Kind.VERIFY: say("Link to confirm the address"),
    Kind.NEW_EMAIL: say("Link to confirm the new address"),
    Kind.INVITATION: say("Invitation"),
    Kind.RESET_SENT: say("Link to choose a new password, from an admin"),
    Kind.ROLE_CHANGED: say("Notice: role changed"),
    Kind.ACCOUNT_DISABLED: say("Notice: account disabled"),
    Kind.ACCOUNT_ENABLED: say("Notice: account enabled again"),
    Kind.SIGNED_OUT: say("Notice: logged out everywhere"),
    Kind.PASSWORD_CHANGED: say("Notice: password changed"),
    Kind.PASSWORD_RESET: say("Notice: password reset"),
    Kind.EMAIL_CHANGED: say("Notice: email address changed"),
    Kind.USERNAME_CHANGED: say("Notice: user name changed"),
    Kind.DELETION_ASKED: say("Notice: deletion asked for"),
    Kind.EXPORTED: say("Notice: data downloaded"),
    Kind.NEW_DEVICE: say("Notice: log-in with a new browser"),
    Kind.UNDONE: say("Link to choose a new password, after something was undone"),
    Kind.FACTORS_CHANGED: say("Notice: second factors changed or used"),
    Kind.FACTORS_RESET_ASKED: say("Notice: second factors will be removed"),
    Kind.FACTORS_RESET: say("Notice: second factors removed"),
}


def in_words(kind: str) -> str:
    """What a mail of this kind is about; the kind itself if an earlier version had it and ours has not."""
    return WORDS.get(kind, kind)  # type: ignore[call-overload, no-any-return]


def add(
    db: Database,
    actor: Actor,
    kind: Kind,
    recipient: str,
    user: User | None = None,
    token: Made | None = None,
    lives: timedelta | None = None,
    is_done: bool = False,
    **facts: Any,
) -> None:
    """Write a mail inside the transaction of the act; one that `is_done` is never sent.

    It is in the language of `user`, or else of the actor, unless that is an admin. It is of use while `token` lives, or
    for the time `lives`.
    """
    is_by_admin = user is not None and actor.user is not None and not actor.is_user(user.id)
    language = (user and user.language) or ("" if is_by_admin else actor.language)
    ends_at = token.ends_at if token and lives is None else stored(db.clock() + (lives or ANSWER_LIVES))
    told = facts | {"device": actor.device, "address": actor.address, "zone": (user and user.time_zone) or ""}
    outbox.add(
        db,
        kind,
        user.id if user else None,
        recipient,
        language,
        json.dumps(told),
        token.seed if token else "",
        secrets.token_hex(8),
        ends_at,
        is_done,
    )


def answer(db: Database, actor: Actor, kind: Kind, email: str, user: User | None, token: Made, is_open: bool) -> None:
    """Write the mail that answers: of this kind, or that there is no account, or that it is disabled.

    A stranger is not mailed by a site that takes no sign-ups, nor at what is no address.
    """
    if user is None:
        is_done = not is_open or email_objection(email) is not None
        add(db, actor, Kind.NO_ACCOUNT, email, token=token, lives=ANSWER_LIVES, is_done=is_done)
    elif user.disabled_at:
        add(db, actor, Kind.DISABLED, email, user, token, lives=ANSWER_LIVES)
    else:
        add(db, actor, kind, email, user, token)


def is_full(db: Database, actor: Actor, email: str, user: User | None = None) -> bool:
    """Count a mail that is asked for; return whether the mailbox has had as many as it may. Raises Throttled.

    Throttled is for the network: it learns that, and the owner of a mailbox that is being flooded is spared in silence.
    A browser that has logged in to the account of `user` is counted apart, so that a flood does not keep its owner out.
    """
    throttle.count(db, throttle.of_mails(actor))
    browser = actor.browser if throttle.is_known(db, actor, user) else ""
    try:
        throttle.count(db, throttle.of_mailbox(email, browser))
    except Throttled:
        return True
    return False


def facts(mail: Mail) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(mail.facts)
    return held


def is_due(db: Database) -> bool:
    """Whether a mail waits to be sent now."""
    return outbox.is_due(db, stored(db.clock() + LEASE))


def lease(db: Database, sender: str) -> Mail | None:
    """Take the next mail that is due for this sender, for LEASE; None if there is none."""
    until = stored(db.clock() + LEASE)
    while outbox.is_due(db, until):
        with db.transaction():
            if mail := outbox.lease(db, sender, until):
                return mail
    return None


def note_sent(db: Database, mail: Mail) -> None:
    with db.transaction():
        outbox.note_sent(db, mail)


def next_after(db: Database, mail: Mail, sender: str) -> Mail | None:
    """Note that the mail was sent, and take the next one as `lease` does: one wait for the disk, not two."""
    with db.transaction():
        outbox.note_sent(db, mail)
        following = outbox.lease(db, sender, stored(db.clock() + LEASE))
    return following or lease(db, sender)


def wait(attempts: int) -> timedelta:
    """How long to wait after so many attempts, at least one."""
    return WAITS[min(attempts, len(WAITS)) - 1] * (1 + random.random() / 5)  # noqa: S311


def put_off(db: Database, mail: Mail, error: str) -> bool:
    """Try the mail again later; return False if it is of no use then, so it is given up."""
    due_at = stored(db.clock() + wait(mail.attempts))
    if due_at >= mail.ends_at:
        give_up(db, mail, error)
        return False
    with db.transaction():
        outbox.put_off(db, mail, due_at, error[:LONGEST_ERROR])
    log.warning("mail %d was put off, attempt %d: %s", mail.id, mail.attempts, error)
    return True


def give_up(db: Database, mail: Mail, error: str) -> None:
    """Send the mail no more; its user finds that among the events, admins among what needs a look."""
    with db.transaction():
        if outbox.give_up(db, mail, error[:LONGEST_ERROR]) and mail.user_id and users.by_id(db, mail.user_id):
            # What the relay said is for admins: it may tell of the site's own trouble.
            events.record(db, NO_ACTOR, events.Kind.MAIL_FAILED, mail.user_id, email=mail.recipient)
    log.error("mail %d was given up, attempt %d: %s", mail.id, mail.attempts, error)


class Page(NamedTuple):
    """Some of the mails that wait, or that were given up; `older` is the id to pass as `before`, or None."""

    mails: list[Mail]
    older: int | None


def page(db: Database, is_failed: bool, before: int | None = None) -> Page:
    """25 mails that were given up, or that wait, the youngest first."""
    found = (outbox.failed if is_failed else outbox.waiting)(db, PAGE + 1, before)
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def find(db: Database, mail_id: int | None) -> Mail | None:
    """The mail with this id, or None."""
    return outbox.by_id(db, mail_id) if mail_id is not None else None


def numbers(db: Database) -> Numbers:
    return outbox.numbers(db)


def hasten(db: Database) -> None:
    """Make all mails due that were put off."""
    with db.transaction():
        outbox.hasten(db)


def of_user(db: Database, user_id: int) -> list[dict[str, Any]]:
    """What the user's export tells of the mails."""
    names = ("kind", "recipient", "created_at", "sent_at", "failed_at")
    return [{name: getattr(mail, name) for name in names} for mail in outbox.of_user(db, user_id)]


def sweep(db: Database) -> None:
    now = db.clock()
    outbox.sweep(db, stored(now - SENT_KEPT), stored(now - FAILED_KEPT), SWEPT_AT_ONCE)
