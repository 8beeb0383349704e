"""Passkeys: the specification's own test vectors, each check by one fault, and whatever else a stranger may send."""

import base64
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.authenticator import AAGUID, Authenticator, base64url
from webapp.accounts import ceremonies
from webapp.accounts.ceremonies import BadCredential, Site

SITE = Site("example.org", "https://example.org")
VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "data/webauthn_vectors.json").read_text())["vectors"]
CHALLENGE = b"c" * 32
# Hash of the host, flags, counter, AAGUID, and an id of 32 bytes with its length.
BEFORE_KEY = 32 + 1 + 4 + 16 + 2 + 32
# Of each vector: why its registration is refused, and why after the browser has taken the statement away, as it does
# when none was asked for (5.1.3).
REFUSED = {
    "none.ES256": ("", ""),
    "packed-self.ES256": ("", ""),
    "none.ES256.crossOrigin": ("frame", "frame"),
    "none.ES256.topOrigin": ("frame", "frame"),
    "none.ES256.long-credential-id": ("", ""),
    "packed.ES256": ("attestation", ""),
    "packed.ES384": ("attestation", "algorithm"),
    "packed.ES512": ("attestation", "algorithm"),
    "packed.RS256": ("attestation", ""),
    "packed.EdDSA": ("attestation", ""),
    "packed.Ed448": ("attestation", "algorithm"),
    "tpm.ES256": ("attestation", ""),
    "android-key.ES256": ("attestation", ""),
    "apple.ES256": ("attestation", ""),
    "fido-u2f.ES256": ("attestation", ""),
}


def _why(act: Callable[..., object], *with_: Any, **more: Any) -> str:
    """Why it is refused; empty if it is not."""
    try:
        act(*with_, **more)
    except BadCredential as error:
        return error.why
    return ""


def _of_vector(name: str, ceremony: str) -> tuple[str, bytes]:
    """What a browser would send of the vector, and its challenge."""
    values = {key: bytes.fromhex(text) for key, text in VECTORS[name][ceremony].items()}
    challenge = values.pop("challenge")
    values.pop("credential_id", b"")
    id_ = base64url(bytes.fromhex(VECTORS[name]["registration"]["credential_id"]))
    response = {key: base64url(value) for key, value in values.items()}
    return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": response}), challenge


def _attested(answer: str, change: Callable[[dict[str, Any]], object]) -> str:
    """The registration with another attestation object."""
    held = cbor2.loads(_part(answer, "attestationObject"))
    change(held)
    return _with(answer, "attestationObject", cbor2.dumps(held))


def _part(answer: str, name: str) -> bytes:
    return _raw(json.loads(answer)["response"][name])


def _with(answer: str, name: str, part: bytes) -> str:
    sent = json.loads(answer)
    sent["response"][name] = base64url(part)
    return json.dumps(sent)


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def _without_statement(held: dict[str, Any]) -> None:
    held.update(fmt="none", attStmt={})


@pytest.mark.parametrize("name", VECTORS)
def test_the_specifications_passkeys_are_added_and_used_if_we_asked_for_their_kind(name: str) -> None:
    answer, challenge = _of_vector(name, "registration")
    stripped = _attested(answer, _without_statement)
    whys = [_why(ceremonies.registered, sent, challenge, SITE) for sent in (answer, stripped)]
    assert tuple(whys) == REFUSED[name]
    assert ceremonies.challenge(answer) == challenge
    if not whys[1]:
        key = ceremonies.registered(stripped, challenge, SITE).public_key
        answer, challenge = _of_vector(name, "authentication")
        assert ceremonies.asserted(answer, challenge, SITE, key, 0, needs_user=False) == 0
        assert _why(ceremonies.asserted, answer, challenge, SITE, key, 1, needs_user=False) == "counter"
        assert ceremonies.credential_id(answer) == json.loads(answer)["id"] and ceremonies.user_handle(answer) == ""


def test_the_specifications_passkeys_in_a_frame_are_not_used() -> None:
    for name in ("none.ES256.crossOrigin", "none.ES256.topOrigin"):
        held = cbor2.loads(bytes.fromhex(VECTORS[name]["registration"]["attestationObject"]))
        answer, challenge = _of_vector(name, "authentication")
        key = base64url(held["authData"][BEFORE_KEY:])
        assert _why(ceremonies.asserted, answer, challenge, SITE, key, 0, needs_user=False) == "frame"


