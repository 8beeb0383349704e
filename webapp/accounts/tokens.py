"""Tokens: what is mailed as a link, works once, and for a while; of each only a hash is kept.

A token is made from a random seed with the secret key. The outbox holds the seed, so a stolen copy of the tables opens
nothing without the key. A log-in has a code beside its link, for the browser that asked.
"""

import hashlib
import hmac
import json
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from db import Database, stored, tokens, users
from db.tokens import Token as Token
from db.users import User
from webapp.accounts.fields import tidied_code

SHAPE = re.compile(r"[\w-]{43}", re.ASCII)
# Consonants, so that a code is no word (RFC 8628 6.1): eight of them are 34 bits, for five tries in ten minutes.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LETTERS = 8
# Wrong codes for one log-in, then it is dead.
MOST_TRIES = 5
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000


class Purpose(StrEnum):
    SIGNUP = "signup"
    VERIFY = "verify"
    NEW_EMAIL = "new_email"
    RESET = "reset"
    LOGIN = "login"
    INVITATION = "invitation"
    UNDO = "undo"


# A day, as NIST SP 800-63A-4 3.8 has it at most for an address; ten minutes, as ASVS 6.5.5 has it for a log-in. Who was
# away for a weekend still undoes what a thief did.
LIVES = {
    Purpose.SIGNUP: timedelta(days=1),
    Purpose.VERIFY: timedelta(days=1),
    Purpose.NEW_EMAIL: timedelta(days=1),
    Purpose.RESET: timedelta(hours=1),
    Purpose.LOGIN: timedelta(minutes=10),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.UNDO: timedelta(days=7),
}
# One of these that is used proves the address, which ends the others.
PROVING = (Purpose.SIGNUP, Purpose.VERIFY, Purpose.NEW_EMAIL)
# Of use only while the account has the address to which the link went: it may have moved while the mail was asked for.
OF_ADDRESS = (Purpose.VERIFY, Purpose.RESET, Purpose.LOGIN)
# More open invitations than any site has.
MOST_INVITATIONS = 10_000


class NoSuchToken(Exception):
    """The token was used, is too old, was taken back, or never was."""


class OfDisabled(Exception):
    """The token's account is disabled."""


class Made(NamedTuple):
    """A token that was just made: the outbox keeps its seed, and the browser that asked its hash."""

    seed: str
    hash: str
    ends_at: str


def make(db: Database, purpose: Purpose, sent_to: str, user_id: int | None = None, **facts: Any) -> Made:
    """Make a token, inside the transaction of the act; without a user, one for a log-in or a reset opens nothing."""
    seed = secrets.token_hex(16)
    hashed, ends_at = _hash(next(of_seed(db, seed))), stored(db.clock() + LIVES[purpose])
    code = db.blind_index(_code_text(hashed, next(codes_of_seed(db, seed)))) if purpose == Purpose.LOGIN else ""
    tokens.add(db, hashed, purpose, user_id, sent_to, code, json.dumps(facts), ends_at)
    return Made(seed, hashed, ends_at)


def of_seed(db: Database, seed: str) -> Iterator[str]:
    """Yield the token by each key, today's first: 43 of `A-Z a-z 0-9 - _`."""
    return (urlsafe_b64encode(raw).decode().rstrip("=") for raw in db.keyed(f"token {seed}"))


def codes_of_seed(db: Database, seed: str) -> Iterator[str]:
    """Yield the code by each key, today's first: eight letters."""
    return ("".join(LETTERS[byte % len(LETTERS)] for byte in _even(raw)) for raw in db.keyed(f"code {seed}"))


class Live(NamedTuple):
    """A token that is mailed now, with its code, and when it ends."""

    text: str
    code: str
    ends_at: str


def live_of_seed(db: Database, seed: str) -> Live | None:
    """The token of this seed, by whichever key it was made; None if it opens nothing any more."""
    for text, code in zip(of_seed(db, seed), codes_of_seed(db, seed), strict=True):
        if found := tokens.find(db, _hash(text)):
            return Live(text, code, found.ends_at)
    return None


