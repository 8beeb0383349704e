"""Codes from an authenticator app (TOTP, RFC 6238): SHA-1, six digits, thirty seconds, as every app can do them."""

import base64
import hmac
import logging
import re
import secrets
import struct
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, urlencode

from db import Database, Duplicate, totp
from db.totp import Totp as Totp
from db.users import User
from webapp.accounts import factors, notices, sealed, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, tidied_code
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

# RFC 4226 4, R6: 160 bits.
SECRET_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
CODE = re.compile(r"[0-9]{6}", re.ASCII)
# The step before, this one and the next: a clock that is half a minute off, and a slow typist (RFC 6238 5.2).
WINDOW = (-1, 0, 1)
# A sweep must not keep others from writing for long.
SEALED_AT_ONCE = 500

WRONG = say("That code is not right.")
USED = say("That code was used already. Wait for the next one.")


class WrongCode(Refused):
    """Not a code of these moments, or one that was used."""

    def __init__(self, sentence: str = WRONG) -> None:
        super().__init__(code=sentence)


class Unreadable(Refused):
    """The key that sealed the app's secret is lost, or not known to this server; that is no wrong code."""

    def __init__(self) -> None:
        super().__init__(code=say("Codes of apps cannot be checked just now. Use a recovery code or a passkey."))


class HasApp(Refused):
    """The user has an app already: another session was faster."""

    def __init__(self) -> None:
        super().__init__(code=say("You have an authenticator app already. Remove it first."))


def new_secret() -> str:
    """A random secret in Base32: 32 of A to Z and 2 to 7."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def in_groups(secret: str) -> str:
    """The secret as it is typed into an app: in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def address(secret: str, email: str, site: str) -> str:
    """The address that an app opens or scans: `otpauth://totp/SITE:EMAIL?secret=…&issuer=SITE`."""
    query = urlencode({"secret": secret, "issuer": site}, quote_via=quote)
    return f"otpauth://totp/{quote(site, safe='')}:{quote(email, safe='@')}?{query}"


def code_at(secret: str, step: int) -> str:
    """The code of this step (RFC 4226 5.3)."""
    key = base64.b32decode(secret)
    mac = hmac.digest(key, struct.pack(">Q", step), "sha1")
    start = mac[-1] & 0x0F
    (number,) = struct.unpack(">I", mac[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def step_of(moment: datetime) -> int:
    """The step that a moment lies in: the number of half minutes since 1970."""
    return int(moment.timestamp()) // STEP_SECONDS


def of_user(db: Database, user_id: int) -> Totp | None:
    return totp.of_user(db, user_id)


def turn_on(db: Database, actor: Actor, secret: str, code: str, is_move: bool = False) -> list[str]:
    """Add the app that has this secret, once it has shown a code; that code is used with it.

    With `is_move` it takes the place of the app that the user has. Return new recovery codes if it is the user's first
    factor, else none. Raises WrongCode, HasApp, Throttled.
    """
    user = actor.own_session.user
    throttle.count(db, throttle.of_act("enrolling", user.id))
    step = _step(db, secret, code)
    if step is None:
        raise WrongCode
    try:
        with db.transaction():
            before = factors.locked(db, actor)
            if is_move:
                totp.remove(db, user.id)
            keep(db, user, secret, step)
            notices.record(db, actor, Kind.TOTP_ADDED, user)
            codes = factors.added(db, before)
    except Duplicate as duplicate:
        raise HasApp from duplicate
    log.info("authenticator app added: user %d", user.id)
    return codes


def keep(db: Database, user: User, secret: str, last_step: int) -> None:
    """Store the user's secret, sealed, inside the open transaction. Raises Duplicate if there is one."""
    sealed_secret = sealed.seal(db, _purpose(user.id), secret)
    totp.add(db, user.id, sealed_secret, sealed.keys_name(db), last_step)


def turn_off(db: Database, actor: Actor, policy: str) -> bool:
    """Remove the app; return False if there is none. Raises Refused if `policy` asks the user for it; Throttled."""
    user = actor.own_session.user
    with db.transaction():
        now = factors.locked(db, actor)
        if not totp.remove(db, user.id):
            return False
        notices.record(db, actor, Kind.TOTP_REMOVED, user)
        factors.removed(db, now, policy)
    log.info("authenticator app removed: user %d", user.id)
    return True


def spend(db: Database, user: User, code: str) -> None:
    """Use up a code of the user's app, inside the transaction of the act. Raises WrongCode.

    The statement is the check: of two requests with one code, one passes.
    """
    secret = _secret(db, user)
    step = _step(db, secret, code) if secret else None
    if step is None:
        raise WrongCode
    if not totp.spend(db, user.id, step, step_of(db.clock()) + max(WINDOW)):
        raise WrongCode(USED)


def check_readable(db: Database, user: User) -> None:
    """Raise Unreadable if the user has an app whose secret no key of ours opens: no code of it could be right."""
    if totp.of_user(db, user.id) and _secret(db, user) is None:
        raise Unreadable


def seal_anew(db: Database) -> bool:
    """Seal some secrets with today's key that were not looked at since the keys changed; return whether there are more.

    A secret whose key is lost stays as it is, and is tried again when the keys change.
    """
    name = sealed.keys_name(db)
    found = totp.sealed_otherwise(db, name, SEALED_AT_ONCE)
    lost = sum(not _seal_anew(db, app, name) for app in found)
    if lost:
        log.error("%d authenticator apps cannot be read: LATCHKEY_SECRET_KEY lacks the key that sealed them", lost)
    is_over = not totp.sealed_otherwise(db, name, 1)
    if found and is_over:
        log.info("all authenticator apps that can be read are sealed with today's key")
    return not is_over


def _secret(db: Database, user: User) -> str | None:
    app = totp.of_user(db, user.id)
    return sealed.opened(db, _purpose(user.id), app.secret) if app else None


def _seal_anew(db: Database, app: Totp, name: str) -> bool:
    secret = sealed.opened(db, _purpose(app.user_id), app.secret)
    anew = sealed.seal(db, _purpose(app.user_id), secret) if secret else app.secret
    totp.set_secret(db, app.user_id, anew, name, app.secret)
    return secret is not None


def _step(db: Database, secret: str, code: str) -> int | None:
    """The step whose code this is; every step is compared, so the time tells nothing (ASVS 6.5.8: by our own clock)."""
    typed, now = tidied_code(code), step_of(db.clock())
    fitting = [*_fitting(secret, typed, now)] if CODE.fullmatch(typed) else []
    return max(fitting, default=None)


def _fitting(secret: str, typed: str, now: int) -> Iterator[int]:
    return (step for step in [now + off for off in WINDOW] if hmac.compare_digest(code_at(secret, step), typed))


def _purpose(user_id: int) -> str:
    return f"totp {user_id}"
