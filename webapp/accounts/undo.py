"""“This was not me”: the link in a notice locks the account, undoes what was done, and mails a reset to that address.

It works logged out, for whoever reads the mailbox: that ends sessions, and lets nobody in.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from db import Database, deletion, factors, moment, passkeys, recovery_codes, stored, totp, users
from db import tokens as table
from db.users import User
from webapp.accounts import events, outbox, sessions, throttle, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.tokens import Purpose, Token

log = logging.getLogger("latchkey")

# No password fits it.
LOCKED = ""


class Notice(NamedTuple):
    """What a notice told: the `kind` of event, when, and from where."""

    kind: Kind
    at: str
    device: str
    address: str


def notice(db: Database, text: str) -> Notice:
    """What this link undoes. Raises NoSuchToken, OfDisabled."""
    token = tokens.find(db, text, Purpose.UNDO)
    tokens.owner(db, token)
    told = tokens.facts(token)
    return Notice(Kind(told["kind"]), token.created_at, told["device"], told["address"])


def undo(db: Database, actor: Actor, text: str) -> bool:
    """Lock the account and undo; return False if the address cannot be given back, as another account has it by now.

    A thief who moved the address twice holds the younger link: it dies with all that were made after this one, and the
    older one wins. Raises NoSuchToken, OfDisabled.
    """
    token = tokens.find(db, text, Purpose.UNDO)
    with db.transaction():
        user = tokens.spend(db, token)
        _take_away(db, user, token)
        table.remove_all_but(db, user.id, Purpose.UNDO, token.id)
        deletion.cancel(db, user.id)
        is_back = _give_back(db, user, token)
        users.replace_password(db, user.id, LOCKED)
        sessions.end_all(db, actor, user.id, Kind.SESSION_ENDED_BY_UNDO)
        events.record(db, actor, Kind.UNDONE, user.id)
        tokens.end_invitations(db, user.id)
        reset = tokens.make(db, Purpose.RESET, token.sent_to, user.id, is_undo=True)
        outbox.add(db, actor, outbox.Kind.UNDONE, token.sent_to, user, reset)
    log.warning("undone by its owner, and locked: user %d", user.id)
    return is_back


def _take_away(db: Database, user: User, token: Token) -> None:
    """Take away factors and codes that were made since the oldest live notice, and stop the removal of older ones.

    A thief's passkey would log in again. So for seven days the mailbox can undo a new factor; older ones it cannot.
    """
    factors.cancel_reset(db, user.id)
    if tokens.facts(token)["kind"] == Kind.FACTORS_RESET_ASKED:
        return
    since = _oldest(db, token)
    totp.remove_since(db, user.id, since)
    passkeys.remove_since(db, user.id, since)
    recovery_codes.remove_since(db, user.id, since)
    if not factors.set_has_factor(db, user.id):
        recovery_codes.remove_all_of(db, user.id)


def _oldest(db: Database, token: Token) -> str:
    """A minute before the first notice whose link still works and that went to the same address.

    The owner may open the newest mail, and the thief have added a passkey before that.
    """
    live = [one for one in table.of_user(db, token.user_id or 0) if one.purpose == Purpose.UNDO]
    sent = [one.created_at for one in live if one.sent_to == token.sent_to]
    return stored(moment(min([token.created_at, *sent])) - timedelta(minutes=1))


def _give_back(db: Database, user: User, token: Token) -> bool:
    """Give the account the address that got the notice, and the user name that it had then unless it is taken.

    An account whose address another one has by now keeps none: the thief's would lead the thief back into it.
    """
    name, email = str(tokens.facts(token)["username"]), token.sent_to
    if name != user.username and not users.is_name_taken(db, name, user.id):
        deletion.free(db, name, "")
        users.set_username(db, user.id, name)
    deletion.free(db, "", email)
    other = users.by_email(db, email)
    if other and other.id != user.id:
        users.set_email(db, user.id, f"locked {user.id}")
        return False
    users.set_email(db, user.id, email, is_verified=True)
    throttle.forget(db, email)
    return True
