"""A passkey in software, to drive the site with: a key of ES256, and a browser that sends what it is told to."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any, NamedTuple

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from webapp.accounts.ceremonies import Site

AAGUID = bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4")
PRESENT, VERIFIED, CAN_BE_BACKED_UP, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


class Faults(NamedTuple):
    """What is not as it should be; empty texts stand for what the site and the ceremony ask for."""

    origin: str = ""
    rp_id: str = ""
    type: str = ""
    without_presence: bool = False
    without_user: bool = False
    counter: int = 0
    bad_signature: bool = False
    user_handle: bytes | None = None
    cross_origin: bool = False
    top_origin: str = ""
    backed_up: bool = False
    discoverable: bool = True


class Authenticator:
    """One passkey of one site; `add` and `sign` return what the browser sends, as JSON.

    Their faults are those of Faults, by name. As a synced passkey does, it counts nothing unless it is told to.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.id = secrets.token_bytes(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = b""

    def add(self, challenge: bytes, user_handle: bytes, **faults: Any) -> str:
        """What `navigator.credentials.create` gives."""
        wrong, self.user_handle = Faults(**faults), user_handle
        attested = AAGUID + len(self.id).to_bytes(2) + self.id + cbor2.dumps(self._public_key())
        data = self._data(wrong, ATTESTED) + attested
        response = {
            "clientDataJSON": base64url(self._client_data("webauthn.create", challenge, wrong)),
            "attestationObject": base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "hybrid"],
        }
        return self._sent(response, {"credProps": {"rk": wrong.discoverable}})

    def sign(self, challenge: bytes, **faults: Any) -> str:
        """What `navigator.credentials.get` gives."""
        wrong = Faults(**faults)
        data, client_data = self._data(wrong), self._client_data("webauthn.get", challenge, wrong)
        signed = b"other" if wrong.bad_signature else data + hashlib.sha256(client_data).digest()
        response = {
            "clientDataJSON": base64url(client_data),
            "authenticatorData": base64url(data),
            "signature": base64url(self.key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": base64url(self.user_handle if wrong.user_handle is None else wrong.user_handle),
        }
        return self._sent(response, {})

    def _sent(self, response: dict[str, Any], extensions: dict[str, Any]) -> str:
        name = base64url(self.id)
        kind = {"type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": extensions}
        return json.dumps({"id": name, "rawId": name, "response": response} | kind)

    def _client_data(self, kind: str, challenge: bytes, wrong: Faults) -> bytes:
        data = {
            "type": wrong.type or kind,
            "challenge": base64url(challenge),
            "origin": wrong.origin or self.site.origin,
            "crossOrigin": wrong.cross_origin,
        }
        return json.dumps(data | ({"topOrigin": wrong.top_origin} if wrong.top_origin else {})).encode()

    def _data(self, wrong: Faults, flags: int = 0) -> bytes:
        flags |= 0 if wrong.without_presence else PRESENT
        flags |= 0 if wrong.without_user else VERIFIED
        flags |= CAN_BE_BACKED_UP | BACKED_UP if wrong.backed_up else 0
        host = hashlib.sha256((wrong.rp_id or self.site.id).encode()).digest()
        return host + bytes([flags]) + wrong.counter.to_bytes(4)

    def _public_key(self) -> dict[int, int | bytes]:
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
