"""Passkeys (WebAuthn Level 3): kept for a user, asked for by a challenge, and used by an answer to it."""

import hashlib
import logging
import secrets
from contextlib import suppress
from typing import Any, NamedTuple

from db import Database, Duplicate, passkeys
from db import factors as table
from db.passkeys import Passkey as Passkey
from db.users import User
from webapp.accounts import ceremonies, challenges, events, factors, notices, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.ceremonies import ALGORITHMS, BadCredential, Registered, base64url
from webapp.accounts.ceremonies import Site as Site
from webapp.accounts.challenges import Purpose
from webapp.accounts.events import Kind
from webapp.accounts.fields import LONGEST_PASSKEY_NAME, Refused, passkey_name_objection, refuse
from webapp.accounts.passkey_makers import NAMES
from webapp.languages.sentences import Sentence, say

log = logging.getLogger("latchkey")

# More than anybody has devices; a program with a stolen session may want more.
MOST = 20

UNKNOWN = say("That passkey opens no account here.")
# Lynx shows the button, too.
NO_SCRIPT = say("A passkey needs JavaScript. Use another way.")
NOT_ADDED = say("That passkey could not be added. Try again.")
ADDED_BEFORE = say("This device has a passkey for your account already.")
MANY = say("You have as many passkeys as an account can have. Remove one first.")


class WrongPasskey(Refused):
    """The answer is by no passkey that may do this; `why` is stored with the event, and some are acted on."""

    def __init__(self, why: str, sentence: Sentence = UNKNOWN) -> None:
        super().__init__(credential=sentence)
        self.why = why


class NoSuchPasskey(Exception):
    """The user has no passkey with this id."""


class Answer(NamedTuple):
    """A passkey's good answer to a challenge, which is still to be spent."""

    key: Passkey
    counter: int
    challenge: bytes


def of_user(db: Database, user_id: int) -> list[Passkey]:
    """The user's passkeys, the oldest first."""
    return passkeys.of_user(db, user_id)


def one(db: Database, user_id: int, key_id: str) -> Passkey:
    """The user's passkey with this id. Raises NoSuchPasskey."""
    found = [key for key in passkeys.of_user(db, user_id) if key.id == key_id]
    if not found:
        raise NoSuchPasskey
    return found[0]


def owner_id(db: Database, text: str) -> int | None:
    """Id of the user whose passkey has given this answer, as far as it can be read; None if it is nobody's."""
    with suppress(BadCredential):
        key = passkeys.by_credential_id(db, ceremonies.credential_id(text))
        return key.user_id if key else None
    return None


