"""The second step of a log-in: a second factor makes a session of half a log-in."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db import Database
from db.users import User
from webapp.accounts import events, half_logins, login, passkeys, recovery_codes, throttle, totp
from webapp.accounts.actor import Actor
from webapp.accounts.challenges import Purpose
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused
from webapp.accounts.half_logins import HalfLogin
from webapp.accounts.login import Begun
from webapp.accounts.passkeys import Site

log = logging.getLogger("latchkey")


def by_code(db: Database, actor: Actor, token: str, code: str, old_token: str | None) -> Begun:
    """Finish the half log-in of `token` by a code from the app; the session of `old_token` ends.

    Raises NoHalfLogin, WrongCode, Unreadable, Throttled.
    """
    half = half_logins.find(db, token)
    totp.check_readable(db, half.user)
    buckets = throttle.of_second_step(actor, half.user, throttle.is_known(db, actor, half.user))
    with _noted(db, actor, half), throttle.trying(db, buckets, Refused):
        return _finish(db, actor, half, old_token, "app", lambda user: totp.spend(db, user, code))


def by_recovery_code(db: Database, actor: Actor, token: str, code: str, old_token: str | None) -> Begun:
    """As `by_code`, by a recovery code. Raises NoHalfLogin, WrongRecoveryCode, Throttled."""
    half = half_logins.find(db, token)
    with _noted(db, actor, half), throttle.trying(db, _unguessable(db, actor, half, "recovery"), Refused):
        return _finish(db, actor, half, old_token, "recovery", lambda user: recovery_codes.spend(db, actor, user, code))


def by_passkey(db: Database, actor: Actor, token: str, text: str, old_token: str | None, site: Site) -> Begun:
    """As `by_code`, by a passkey's answer to its challenge. Raises NoHalfLogin, WrongPasskey, Throttled."""
    half = half_logins.find(db, token)
    with _noted(db, actor, half), throttle.trying(db, _unguessable(db, actor, half, "passkey"), Refused):
        answer = passkeys.verified(db, text, Purpose.SECOND_STEP, whom(half), site, half.user)
        return _finish(db, actor, half, old_token, "passkey", lambda _: passkeys.spend(db, answer))


def whom(half: HalfLogin) -> str:
    """To whom the challenge of a half log-in is given."""
    return f"half {half.hash}"


def _unguessable(db: Database, actor: Actor, half: HalfLogin, what: str) -> list[throttle.Bucket]:
    return throttle.of_unguessable(what, actor, half.user, throttle.is_known(db, actor, half.user))


def _finish(
    db: Database, actor: Actor, half: HalfLogin, old_token: str | None, by: str, show: Callable[[User], object]
) -> Begun:
    """Use up the half log-in and what `show` spends, in one transaction: a wrong code leaves the half as it was."""
    with db.transaction():
        user = half_logins.finish(db, half)
        show(user)
        token = login.finish(db, actor, user, half.remember, old_token, f"{half.shown}+{by}")
    log.info("logged in: user %d, by %s and %s", user.id, half.shown, by)
    return Begun(token, half.remember)


@contextmanager
def _noted(db: Database, actor: Actor, half: HalfLogin) -> Iterator[None]:
    """Record a failure by a kind of its own: it tells the owner that somebody knows the password (ASVS 6.3.5)."""
    try:
        yield
    except passkeys.WrongPasskey as wrong:
        if wrong.why != "counter":
            _note_failure(db, actor, half)
        else:
            passkeys.note_refused(db, actor, half.user.id, wrong.why)
        raise
    except Refused:
        _note_failure(db, actor, half)
        raise


def _note_failure(db: Database, actor: Actor, half: HalfLogin) -> None:
    """Record it, with what was shown before unless that was the password."""
    with db.transaction():
        shown = "" if half.shown == login.PASSWORD else half.shown
        if throttle.has_room(db, throttle.of_note(half.user.id)):
            events.record(db, actor, Kind.SECOND_STEP_FAILED, half.user.id, by=shown)
    log.info("refused a second factor: user %d, after %s", half.user.id, half.shown)
