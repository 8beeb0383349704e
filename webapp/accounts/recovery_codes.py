"""Recovery codes: ten that each log in once, for the day when the phone is gone.

A code has 120 random bits, so a plain hash keeps it (ASVS 6.5.2), no guess finds it, and no flood of guesses shuts its
door. No key is in the hash: the codes outlive a secret key that was lost.
"""

import hashlib
import logging
import re
import secrets

from db import Database, recovery_codes
from db.recovery_codes import Left as Left
from db.users import User
from webapp.accounts import notices, sessions, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, tidied_code
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

NUMBER = 10
# Crockford's Base32: no i, l, o and u.
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH, GROUP = 24, 4
CODE = re.compile(f"[{LETTERS}]{{{LENGTH}}}", re.ASCII)
# What people take for other letters when they type from paper.
ALIKE = str.maketrans("oil", "011")
# With fewer than these left, the dashboard asks for new ones.
FEW = 3

WRONG = say("That is not one of your recovery codes.")
USED = say("This recovery code was used already.")


class WrongRecoveryCode(Refused):
    """Not a code of this user, or one that was used."""

    def __init__(self, sentence: str = WRONG) -> None:
        super().__init__(code=sentence)


class NoFactor(Refused):
    """The user has no second factor, so there is nothing to recover."""

    def __init__(self) -> None:
        super().__init__(code=say("You have no second factor yet. Add one first."))


def make(db: Database, user: User) -> list[str]:
    """Make ten codes inside the transaction of an act; all that the user had before are dead."""
    codes = [_new() for _ in range(NUMBER)]
    recovery_codes.replace(db, user.id, [_hash(code) for code in codes])
    return codes


def make_anew(db: Database, actor: Actor) -> list[str]:
    """Make ten codes in the place of those that the user has. Raises NoFactor, Throttled."""
    user = actor.own_session.user
    with db.transaction():
        throttle.take(db, throttle.of_act("factors", user.id))
        if not sessions.locked(db, actor).user.has_factor:
            raise NoFactor
        notices.record(db, actor, Kind.RECOVERY_CODES_MADE, user)
        codes = make(db, user)
    log.info("recovery codes made: user %d", user.id)
    return codes


def spend(db: Database, actor: Actor, user: User, text: str) -> int:
    """Use up a code of this user inside the transaction of the act; return how many are left. Raises WrongRecoveryCode.

    It takes nothing else away.
    """
    hashed = _hash(_bare(text))
    if not recovery_codes.spend(db, user.id, hashed):
        raise WrongRecoveryCode(USED if recovery_codes.has(db, user.id, hashed) else WRONG)
    number = left(db, user.id).number
    notices.record(db, actor, Kind.RECOVERY_CODE_USED, user, left=str(number))
    return number


def left(db: Database, user_id: int) -> Left:
    return recovery_codes.left(db, user_id)


def is_current(db: Database, user_id: int, codes: list[str]) -> bool:
    """Whether these codes are those that the user has, used or not; others may have been made since."""
    return bool(codes) and recovery_codes.has(db, user_id, _hash(codes[0]))


def is_code(text: str) -> bool:
    """Whether this is written as a recovery code: 24 letters and digits, whatever blanks, hyphens and case."""
    return CODE.fullmatch(_bare(text)) is not None


def _new() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def _bare(text: str) -> str:
    return tidied_code(text).lower().translate(ALIKE)


def _hash(code: str) -> str:
    return hashlib.sha256(_bare(code).encode("utf-8", "surrogatepass")).hexdigest()