def options_to_add(db: Database, actor: Actor, site: Site, name: str) -> dict[str, Any]:
    """What the browser is told to make a passkey with; `name` is the site's (WebAuthn 5.4)."""
    session, user = actor.own_session, actor.own_session.user
    challenge = challenges.make(db, Purpose.ADD, _whom(db, session.id, user))
    return {
        "rp": {"id": site.id, "name": name},
        "user": {"id": _handle(db, user, challenge), "name": user.email, "displayName": user.name},
        "challenge": base64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "excludeCredentials": [_described(key) for key in of_user(db, user.id)],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def options_to_use(db: Database, purpose: Purpose, whom: str, site: Site, user: User | None = None) -> dict[str, Any]:
    """What the browser is told to use a passkey with: one of this user, or any without a `user` (WebAuthn 5.5).

    A second step asks for no finger and no PIN: the password was right already.
    """
    return {
        "rpId": site.id,
        "challenge": base64url(challenges.make(db, purpose, whom)),
        "allowCredentials": [_described(key) for key in of_user(db, user.id)] if user else [],
        "userVerification": "discouraged" if purpose == Purpose.SECOND_STEP else "required",
    }


def known_to(db: Database, user: User, site: Site) -> dict[str, Any]:
    """What a password manager is told, so that it forgets the passkeys that are gone (WebAuthn 5.1.10).

    Empty for a user who never had one.
    """
    handle, ids = table.user_handle(db, user.id), [key.credential_id for key in of_user(db, user.id)]
    return {"rpId": site.id, "userId": handle, "allAcceptedCredentialIds": ids} if handle else {}


def add(db: Database, actor: Actor, text: str, name: str, site: Site) -> list[str]:
    """Add the passkey that the browser has made. Return new recovery codes if it is the user's first factor, else none.

    An empty `name` becomes that of its maker, or of the browser. Raises Refused, Throttled.
    """
    user = actor.own_session.user
    refuse(name=passkey_name_objection(name) if name else None)
    try:
        challenge, made = _made(db, actor, text, site)
        with throttle.trying(db, throttle.of_session(actor.own_session), Duplicate), db.transaction():
            before = factors.locked(db, actor)
            if len(passkeys.of_user(db, user.id)) >= MOST:
                raise Refused(credential=MANY)
            _spend_challenge(db, challenge)
            table.give_user_handle(db, user.id, _handle(db, user, challenge))
            passkeys.add(db, _row(db, actor, made, name or _name(actor, made)))
            notices.record(db, actor, Kind.PASSKEY_ADDED, user)
            codes = factors.added(db, before)
    except Duplicate as duplicate:
        raise Refused(credential=ADDED_BEFORE) from duplicate
    except (BadCredential, WrongPasskey) as bad:
        note_refused(db, actor, user.id, bad.why)
        raise WrongPasskey(bad.why, NOT_ADDED if text else NO_SCRIPT) from bad
    log.info("passkey added: user %d", user.id)
    return codes


def rename(db: Database, actor: Actor, key_id: str, name: str) -> None:
    """Call one of the user's passkeys `name`. Raises Refused, NoSuchPasskey, Throttled."""
    refuse(name=passkey_name_objection(name))
    user = actor.own_session.user
    with db.transaction():
        throttle.take(db, throttle.of_act("passkey names", user.id))
        if not passkeys.rename(db, user.id, key_id, name):
            raise NoSuchPasskey


def remove(db: Database, actor: Actor, key_id: str, policy: str) -> None:
    """Remove one of the user's passkeys. Raises NoSuchPasskey, LastFactor if `policy` asks for it, Throttled."""
    user, key = actor.own_session.user, one(db, actor.own_session.user.id, key_id)
    with db.transaction():
        now = factors.locked(db, actor)
        if not passkeys.remove(db, user.id, key_id):
            raise NoSuchPasskey
        notices.record(db, actor, Kind.PASSKEY_REMOVED, user, name=key.name)
        factors.removed(db, now, policy)
    log.info("passkey removed: user %d", user.id)


def verified(db: Database, text: str, purpose: Purpose, whom: str, site: Site, owner: User | None = None) -> Answer:
    """Verify an answer to a challenge for this purpose, given to `whom`, by a passkey of `owner`, or of anybody.

    It calls for a finger, a face or a PIN, unless it is a second step: the library would take an answer without it.
    Raises WrongPasskey.
    """
    try:
        key = passkeys.by_credential_id(db, ceremonies.credential_id(text))
        if key is None or (owner and key.user_id != owner.id):
            raise WrongPasskey("unknown")
        _check_handle(db, text, key, is_needed=owner is None)
        challenge = ceremonies.challenge(text)
        if not challenges.is_good(db, challenge, purpose, whom):
            raise WrongPasskey("challenge")
        needs_user = purpose != Purpose.SECOND_STEP
        counter = ceremonies.asserted(text, challenge, site, key.public_key, key.counter, needs_user)
    except BadCredential as bad:
        raise WrongPasskey(bad.why, UNKNOWN if text else NO_SCRIPT) from bad
    return Answer(key, counter, challenge)


def spend(db: Database, answer: Answer, is_login: bool = False) -> None:
    """Use an answer up, inside the transaction of the act: a second one is refused. Raises WrongPasskey."""
    _spend_challenge(db, answer.challenge)
    if not passkeys.use(db, answer.key, answer.counter, is_login):
        raise WrongPasskey("gone")


def note_refused(db: Database, actor: Actor, user_id: int | None, why: str) -> None:
    """Record that a passkey was refused; if it counted backwards, it may be a copy (WebAuthn 6.1.1)."""
    with db.transaction():
        if user_id is None or throttle.has_room(db, throttle.of_note(user_id)):
            events.record(db, actor, Kind.PASSKEY_REFUSED, user_id, refused=why)
    log.warning("refused a passkey: %s, %s", f"user {user_id}" if user_id else "unknown", why)


def _made(db: Database, actor: Actor, text: str, site: Site) -> tuple[bytes, Registered]:
    """The challenge and the passkey that was made for it. Raises BadCredential."""
    challenge, session = ceremonies.challenge(text), actor.own_session
    if not challenges.is_good(db, challenge, Purpose.ADD, _whom(db, session.id, session.user)):
        raise BadCredential("challenge")
    return challenge, ceremonies.registered(text, challenge, site)


def _row(db: Database, actor: Actor, made: Registered, name: str) -> Passkey:
    return Passkey(
        id=secrets.token_hex(8),
        user_id=actor.own_session.user.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        counter=made.counter,
        transports=" ".join(made.transports),
        aaguid=made.aaguid,
        is_backed_up=int(made.is_backed_up),
        is_login=int(made.is_discoverable and made.is_verified),
        name=name,
        added_at=db.now(),
        used_at=None,
    )


def _name(actor: Actor, made: Registered) -> str:
    return NAMES.get(made.aaguid) or actor.device[:LONGEST_PASSKEY_NAME]


def _check_handle(db: Database, text: str, key: Passkey, is_needed: bool) -> None:
    """Check the user handle against the owner; it may be missing only if the owner is known otherwise (7.2 step 6)."""
    handle = ceremonies.user_handle(text)
    if (handle or is_needed) and handle != table.user_handle(db, key.user_id):
        raise WrongPasskey("owner")


def _spend_challenge(db: Database, challenge: bytes) -> None:
    if not challenges.spend(db, challenge):
        raise WrongPasskey("replayed")


def _whom(db: Database, session_id: str, user: User) -> str:
    """Whom a challenge to add is for; with the user's handle, so that two pages at once cannot make two of them."""
    return f"session {session_id} {table.user_handle(db, user.id) or 'new'}"


def _handle(db: Database, user: User, challenge: bytes) -> str:
    """The user's name in passkeys: 32 random bytes, which the first passkey takes from its challenge."""
    return table.user_handle(db, user.id) or base64url(hashlib.sha256(challenge).digest())


def _described(key: Passkey) -> dict[str, Any]:
    return {"type": "public-key", "id": key.credential_id, "transports": key.transports.split()}