def test_what_is_kept_of_a_passkey_is_what_its_vector_holds() -> None:
    answer, challenge = _of_vector("none.ES256", "registration")
    kept = ceremonies.registered(answer, challenge, SITE)
    assert _raw(kept.credential_id).hex() == VECTORS["none.ES256"]["registration"]["credential_id"]
    assert VECTORS["none.ES256"]["registration"]["attestationObject"].endswith(_raw(kept.public_key).hex())
    assert kept[2:] == (0, "8446ccb9-ab1d-b374-750b-2367ff6f3a1f", True, False, False, ())


@pytest.fixture
def passkey() -> Authenticator:
    return Authenticator(SITE)


def _add(answer: str, challenge: bytes = CHALLENGE, site: Site = SITE) -> ceremonies.Registered:
    return ceremonies.registered(answer, challenge, site)


def _use(passkey: Authenticator, answer: str, challenge: bytes = CHALLENGE, counter: int = 0) -> int:
    key = _add(passkey.add(CHALLENGE, b"alice")).public_key
    return ceremonies.asserted(answer, challenge, SITE, key, counter, needs_user=True)


def test_a_passkey_is_kept_with_all_that_its_browser_tells(passkey: Authenticator) -> None:
    kept = _add(passkey.add(CHALLENGE, b"alice", counter=7, backed_up=True))
    assert _raw(kept.credential_id) == passkey.id
    assert kept[2:] == (7, "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", True, True, True, ("hybrid", "internal"))
    kept = _add(passkey.add(CHALLENGE, b"alice", without_user=True, discoverable=False))
    assert kept[4:7] == (False, False, False)


@pytest.mark.parametrize("extensions", [None, 1, "credProps", [], {"credProps": 1}, {"credProps": {"rk": 1}}])
def test_only_true_says_that_a_passkey_is_discoverable(passkey: Authenticator, extensions: object) -> None:
    sent = json.loads(passkey.add(CHALLENGE, b"alice"))
    assert not _add(json.dumps(sent | {"clientExtensionResults": extensions})).is_discoverable


@pytest.mark.parametrize(
    ("transports", "kept"),
    [
        (["internal", "<b>", "usb", "usb", 1, None, {}, ["usb"], "x" * 999], ("usb", "internal")),
        (["usb", "nfc", "ble", "smart-card", "hybrid", "internal"], ceremonies.TRANSPORTS),
        ("usb", ()), ({"usb": 1}, ()), (None, ()), (1, ()), ([], ()),
    ],
)  # fmt: skip
def test_of_the_transports_only_those_that_are_known_are_kept(
    passkey: Authenticator, transports: object, kept: tuple[str, ...]
) -> None:
    sent = json.loads(passkey.add(CHALLENGE, b"alice"))
    sent["response"]["transports"] = transports
    assert _add(json.dumps(sent)).transports == kept


def test_a_passkey_is_used(passkey: Authenticator) -> None:
    passkey.add(CHALLENGE, b"alice")
    answer = passkey.sign(b"another", counter=3)
    assert _use(passkey, answer, b"another", 2) == 3
    assert ceremonies.challenge(answer) == b"another"
    assert _raw(ceremonies.credential_id(answer)) == passkey.id
    assert _raw(ceremonies.user_handle(answer)) == b"alice"
    assert ceremonies.user_handle(passkey.sign(CHALLENGE, user_handle=b"")) == ""


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("origin", {"origin": "https://example.org.evil.example"}),
    ("origin", {"origin": "http://example.org"}),
    ("origin", {"origin": "https://login.example.org"}),
    ("origin", {"origin": "https://example.org:8443"}),
    ("origin", {"origin": "https://example.org/"}),
    ("site", {"rp_id": "evil.example"}),
    ("site", {"rp_id": "login.example.org"}),
    ("type", {"type": "payment.get"}),
    ("presence", {"without_presence": True}),
    ("frame", {"cross_origin": True}),
    ("frame", {"top_origin": "https://evil.example"}),
    ("frame", {"top_origin": "https://example.org"}),
]