def find(db: Database, text: str, *purposes: Purpose) -> Token:
    """The live token that was mailed as `text` for one of these purposes. Raises NoSuchToken."""
    found = tokens.find(db, _hash(text)) if SHAPE.fullmatch(text) else None
    if found is None or found.purpose not in purposes:
        raise NoSuchToken
    return found


def of_browser(db: Database, hashed: str, purpose: Purpose) -> Token:
    """The live token with this hash, as the browser that asked for it has it. Raises NoSuchToken."""
    found = tokens.find(db, hashed)
    if found is None or found.purpose != purpose:
        raise NoSuchToken
    return found


def is_of_browser(token: Token, hashed: str) -> bool:
    return hmac.compare_digest(token.hash.encode(), hashed.encode("utf-8", "surrogatepass"))


def facts(token: Token) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(token.facts)
    return held


def owner(db: Database, token: Token) -> User:
    """The user whose token it is. Raises NoSuchToken if there is none or the account is gone, OfDisabled."""
    return _checked(db, token, users.by_id(db, token.user_id) if token.user_id else None)


def spend(db: Database, token: Token) -> User:
    """Use the token of a user, inside the transaction of the act; return the user, whose row is locked.

    Raises NoSuchToken, also if another was faster, and OfDisabled: then the token is left.
    """
    user = _checked(db, token, users.lock(db, token.user_id) if token.user_id else None)
    remove(db, token)
    return user


def remove(db: Database, token: Token) -> None:
    """Use the token, inside the transaction of the act. Raises NoSuchToken if another was faster."""
    if not tokens.remove(db, token.hash):
        raise NoSuchToken
    if token.purpose in PROVING:
        # Not what others asked for: that it is gone would tell them that the address has an account by now.
        tokens.remove_sent_to(db, token.sent_to, token.user_id, *PROVING)


def end_all(db: Database, user_id: int) -> None:
    """End all tokens of a user but those that undo, inside the transaction of an act that changes who may come in."""
    tokens.remove_all_but(db, user_id, Purpose.UNDO, 2**63 - 1)


def end_invitations(db: Database, admin_id: int) -> None:
    """End the invitations of a user who is an admin no more, or whose session was a thief's."""
    for token in tokens.of_purpose(db, Purpose.INVITATION, MOST_INVITATIONS):
        if facts(token)["by"] == admin_id:
            tokens.remove(db, token.hash)


def try_code(db: Database, token: Token, code: str) -> bool:
    """Whether this is the token's code; blanks, hyphens and case do not matter. The try is counted first.

    So of a hundred at once no more than MOST_TRIES are compared.
    """
    with db.transaction():
        is_allowed = tokens.count_try(db, token.hash, MOST_TRIES)
    typed = tidied_code(code).upper()
    fitting = [hmac.compare_digest(raw.hex(), token.code) for raw in db.keyed(_code_text(token.hash, typed))]
    return any(fitting) and is_allowed


def in_groups(code: str) -> str:
    """The code as it is mailed: `BCDF-GHJK`."""
    return f"{code[: CODE_LETTERS // 2]}-{code[CODE_LETTERS // 2 :]}"


def sweep(db: Database) -> None:
    tokens.sweep(db, SWEPT_AT_ONCE)


def of_user(db: Database, user_id: int) -> list[dict[str, str]]:
    """What the user's export tells of the tokens."""
    names = ("purpose", "sent_to", "created_at", "ends_at")
    return [{name: getattr(token, name) for name in names} for token in tokens.of_user(db, user_id)]


def _checked(db: Database, token: Token, user: User | None) -> User:
    if user is None or user.is_gone(db.now()):
        raise NoSuchToken
    if token.purpose in OF_ADDRESS and token.sent_to != user.email and not facts(token).get("is_undo"):
        raise NoSuchToken
    if user.disabled_at:
        raise OfDisabled
    return user


def _even(raw: bytes) -> bytes:
    """The bytes for a code, without those that would make some letters likelier than others."""
    most = 256 - 256 % len(LETTERS)
    return bytes(byte for byte in raw if byte < most)[:CODE_LETTERS]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _code_text(hashed: str, code: str) -> str:
    return f"code {hashed} {code}"
