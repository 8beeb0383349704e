"""Ceremonies: what a browser sends when a passkey is added or used, verified (WebAuthn Level 3, section 7; ASVS 6.7.2).

The library is loaded with the first passkey: it takes 14 MB and a tenth of a second, and most processes that start
see none.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from webapp.accounts import canonical_cbor

if TYPE_CHECKING:
    from webauthn.helpers.structs import AttestationObject, AuthenticatorData

# A passkey with an RSA key and the longest id takes half of it.
MOST_CHARACTERS = 16 * 1024
# 7.1 step 25.
MOST_ID_BYTES = 1023
# 5.8.4, as a browser names them.
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
# ES256, EdDSA and RS256 by their numbers at COSE, each with its kind of key and the only curve that it may use (5.8.5).
ALGORITHMS = {-7: (2, 1), -8: (1, 6), -257: (3, None)}
# The flag that tells of a passkey's id and key in authenticator data (6.1).
HAS_ID = 0x40


class Site(NamedTuple):
    """The site that a passkey belongs to: `id` is its host (the RP ID), `origin` its address, as `https://example.org`."""

    id: str
    origin: str


class BadCredential(Exception):
    """What the browser sent is no passkey for this site and this challenge; `why` is one word for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Registered(NamedTuple):
    """A passkey to keep: `credential_id` and the COSE key `public_key` in base64url without padding.

    `is_backed_up`: it is synced. `is_discoverable`: it can be used without a name. `is_verified`: the user's finger,
    face or PIN was checked. `transports`: how a browser reaches it, as `internal`.
    """

    credential_id: str
    public_key: str
    counter: int
    aaguid: str
    is_backed_up: bool
    is_discoverable: bool
    is_verified: bool
    transports: tuple[str, ...]


def challenge(answer: str) -> bytes:
    """The challenge that the browser says it answers. Raises BadCredential."""
    with _or_bad("json"):
        return _bytes(_client_data(_sent(answer)).get("challenge"))


def credential_id(answer: str) -> str:
    """The id of the passkey that was used, in base64url. Raises BadCredential."""
    with _or_bad("json"):
        return base64url(_bytes(_at(_sent(answer), "id")))


def user_handle(answer: str) -> str:
    """The user handle that the passkey holds, in base64url; empty if the browser tells none. Raises BadCredential."""
    with _or_bad("json"):
        return base64url(_bytes(_at(_sent(answer), "response", "userHandle") or ""))


def registered(answer: str, challenge: bytes, site: Site) -> Registered:
    """The passkey that the browser made for this challenge (7.1). Raises BadCredential."""
    from webauthn import verify_registration_response

    sent = _sent(answer)
    _check_client_data(sent, "webauthn.create", challenge, site)
    attested = _attested(sent)
    _check_authenticator(attested.auth_data, site, needs_user=False)
    _check_attested(attested)
    with _or_bad("attestation"):
        found = verify_registration_response(
            credential=sent, expected_challenge=challenge, expected_rp_id=site.id, expected_origin=site.origin
        )
    return Registered(
        credential_id=base64url(found.credential_id),
        public_key=base64url(found.credential_public_key),
        counter=found.sign_count,
        aaguid=found.aaguid,
        is_backed_up=found.credential_backed_up,
        is_discoverable=_at(sent, "clientExtensionResults", "credProps", "rk") is True,
        is_verified=found.user_verified,
        transports=_transports(_at(sent, "response", "transports")),
    )


def asserted(answer: str, challenge: bytes, site: Site, public_key: str, counter: int, needs_user: bool) -> int:
    """Verify that the passkey with this key and counter answers the challenge (7.2); return its new counter.

    `needs_user`: only if the user's finger, face or PIN was checked. Raises BadCredential.
    """
    from webauthn import verify_authentication_response

    sent = _sent(answer)
    _check_client_data(sent, "webauthn.get", challenge, site)
    data = _authenticator_data(sent)
    _check_authenticator(data, site, needs_user)
    with _or_bad("signature"):
        verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=_bytes(public_key),
            # Compared below: before the signature is, anybody could have the log tell of a copied passkey.
            credential_current_sign_count=0,
        )
    _must(data.sign_count > counter or data.sign_count == counter == 0, "counter")
    return data.sign_count


def _sent(answer: str) -> Any:
    _must(len(answer) <= MOST_CHARACTERS, "size")
    with _or_bad("json"):
        return json.loads(answer)