@pytest.mark.parametrize(("why", "faults"), [*FAULTS, ("type", {"type": "webauthn.get"})], ids=str)
def test_a_fault_keeps_a_passkey_from_being_added(passkey: Authenticator, why: str, faults: dict[str, Any]) -> None:
    assert _why(_add, passkey.add(CHALLENGE, b"alice", **faults)) == why


@pytest.mark.parametrize(
    ("why", "faults"),
    [
        *FAULTS, ("type", {"type": "webauthn.create"}), ("verification", {"without_user": True}),
        ("signature", {"bad_signature": True}),
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_keeps_a_passkey_from_being_used(passkey: Authenticator, why: str, faults: dict[str, Any]) -> None:
    assert _why(_use, passkey, passkey.sign(CHALLENGE, **faults)) == why


def test_another_challenge_is_refused(passkey: Authenticator) -> None:
    assert _why(_add, passkey.add(b"other", b"alice")) == "challenge"
    assert _why(_use, passkey, passkey.sign(b"other")) == "challenge"
    assert _why(_use, passkey, passkey.sign(CHALLENGE[:-1])) == "challenge"


def test_another_sites_passkey_is_refused(passkey: Authenticator) -> None:
    other = Site("example.net", "https://example.net")
    assert _why(_add, passkey.add(CHALLENGE, b"alice"), site=other) == "origin"


def test_another_passkeys_signature_is_refused(passkey: Authenticator) -> None:
    assert _why(_use, passkey, Authenticator(SITE).sign(CHALLENGE)) == "signature"


def test_the_user_need_not_be_verified_where_a_password_was_given(passkey: Authenticator) -> None:
    key, answer = _add(passkey.add(CHALLENGE, b"alice")).public_key, passkey.sign(CHALLENGE, without_user=True)
    assert ceremonies.asserted(answer, CHALLENGE, SITE, key, 0, needs_user=False) == 0


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (0, 0, ""), (0, 1, ""), (1, 2, ""), (1, 2**32 - 1, ""),
        (1, 1, "counter"), (2, 1, "counter"), (1, 0, "counter"), (2**32 - 1, 0, "counter"),
    ],
)  # fmt: skip
def test_a_counter_that_did_not_grow_tells_of_a_copy(passkey: Authenticator, before: int, now: int, why: str) -> None:
    assert _why(_use, passkey, passkey.sign(CHALLENGE, counter=now), counter=before) == why


def test_only_the_passkey_itself_can_tell_of_a_copy(passkey: Authenticator) -> None:
    answer = passkey.sign(CHALLENGE, counter=1, bad_signature=True)
    assert _why(_use, passkey, answer, counter=2) == "signature"


def _key(cbor: bytes) -> Callable[[dict[str, Any]], None]:
    return lambda held: held.update(authData=held["authData"][:BEFORE_KEY] + cbor)


