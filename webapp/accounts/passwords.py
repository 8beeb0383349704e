"""A password: what is stored of it, and what checking it costs."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import b64decode
from collections.abc import Sequence

from db import Database, users
from webapp.accounts.hashing import Turn, pool

# To raise it, make the index users_foreign_hash anew and change users.hash_methods: both name this number.
# OWASP Password Storage Cheat Sheet and ASVS 5.0 appendix C, for PBKDF2-HMAC-SHA256.
ITERATIONS = 600_000
# Far above what any app stores: a row with more is broken, and must not hold a thread for hours.
MOST_ITERATIONS = 10_000_000
TUTORIAL_ITERATIONS = 310_000
# A key that was cut off is not accepted: it would fit more passwords.
TUTORIAL_KEY = re.compile(r"[0-9a-fA-F]{64}")
# One of Werkzeug's default scrypt hashes takes as long as this many iterations.
SCRYPT_IN_ITERATIONS = 300_000
# NIST SP 800-63B-4 3.1.1.2 asks for at least 64; longer is refused, never cut.
MOST_CHARACTERS = 256
# NFC makes one character of at most four code points.
MOST_CODE_POINTS = 4 * MOST_CHARACTERS

STRANGER = Turn()


def normal(password: str) -> str:
    """`password` in one spelling for what looks the same: a Mac sends `é` as one code point, another keyboard as two.

    A text too long in any spelling stays as it is: sorting 30,000 accents on one letter would take half a second.
    """
    return password if len(password) > MOST_CODE_POINTS else unicodedata.normalize("NFC", password)


def hashed(password: str, turn: Turn = STRANGER) -> str:
    """The text to store, in Werkzeug's format: `pbkdf2:sha256:600000$salt$hex`. Raises Busy."""
    return pool.done(lambda: _hashed(password), *turn)


def matches(stored: str | None, password: str, turn: Turn = STRANGER, least_work: int = 0) -> bool:
    """Whether `stored` was made from `password`. Raises Busy, and nothing else, even if `stored` is broken.

    None, an older format and a broken hash cost as much work as a hash of today, or `least_work` iterations if that is
    more, so that the time does not tell an attacker who has an account.
    """
    text, work = str(stored or ""), max(ITERATIONS, least_work)
    return pool.done(lambda: _matches_in_any_spelling(text, password, work), *turn)


def dearest(db: Database) -> int:
    """The work of the stored hash that costs most, in iterations: pass it as `least_work` if the user may be unknown.

    Hashes that cost more than ours come with a table that another program wrote.
    """
    return max(filter(None, (_work(str(method)) for method in users.hash_methods(db))), default=0)


def is_outdated(stored: str) -> bool:
    """Whether to make the hash anew when its password is next seen; False for one that costs more than ours."""
    known = _parsed(str(stored))
    is_ours = str(stored).startswith(f"pbkdf2:sha256:{ITERATIONS}$")
    return not (is_ours or (known and known.work > ITERATIONS))


def is_readable(stored: str) -> bool:
    """Whether a password can fit this hash: it is whole and its format is known."""
    return _parsed(stored) is not None


class _Hash:
    """A stored hash, taken apart. `work` is its cost in iterations of PBKDF2."""

    def __init__(self, key: bytes, salt: bytes, work: int, scrypt: Sequence[int] = ()) -> None:
        self.key, self.salt, self.work, self.scrypt = key, salt, work, scrypt

    def of(self, password: bytes) -> bytes:
        if self.scrypt:
            n, r, p = self.scrypt
            return hashlib.scrypt(password, salt=self.salt, n=n, r=r, p=p, maxmem=2**27, dklen=len(self.key))
        return hashlib.pbkdf2_hmac("sha256", password, self.salt, self.work, len(self.key))


def _hashed(password: str) -> str:
    salt = secrets.token_hex(16)
    key = hashlib.pbkdf2_hmac("sha256", normal(password).encode(), salt.encode(), ITERATIONS)
    return f"pbkdf2:sha256:{ITERATIONS}${salt}${key.hex()}"


def _matches_in_any_spelling(stored: str, password: str, work: int) -> bool:
    """Whether `password` fits in one spelling, or as typed: a hash may be older than the rule of one spelling."""
    spellings = dict.fromkeys((normal(password), password))
    return sum(_matches(stored, spelling.encode("utf-8", "surrogatepass"), work) for spelling in spellings) > 0


def _matches(stored: str, password: bytes, work: int) -> bool:
    known = _parsed(stored)
    missing = work - (known.work if known else 0)
    if missing > 0:
        hashlib.pbkdf2_hmac("sha256", password, b"", missing)
    return known is not None and hmac.compare_digest(known.of(password), known.key)


def _parsed(stored: str) -> _Hash | None:
    """The stored hash, taken apart, or None if it is broken or in an unknown format."""
    try:
        known = _read(stored)
    except ValueError:
        return None
    return known if known is not None and 16 <= len(known.key) <= 64 and _work(stored) else None


def _work(stored: str) -> int | None:
    """The cost of checking `stored`, in iterations, or None if broken; its beginning, up to the salt, is enough."""
    method, _, rest = stored.partition("$")
    try:
        match method.split(":"):
            case ["pbkdf2", "sha256", iterations]:
                work = int(iterations)
            case ["scrypt", *cost]:
                work = _scrypt_work(*map(int, cost))
            case ["pbkdf2_sha256"]:
                work = int(rest.partition("$")[0])
            case _:
                work = TUTORIAL_ITERATIONS
    except (ValueError, TypeError):
        return None
    return work if 0 < work <= MOST_ITERATIONS else None


def _read(stored: str) -> _Hash | None:
    """The stored hash, taken apart, or None for an unknown format. Raises ValueError if a part is missing or wrong."""
    method, _, rest = stored.partition("$")
    work = _work(stored) or 0
    match method.split(":"):
        case ["pbkdf2", "sha256", _]:
            salt, key = rest.split("$")
            return _Hash(bytes.fromhex(key), salt.encode(), work)
        case ["scrypt", *cost]:
            salt, key = rest.split("$")
            return _Hash(bytes.fromhex(key), salt.encode(), work, [int(number) for number in cost])
        case ["pbkdf2_sha256"]:
            _, salt, key = rest.split("$")
            return _Hash(b64decode(key, validate=True), salt.encode(), work)
        case [salt, key] if TUTORIAL_KEY.fullmatch(key):
            return _Hash(bytes.fromhex(key), bytes.fromhex(salt), work)
    return None


def _scrypt_work(n: int, r: int, p: int) -> int:
    """Cost in iterations. Raises ValueError for what scrypt cannot do, or not in 128 MiB."""
    if n < 2 or n & (n - 1) or r < 1 or p < 1 or 128 * r * (n + p + 2) > 2**27:
        raise ValueError("no such scrypt")
    return SCRYPT_IN_ITERATIONS * n * r * p // (2**15 * 8)
