"""A password: what may be one, what is stored of it, and what checking it costs."""

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from zxcvbn import zxcvbn

from webapp.accounts.hashing import pool
from webapp.sentences import say

# OWASP Password Storage Cheat Sheet and ASVS 5.0 appendix C, for PBKDF2-HMAC-SHA256.
ITERATIONS = 600_000
# Far above what any app stores: a row with more is broken, and must not hold a thread for hours.
MOST_ITERATIONS = 10_000_000
TUTORIAL_ITERATIONS = 310_000
# One of Werkzeug's default scrypt hashes takes as long as this many iterations.
SCRYPT_IN_ITERATIONS = 300_000
# NIST SP 800-63B-4 3.1.1.2 asks for at least 64; longer is refused, never cut.
MOST_CHARACTERS = 256
# No character is spelled with more than four code points that NFC makes one of.
MOST_CODE_POINTS = 4 * MOST_CHARACTERS
# An attacker tries the likeliest first, and the throttles let through a few thousand tries at most.
FEWEST_GUESSES = 10_000
# zxcvbn's time explodes with the length of a made-up mixture of digits and signs: 72 characters take 20 seconds,
# 16 some hundredths. So it looks at pieces, and one that is hard to guess makes the whole so.
PIECE = 16
MOST_PIECES = 4

# zxcvbn's line between what stands up to somebody with the stolen hashes for a while (score 3) and what does not.
MANY_GUESSES = 10**8