P384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
RSA = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
POINT = Authenticator(SITE)._public_key()
KEYS: dict[str, tuple[object, str]] = {
    "ES256": (POINT, ""),
    "RS256": ({1: 3, 3: -257, -1: RSA.n.to_bytes(256), -2: b"\1\0\1"}, ""),
    "ES256 on another curve": ({1: 2, 3: -7, -1: 2, -2: P384.x.to_bytes(48), -3: P384.y.to_bytes(48)}, "algorithm"),
    "ES256 with a key of RSA": ({1: 3, 3: -7, -1: RSA.n.to_bytes(256), -2: b"\1\0\1"}, "algorithm"),
    "RS256 with a key of ES256": (POINT | {3: -257}, "algorithm"),
    "RS1": ({1: 3, 3: -65535, -1: RSA.n.to_bytes(256), -2: b"\1\0\1"}, "algorithm"),
    "ES256K": (POINT | {3: -47, -1: 8}, "algorithm"),
    "an algorithm that is a list": (POINT | {3: [-7]}, "key"),
    "off the curve": (POINT | {-2: b"\1" * 32}, "key"),
    "at infinity": (POINT | {-2: bytes(32), -3: bytes(32)}, "key"),
    "half": ({1: 2, 3: -7, -1: 1, -2: POINT[-2]}, "key"),
    "compressed": (POINT | {-3: True}, "key"),
    "RSA with an even exponent": ({1: 3, 3: -257, -1: RSA.n.to_bytes(256), -2: b"\2"}, "key"),
    "Ed25519 of another length": ({1: 1, 3: -8, -1: 6, -2: b"x" * 31}, "key"),
    "no map": ([1, 2], "key"),
    "empty": ({}, "key"),
    "of the older keys, cut off": (4, "key"),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_kept_only_if_we_can_verify_with_it(passkey: Authenticator, name: str) -> None:
    key, why = KEYS[name]
    assert _why(_add, _attested(passkey.add(CHALLENGE, b"alice"), _key(cbor2.dumps(key)))) == why


@pytest.mark.parametrize(
    ("size", "why"), [(0, "attestation"), (1, ""), (1023, ""), (1024, "id"), (2048, "id"), (65535, "size")]
)
def test_an_id_is_of_1023_bytes_at_most(passkey: Authenticator, size: int, why: str) -> None:
    passkey.id = b"i" * size
    assert _why(_add, passkey.add(CHALLENGE, b"alice")) == why


def _flags(added: int, taken: int = 0, end: int | None = None) -> Callable[[dict[str, Any]], None]:
    def change(held: dict[str, Any]) -> None:
        data = held["authData"][:end]
        held["authData"] = data[:32] + bytes([data[32] & ~taken | added]) + data[33:]

    return change


STATEMENTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "of a format that is to come": (lambda held: held.update(fmt="compound"), "attestation"),
    "of no format": (lambda held: held.update(fmt=None), "attestation"),
    "none, with a signature": (lambda held: held.update(attStmt={"sig": b"x"}), "attestation"),
    "packed, with no signature": (lambda held: held.update(fmt="packed"), "attestation"),
    "packed, with another's": (lambda held: held.update(fmt="packed", attStmt={"alg": -7, "sig": b"x"}), "attestation"),
    "packed, by another algorithm": (
        lambda held: held.update(fmt="packed", attStmt={"alg": -257, "sig": b"x"}), "attestation",
    ),
    "packed, with certificates": (
        lambda held: held.update(fmt="packed", attStmt={"alg": -7, "sig": b"x", "x5c": [b"x"]}), "attestation",
    ),
    "a text": (lambda held: held.update(attStmt="sig"), "data"),
    "of no passkey": (_flags(0, taken=0x40, end=37), "key"),
    "backed up, though it cannot be": (_flags(0x10), "attestation"),
    "with extensions that are not there": (_flags(0x80), "data"),
    "with more after it": (lambda held: held.update(authData=held["authData"] + b"x"), "data"),
    "cut off": (lambda held: held.update(authData=held["authData"][:36]), "data"),
    "without data": (lambda held: held.pop("authData"), "data"),
    "with a number as data": (lambda held: held.update(authData=5), "data"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_an_attestation_that_we_did_not_ask_for_is_refused(passkey: Authenticator, name: str) -> None:
    change, why = STATEMENTS[name]
    assert _why(_add, _attested(passkey.add(CHALLENGE, b"alice"), change)) == why


def test_a_passkey_may_attest_itself(passkey: Authenticator) -> None:
    def attest(sig_of: bytes) -> Callable[[dict[str, Any]], None]:
        sig = passkey.key.sign(sig_of, ec.ECDSA(SHA256()))
        return lambda held: held.update(fmt="packed", attStmt={"alg": -7, "sig": sig})

    answer = passkey.add(CHALLENGE, b"alice")
    data = cbor2.loads(_part(answer, "attestationObject"))["authData"]
    assert _why(_add, _attested(answer, attest(data))) == "attestation"
    signed = data + hashlib.sha256(_part(answer, "clientDataJSON")).digest()
    assert _raw(_add(_attested(answer, attest(signed))).credential_id) == passkey.id


def _b64(text: str) -> str:
    return base64url(text.encode("utf-8", "surrogatepass"))


ODD = {
    "nothing": "", "blank": " ", "no JSON": "{", "null": "null", "a number": "1", "a text": '"id"', "a list": "[]",
    "a list of pairs": '[["id", "eA"]]', "an empty object": "{}", "NaN": "NaN", "a huge number": "9" * 5000,
    "deep": "[" * 16000, "deep objects": '{"a":' * 3000, "NUL": "\0", "a lone surrogate": "\ud800",
    "its escape": '{"id": "\\ud800", "rawId": "\\ud800", "response": {"userHandle": "\\ud800"}}',
    "a NUL in it": '{"id": "eA\\u0000", "response": {"userHandle": "eA\\u0000"}}',
    "padded": '{"id": "eA==", "response": {"userHandle": "eA=="}}',
    "base64 of another kind": '{"id": "+/+/", "response": {"userHandle": "+/+/"}}',
    "not the one right way": '{"id": "eB", "response": {"userHandle": "eB"}}',
    "a letter too many": '{"id": "eAeAe", "response": {"userHandle": "eAeAe"}}',
    "numbers": '{"id": 1, "rawId": 1, "response": {"clientDataJSON": 1, "userHandle": 1}}',
    "lists": '{"id": ["eA"], "rawId": ["eA"], "response": {"clientDataJSON": ["eA"], "userHandle": ["eA"]}}',
    "twice": '{"id": "eA", "id": 1, "response": {"userHandle": "eA"}, "response": {"userHandle": {"a": 1}}}',
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_are_refused(name: str) -> None:
    for read in (ceremonies.challenge, ceremonies.credential_id):
        assert _why(read, ODD[name]) == "json"
    assert _why(_add, ODD[name]) == "json"
    assert _why(ceremonies.asserted, ODD[name], CHALLENGE, SITE, "", 0, needs_user=False) == "json"
    assert _why(ceremonies.user_handle, ODD[name]) == ("" if _has_no_handle(ODD[name]) else "json")


def _has_no_handle(text: str) -> bool:
    return text in ("null", "1", '"id"', "[]", '[["id", "eA"]]', "{}", "NaN")


def test_a_text_of_60_kb_is_not_read(passkey: Authenticator) -> None:
    answer = passkey.add(CHALLENGE, b"alice")
    assert len(answer) < ceremonies.MOST_CHARACTERS // 8
    assert _why(_add, answer.ljust(ceremonies.MOST_CHARACTERS)) == ""
    assert _why(_add, answer.ljust(ceremonies.MOST_CHARACTERS + 1)) == "size"
    for read in (ceremonies.challenge, ceremonies.credential_id, ceremonies.user_handle):
        assert _why(read, "[" * 60 * 1024) == "size"


CLIENT_DATA = [
    "", "{", "null", "1", '"type"', "[]", '[["type", "webauthn.get"]]', "{}", "\ud800", "\0", "[" * 5000, "9" * 5000,
    '{"challenge": 1}', '{"challenge": null}', '{"challenge": NaN}', '{"challenge": ["Y2Nj"]}', '{"challenge": "é"}',
]  # fmt: skip


@pytest.mark.parametrize("text", CLIENT_DATA, ids=range(len(CLIENT_DATA)))
def test_odd_client_data_is_refused(passkey: Authenticator, text: str) -> None:
    answer = json.dumps({"response": {"clientDataJSON": _b64(text)}})
    assert _why(ceremonies.challenge, answer) == "json"
    for sent in (passkey.add(CHALLENGE, b"alice"), passkey.sign(CHALLENGE)):
        odd = _with(sent, "clientDataJSON", text.encode("utf-8", "surrogatepass"))
        assert _why(_add, odd) in ("json", "type")
        assert _why(_use, passkey, odd) in ("json", "type")


@pytest.mark.parametrize("cross_origin", [True, 1, "false", None, [], 0])
def test_only_false_says_that_there_was_no_frame(passkey: Authenticator, cross_origin: object) -> None:
    answer = passkey.add(CHALLENGE, b"alice", cross_origin=cross_origin)
    assert _why(_add, answer) == "frame"


FAR = b"\x7f" + b"\xff" * 7
BOMBS = {
    "nothing": b"", "a break": b"\xff", "no text": b"\x63\xff\xff\xff", "a list without an end": b"\x9f" * 9000,
    "deep lists": b"\x81" * 9000, "deep tags": b"\xc1" * 9000, "a map as a name": b"\xa1\xa0\x01",
    "a list of 2**63": b"\x9b" + FAR, "bytes of 2**63": b"\x5b" + FAR, "the year 2**63": b"\xc1\x1b" + FAR,
    "a number of 2**63 digits": b"\xc4\x82\x1b" + FAR + b"\x01",
    "a float of 2**63 bits": b"\xc5\x82\x1b" + FAR + b"\x01",
    "a fraction of nothing": b"\xd8\x1e\x82\x01\x00", "a pattern": b"\xd8\x23\x64(((a", "a date": b"\xc0\x61x",
    "itself": b"\xd8\x1c\x81\xd8\x1d\x00", "itself as a map": b"\xd8\x1c\xa1\x63fmt\xd8\x1d\x00",
    "the same name twice": b"\xa2\x63fmt\x64none\x63fmt\x66packed",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_odd_cbor_is_refused(passkey: Authenticator, name: str) -> None:
    answer = passkey.add(CHALLENGE, b"alice")
    assert _why(_add, _with(answer, "attestationObject", BOMBS[name])) == "data"
    assert _why(_add, _attested(answer, _key(BOMBS[name]))) in ("data", "key")


# Seconds of work, if it is done.
PATTERN = cbor2.dumps(cbor2.CBORTag(35, "(?i)" + "[\x01-\U0010ffff]" * 460 + "abcdefg"))


def test_a_pattern_that_takes_seconds_is_not_read(passkey: Authenticator) -> None:
    """Neither where a passkey's owner can send it nor, without any signature, where anybody can."""
    added, used = passkey.add(CHALLENGE, b"alice"), passkey.sign(CHALLENGE)
    start = process_time()
    odd = _extended(_part(used, "authenticatorData")) + PATTERN
    assert _why(_use, passkey, _with(used, "authenticatorData", odd)) == "data"
    assert _why(_add, _with(added, "attestationObject", PATTERN)) == "data"
    assert _why(_add, _attested(added, _key(PATTERN))) == "data"
    assert _why(_add, _attested(added, _key(cbor2.dumps(POINT) + PATTERN))) == "data"
    assert process_time() - start < 1


# The library writes the key anew to see where it ends. Numbers of nine bytes get shorter, and floats of three longer.
LONG_NUMBERS = b"".join(cbor2.dumps(name) + b"\x1b" + bytes(8) for name in range(len(PATTERN) // 8))
AMONG_BYTES = {
    "numbers": b"\xb9" + (len(PATTERN) // 8 + 1).to_bytes(2) + LONG_NUMBERS + b"\x20" + cbor2.dumps(PATTERN),
    "floats": b"\xa1\x01\xf9\x3e\x00" + cbor2.dumps(b"abc" + PATTERN),
}


@pytest.mark.parametrize("odd", AMONG_BYTES.values(), ids=AMONG_BYTES)
def test_a_pattern_is_not_read_among_bytes(passkey: Authenticator, odd: bytes) -> None:
    def change(held: dict[str, Any]) -> None:
        held["authData"] = _extended(held["authData"][:BEFORE_KEY]) + odd

    start = process_time()
    assert _why(_add, _attested(passkey.add(CHALLENGE, b"alice"), change)) == "data"
    assert process_time() - start < 1


def _extended(data: bytes) -> bytes:
    """The authenticator data with the flag that tells of extensions."""
    return data[:32] + bytes([data[32] | 0x80]) + data[33:]


def test_extensions_that_nobody_asked_for_do_not_matter(passkey: Authenticator) -> None:
    extensions = cbor2.dumps({"credProtect": 2, "uvm": [[2**40, None, -(2**20)], {"é": b"x" * 300}], "other": True})
    added, used = passkey.add(CHALLENGE, b"alice"), passkey.sign(CHALLENGE)
    data = _extended(cbor2.loads(_part(added, "attestationObject"))["authData"]) + extensions
    assert _why(_add, _attested(added, lambda held: held.update(authData=data))) == ""
    used = _with(used, "authenticatorData", _extended(_part(used, "authenticatorData")) + extensions)
    signed = _part(used, "authenticatorData") + hashlib.sha256(_part(used, "clientDataJSON")).digest()
    assert _use(passkey, _with(used, "signature", passkey.key.sign(signed, ec.ECDSA(SHA256())))) == 0


def test_odd_parts_of_what_was_signed_are_refused(passkey: Authenticator) -> None:
    answer = passkey.sign(CHALLENGE)
    for part, odd, why in [
        ("authenticatorData", b"", "data"), ("authenticatorData", b"x" * 36, "data"), ("signature", b"", "signature"),
        ("authenticatorData", b"x" * 37, "data"), ("authenticatorData", b"\0" * 37, "site"),
        ("signature", b"0", "signature"), ("signature", b"x" * 5000, "signature"),
    ]:  # fmt: skip
        assert _why(_use, passkey, _with(answer, part, odd)) == why, (part, odd)


def test_an_id_that_is_another_than_the_raw_one_is_refused(passkey: Authenticator) -> None:
    added, used = json.loads(passkey.add(CHALLENGE, b"alice")), json.loads(passkey.sign(CHALLENGE))
    for changed in ({"id": "eA"}, {"rawId": "eA"}, {"type": "password"}):
        assert _why(_add, json.dumps(added | changed)) == "attestation"
        assert _why(_use, passkey, json.dumps(used | changed)) == "signature"


def test_a_key_that_is_no_key_fails_as_a_passkey_does(passkey: Authenticator) -> None:
    for key in ("", "x", "!", "eA", base64url(b"\x04"), base64url(b"\x9f" * 999)):
        assert (
            _why(ceremonies.asserted, passkey.sign(CHALLENGE), CHALLENGE, SITE, key, 0, needs_user=True) == "signature"
        )


def _mutated(dice: random.Random, answer: str) -> str:
    """The answer with a few changes, of its letters or of the bytes that it holds."""
    part = dice.choice(["", *(name for name in json.loads(answer)["response"] if name != "transports")])
    if part:
        return _with(answer, part, bytes(_shaken(dice, bytearray(_part(answer, part)), range(256))))
    letters = [ord(letter) for letter in answer]
    return "".join(map(chr, _shaken(dice, letters, [*range(32, 127), 0, 0xE9, 0xD800])))


def _shaken(dice: random.Random, items: Any, alphabet: Any) -> Any:
    for _ in range(dice.choice([1, 1, 2, 5])):
        at = dice.randrange(len(items) + 1)
        items[at : at + dice.choice([0, 1, 1, 1, 4])] = [dice.choice(alphabet)] * dice.choice([0, 1, 1, 1, 3])
    return items


def _signed(answer: str) -> list[str]:
    response = json.loads(answer)["response"]
    return [response["clientDataJSON"], response["authenticatorData"]]


def test_of_3000_mutations_none_is_used_but_for_what_was_signed(passkey: Authenticator) -> None:
    dice, answer = random.Random(6), passkey.sign(CHALLENGE, counter=9)
    key = _add(passkey.add(CHALLENGE, b"alice")).public_key
    whys = []
    for _ in range(3000):
        odd = _mutated(dice, answer)
        why = _why(ceremonies.asserted, odd, CHALLENGE, SITE, key, 3, needs_user=True)
        assert why or _signed(odd) == _signed(answer)
        whys += [why, *(_why(read, odd) for read in (ceremonies.credential_id, ceremonies.user_handle))]
    assert {"", "json", "type", "challenge", "origin", "site", "data", "signature"} <= set(whys)


def test_of_3000_mutations_none_is_added_for_another_site_or_challenge(passkey: Authenticator) -> None:
    dice, whys, answer = random.Random(7), set(), passkey.add(CHALLENGE, b"alice")
    for _ in range(3000):
        odd = _mutated(dice, answer)
        whys.add(why := _why(_add, odd))
        assert why or ceremonies.challenge(odd) == CHALLENGE
    assert {"", "json", "type", "challenge", "origin", "site", "data", "key", "attestation"} <= whys


def test_the_library_is_loaded_with_the_first_passkey() -> None:
    code = "import sys, webapp.accounts.ceremonies; sys.exit(bool({'webauthn', 'cbor2', 'OpenSSL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_aaguid_is_of_its_authenticator(passkey: Authenticator) -> None:
    assert _add(passkey.add(CHALLENGE, b"alice")).aaguid.replace("-", "") == AAGUID.hex()
