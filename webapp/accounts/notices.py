"""Notices: what the owner of an account is told by mail, each with a link that undoes it unless an admin did it.

The removal of second factors that an admin has asked for has a link too: it stops that.
"""

from typing import Any

from db import Database
from db.users import User
from webapp.accounts import events, outbox, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.tokens import Purpose

# What a thief does in an account; the owner undoes it from the mailbox.
UNDOABLE = {
    Kind.PASSWORD_CHANGED: outbox.Kind.PASSWORD_CHANGED,
    Kind.PASSWORD_RESET: outbox.Kind.PASSWORD_RESET,
    Kind.EMAIL_CHANGED: outbox.Kind.EMAIL_CHANGED,
    Kind.USERNAME_CHANGED: outbox.Kind.USERNAME_CHANGED,
    Kind.DELETION_ASKED: outbox.Kind.DELETION_ASKED,
    Kind.EXPORTED: outbox.Kind.EXPORTED,
    Kind.LOGGED_IN: outbox.Kind.NEW_DEVICE,
    Kind.TOTP_ADDED: outbox.Kind.FACTORS_CHANGED,
    Kind.TOTP_REMOVED: outbox.Kind.FACTORS_CHANGED,
    Kind.PASSKEY_ADDED: outbox.Kind.FACTORS_CHANGED,
    Kind.PASSKEY_REMOVED: outbox.Kind.FACTORS_CHANGED,
    Kind.RECOVERY_CODES_MADE: outbox.Kind.FACTORS_CHANGED,
    Kind.RECOVERY_CODE_USED: outbox.Kind.FACTORS_CHANGED,
    Kind.FACTORS_RESET_STOPPED: outbox.Kind.FACTORS_CHANGED,
    Kind.FACTORS_RESET_ASKED: outbox.Kind.FACTORS_RESET_ASKED,
}
# What a mail says of an event's detail.
TOLD = {"why", "until"}
BY_ADMIN = {
    Kind.ROLE_CHANGED: outbox.Kind.ROLE_CHANGED,
    Kind.DISABLED: outbox.Kind.ACCOUNT_DISABLED,
    Kind.ENABLED: outbox.Kind.ACCOUNT_ENABLED,
    Kind.SIGNED_OUT: outbox.Kind.SIGNED_OUT,
    Kind.FACTORS_RESET: outbox.Kind.FACTORS_RESET,
}


def record(db: Database, actor: Actor, kind: Kind, user: User, **detail: str) -> None:
    """Write an event and tell the owner by mail, inside the transaction of the act; `user` is as before the act."""
    events.record(db, actor, kind, user.id, **detail)
    if kind in UNDOABLE:
        tell(db, actor, kind, user, **{name: detail[name] for name in TOLD & detail.keys()})
    elif db.mails:
        why, role = detail.get("why", ""), detail.get("new", "")
        outbox.add(db, actor, BY_ADMIN[kind], user.email, user, lives=outbox.NOTICE_LIVES, why=why, role=role)


def tell(db: Database, actor: Actor, kind: Kind, user: User, **told: str) -> None:
    """Tell the owner what was done, with a link that undoes it. It goes to the address that the account had before."""
    if not db.mails:
        return
    # The owner is not told from where an admin acted.
    device, address = ("", "") if actor.name_for(user.id) else (actor.device, actor.address)
    done = {"kind": kind, "device": device, "address": address, "username": user.username}
    token = tokens.make(db, Purpose.UNDO, user.email, user.id, **done)
    facts: dict[str, Any] = {"what": kind, **told}
    outbox.add(db, actor, UNDOABLE[kind], user.email, user, token, outbox.NOTICE_LIVES, **facts)
