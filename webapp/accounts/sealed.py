"""Sealing: what must be read again is encrypted with a key made of the secret key, one for each purpose.

A stolen copy of the tables opens nothing without the secret key, and what is sealed for one purpose opens for no other.
"""

import hashlib
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from db import Database

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def seal(db: Database, purpose: str, text: str) -> str:
    """Encrypt `text` with today's key; `purpose` says what it is for, and whose it is."""
    return _cipher(db, purpose).encrypt_at_time(text.encode(), _seconds(db)).decode()


def opened(db: Database, purpose: str, sealed: str, within: timedelta | None = None) -> str | None:
    """The text that was sealed for this purpose; None by another key, for another purpose, or longer ago than `within`.

    A key that is being rotated out opens it too.
    """
    from cryptography.fernet import InvalidToken

    cipher = _cipher(db, purpose)
    with suppress(InvalidToken, ValueError):
        if within is None:
            return cipher.decrypt(sealed).decode()
        return cipher.decrypt_at_time(sealed, int(within.total_seconds()), _seconds(db)).decode()
    return None


def keys_name(db: Database) -> str:
    """A short name of today's set of keys; a row holds the one for which it was looked at last."""
    return hashlib.sha256(b"".join(db.keyed("keys that seal"))).hexdigest()[:16]


def _cipher(db: Database, purpose: str) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in db.keyed(f"sealed {purpose}")])


def _seconds(db: Database) -> int:
    return int(db.clock().timestamp())
