"""Initials: two letters and a hue that stand for a user as a picture."""

import re
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from db.users import User

# As many as panels.css has, each with a contrast of at least 4.5 to 1 in both colour schemes (WCAG 1.4.3).
HUES = 6
BETWEEN = re.compile(r"[\W_]+")


class Initials(NamedTuple):
    letters: str
    hue: int
    """From 0; the same for a user whatever the name becomes."""


def of(user: User) -> Initials:
    """Initials of the user's name: of its first two words, or its first two letters if it is one word."""
    return _made(user.id, user.name)


@lru_cache(1000)
def _made(user_id: int, name: str) -> Initials:
    words = [word for word in BETWEEN.split(name.partition("@")[0]) if word]
    letters = words[0][0] + words[1][0] if len(words) > 1 else "".join(words)[:2]
    return Initials(letters.upper()[:2], crc32(str(user_id).encode()) % HUES)