def _check_client_data(sent: Any, kind: str, challenge: bytes, site: Site) -> None:
    """Refuse what was made for another ceremony, challenge or site, or in a frame (7.1 steps 7 to 11, 7.2 10 to 14)."""
    data = _client_data(sent)
    _must(data.get("type") == kind, "type")
    _must(data.get("challenge") == base64url(challenge), "challenge")
    _must(data.get("origin") == site.origin, "origin")
    # Nobody shows our pages in theirs: who does hides them under a picture, so that a visitor's click is for us.
    _must(data.get("crossOrigin", False) is False and "topOrigin" not in data, "frame")


def _client_data(sent: Any) -> dict[str, Any]:
    with _or_bad("json"):
        data: dict[str, Any] = json.loads(_bytes(_at(sent, "response", "clientDataJSON")))
    _must(isinstance(data, dict), "json")
    return data


def _attested(sent: Any) -> "AttestationObject":
    from webauthn.helpers import parse_attestation_object, parse_cbor

    with _or_bad("data"):
        raw = _bytes(_at(sent, "response", "attestationObject"))
        canonical_cbor.check(raw)
        _check_end(parse_cbor(raw)["authData"])
        return parse_attestation_object(raw)


def _authenticator_data(sent: Any) -> "AuthenticatorData":
    from webauthn.helpers import parse_authenticator_data

    with _or_bad("data"):
        raw = _bytes(_at(sent, "response", "authenticatorData"))
        _check_end(raw)
        return parse_authenticator_data(raw)


def _check_end(data: bytes) -> None:
    """Check the CBOR at the end of authenticator data (6.1): a key after a passkey's id, and extensions."""
    start = 55 + int.from_bytes(data[53:55]) if data[32] & HAS_ID else 37
    canonical_cbor.check(data[start:])


def _check_authenticator(data: "AuthenticatorData", site: Site, needs_user: bool) -> None:
    """Refuse what was made for another host, or without the user (7.1 steps 14 to 16, 7.2 steps 15 to 17)."""
    _must(data.rp_id_hash == hashlib.sha256(site.id.encode()).digest(), "site")
    _must(data.flags.up, "presence")
    _must(data.flags.uv or not needs_user, "verification")


def _check_attested(attested: "AttestationObject") -> None:
    """Refuse what we could not use, or do not want to read (7.1 steps 20 to 25)."""
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

    # We ask for no attestation. Then a browser sends an empty one, or one that the passkey signed itself (5.1.3), and
    # certificates are from somebody who wants us to read them.
    _must(attested.fmt == "none" or (attested.fmt == "packed" and not attested.att_stmt.x5c), "attestation")
    credential = attested.auth_data.attested_credential_data
    if credential is None:
        raise BadCredential("key")
    _must(len(credential.credential_id) <= MOST_ID_BYTES, "id")
    with _or_bad("key"):
        key = decode_credential_public_key(credential.credential_public_key)
        _must(ALGORITHMS.get(key.alg) == (key.kty, getattr(key, "crv", None)), "algorithm")
        decoded_public_key_to_cryptography(key)


def _transports(sent: Any) -> tuple[str, ...]:
    return tuple(name for name in TRANSPORTS if isinstance(sent, list) and name in sent)


def _at(sent: Any, *names: str) -> Any:
    """What lies at the end of this path of names; None if nothing does."""
    for name in names:
        sent = sent.get(name) if isinstance(sent, dict) else None
    return sent


def _bytes(text: Any) -> bytes:
    """The bytes of base64url, which must be written in the one right way. Raises ValueError, TypeError."""
    raw = urlsafe_b64decode(text + "==")
    if base64url(raw) != text:
        raise ValueError
    return raw


def base64url(raw: bytes) -> str:
    """Bytes as text, without padding (RFC 4648 5)."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _must(holds: bool, why: str) -> None:
    if not holds:
        raise BadCredential(why)


@contextmanager
def _or_bad(why: str) -> Iterator[None]:
    """Make of whatever goes wrong inside a BadCredential.

    All of JSON, base64, CBOR, COSE and the keys' arithmetic is the sender's, and each reader raises what it likes:
    RecursionError, struct.error, UnsupportedAlgorithm. One that is not caught would be a page of ours that fails.
    """
    try:
        yield
    except BadCredential:
        raise
    except Exception as error:
        raise BadCredential(why) from error