HARD_TO_GUESS = say("Hard to guess.")
FAIR = say("Fair. A longer one is better.")
HARDER = say("Choose a password that is harder to guess.")
OWN = say("This one is made of your name, your address or the site's.")
# What zxcvbn says of a password, as far as we pass it on.
WARNINGS = {
    sentence: sentence
    for sentence in (
        say("Straight rows of keys are easy to guess."),
        say("Short keyboard patterns are easy to guess."),
        say('Repeats like "aaa" are easy to guess.'),
        say('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
        say('Sequences like "abc" or "6543" are easy to guess.'),
        say("Recent years are easy to guess."),
        say("Dates are often easy to guess."),
        say("This is a top-10 common password."),
        say("This is a top-100 common password."),
        say("This is a very common password."),
        say("This is similar to a commonly used password."),
        say("A word by itself is easy to guess."),
        say("Names and surnames by themselves are easy to guess."),
        say("Common names and surnames are easy to guess."),
    )
}


def objection(password: str, least: int, context: Iterable[str] = ()) -> str | None:
    """Why this may not be a password, as a sentence, or None.

    `least` is in characters (ASVS 6.2.1); `context` holds what an attacker knows: name, address (ASVS 6.2.11).
    """
    length = len(normal(password))
    if length < least:
        return say("Password must be at least %(number)s characters.", number=least)
    if length > MOST_CHARACTERS:
        return say("Password must be at most %(number)s characters.", number=MOST_CHARACTERS)
    return _easily_guessed(password, [*context])


def strength(password: str, least: int, context: Iterable[str] = ()) -> str | None:
    """In words, of what may be a password; None for what may not. The arguments are those of `objection`."""
    context = [*context]
    if objection(password, least, context):
        return None
    guesses = 1
    for found in _pieces(password, _known(context)):
        guesses *= found["guesses"]
        if guesses >= MANY_GUESSES:
            return HARD_TO_GUESS
    return FAIR


def normal(password: str) -> str:
    """One spelling for what looks the same: a Mac sends `é` as one code point, another keyboard as two.

    What is too long in any spelling stays as it is: sorting 30,000 accents on one letter would take half a second.
    """
    return password if len(password) > MOST_CODE_POINTS else unicodedata.normalize("NFC", password)


def hashed(password: str, known: bool = False) -> str:
    """The text to store, in Werkzeug's format: `pbkdf2:sha256:600000$salt$hex`. Raises Busy.

    Who is `known`, by a session or by this browser, goes before strangers; here and in `matches`.
    """
    return pool.done(lambda: _hashed(password), known)


def matches(stored: str | None, password: str, known: bool = False) -> bool:
    """Whether `stored` was made from `password`. Raises Busy, and nothing else whatever is stored.

    None, an older format and a broken hash cost as much work as a hash of today,
    so that the time tells nobody who has an account.
    """
    return pool.done(lambda: _matches_in_any_spelling(str(stored or ""), password), known)


def is_outdated(stored: str) -> bool:
    """Whether the hash should be made anew when its password is next seen."""
    return not str(stored).startswith(f"pbkdf2:sha256:{ITERATIONS}$")


def is_known(stored: str) -> bool:
    """Whether anybody can ever log in with this hash."""
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


def _matches_in_any_spelling(stored: str, password: str) -> bool:
    """As it is too: somebody's hash may be older than the rule that one spelling counts."""
    spellings = dict.fromkeys((normal(password), password))
    return sum(_matches(stored, spelling.encode("utf-8", "surrogatepass")) for spelling in spellings) > 0


def _matches(stored: str, password: bytes) -> bool:
    known = _parsed(stored)
    missing = ITERATIONS - (known.work if known else 0)
    if missing > 0:
        hashlib.pbkdf2_hmac("sha256", password, b"", missing)
    return known is not None and hmac.compare_digest(known.of(password), known.key)


def _parsed(stored: str) -> _Hash | None:
    """What is stored, taken apart, or None when it is broken or in a format that nobody knows."""
    try:
        known = _read(stored)
    except ValueError:
        return None
    fits = known is not None and 16 <= len(known.key) <= 64 and 0 < known.work <= MOST_ITERATIONS
    return known if fits else None


def _read(stored: str) -> _Hash | None:
    """Raises ValueError when a part of it is missing or is not what it should be."""
    method, _, rest = stored.partition("$")
    match method.split(":"):
        case ["pbkdf2", "sha256", iterations]:
            salt, key = rest.split("$")
            return _Hash(bytes.fromhex(key), salt.encode(), int(iterations))
        case ["scrypt", *cost]:
            salt, key = rest.split("$")
            n, r, p = map(int, cost)
            return _Hash(bytes.fromhex(key), salt.encode(), _scrypt_work(n, r, p), (n, r, p))
        case ["pbkdf2_sha256"]:
            return _read_django(rest)
        case [salt, key]:
            return _Hash(bytes.fromhex(key), bytes.fromhex(salt), TUTORIAL_ITERATIONS)
    return None


def _read_django(rest: str) -> _Hash:
    iterations, salt, key = rest.split("$")
    return _Hash(b64decode(key, validate=True), salt.encode(), int(iterations))


def _scrypt_work(n: int, r: int, p: int) -> int:
    """Cost in iterations. Raises ValueError for what scrypt cannot do, or not in 128 MiB."""
    if n < 2 or n & (n - 1) or r < 1 or p < 1 or 128 * r * (n + p + 2) > 2**27:
        raise ValueError("no such scrypt")
    return SCRYPT_IN_ITERATIONS * n * r * p // (2**15 * 8)


def _easily_guessed(password: str, context: list[str]) -> str | None:
    known = _known(context)
    if password.lower() in known:
        return say("%(advice)s %(reason)s", advice=HARDER, reason=OWN)
    reason: str = OWN
    for found in _pieces(password, known):
        if found["guesses"] >= FEWEST_GUESSES:
            return None
        reason = _reason(found)
    return say("%(advice)s %(reason)s", advice=HARDER, reason=reason) if reason else HARDER


def _known(context: list[str]) -> set[str]:
    return {word.lower() for word in ("latchkey", *context, *(word.partition("@")[0] for word in context)) if word}


def _pieces(password: str, known: set[str]) -> Iterator[Mapping[str, Any]]:
    """What zxcvbn finds in each piece, one at a time: mostly the first is enough."""
    text = normal(password)
    for start in range(0, min(len(text), PIECE * MOST_PIECES), PIECE):
        yield zxcvbn(text[start : start + PIECE], user_inputs=[*known])


def _reason(found: Mapping[str, Any]) -> str:
    is_own = any(part.get("dictionary_name") == "user_inputs" for part in found["sequence"])
    warning = found["feedback"]["warning"]
    return OWN if is_own else WARNINGS.get(warning, warning)
