"""Challenges: what a passkey signs, each for one purpose, one browser, an hour and one use (ASVS 6.7.2).

A challenge is signed by us and not stored, so a stranger who opens the log-in page writes nothing. That it was answered
is stored, until it is too old to be answered again.
"""

import hashlib
import hmac
import secrets
import struct
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from db import Database, challenges, stored

# A log-in page may lie open for so long before a password manager fills it in.
LIFE = timedelta(hours=1)
TIME_BYTES, NONCE_BYTES, MAC_BYTES = 8, 16, 32
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000


class Purpose(StrEnum):
    ADD = "add"
    LOGIN = "login"
    SECOND_STEP = "second step"
    CONFIRM = "confirm"


def make(db: Database, purpose: Purpose, whom: str) -> bytes:
    """Make a challenge of 56 bytes; `whom` names the browser, the session or the half log-in that it is given to."""
    begin = struct.pack(">Q", int(db.clock().timestamp())) + secrets.token_bytes(NONCE_BYTES)
    return begin + next(db.keyed(_text(purpose, whom, begin)))


def is_good(db: Database, challenge: bytes, purpose: Purpose, whom: str) -> bool:
    """Whether this is a challenge of ours, for this purpose and for `whom`, of the last hour."""
    if len(challenge) != TIME_BYTES + NONCE_BYTES + MAC_BYTES:
        return False
    begin, mac = challenge[:-MAC_BYTES], challenge[-MAC_BYTES:]
    fitting = [hmac.compare_digest(made, mac) for made in db.keyed(_text(purpose, whom, begin))]
    return any(fitting) and abs(db.clock() - _made_at(begin)) < LIFE


def spend(db: Database, challenge: bytes) -> bool:
    """Use the challenge up, inside the transaction of the act; False if it was answered before."""
    # If the clock steps back by an hour, it is still known.
    return challenges.note(db, hashlib.sha256(challenge).hexdigest(), stored(db.clock() + 2 * LIFE))


def sweep(db: Database) -> None:
    challenges.sweep(db, SWEPT_AT_ONCE)


def _made_at(begin: bytes) -> datetime:
    (seconds,) = struct.unpack(">Q", begin[:TIME_BYTES])
    return datetime.fromtimestamp(seconds, UTC)


def _text(purpose: Purpose, whom: str, begin: bytes) -> str:
    return f"challenge {purpose} {begin.hex()} {whom}"
