"""A user's profile: the user name, the address to reach them at, the language, the time zone and the keys."""

import logging
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any

from db import Database, Duplicate, deletion, users
from webapp.accounts import events, notices, throttle, verification
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import Refused, email_objection, refuse, tidied, tidied_email
from webapp.accounts.signup import EMAIL_TAKEN, NAME_TAKEN, new_name_objection
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")


def rename(db: Database, actor: Actor, username: str) -> bool:
    """Change the user name; return False if it is the same.

    Raises Refused if the new one is malformed, taken or reserved; Throttled.
    """
    user, username = actor.own_session.user, tidied(username)
    if username == user.username:
        return False
    refuse(username=new_name_objection(actor, username, own=user.username))
    with _telling_what_is_taken(db, throttle.of_taken(actor, user.id), username=NAME_TAKEN), db.transaction():
        throttle.take(db, throttle.of_act("username", user.id))
        deletion.free(db, username, "")
        users.set_username(db, user.id, username)
        notices.record(db, actor, Kind.USERNAME_CHANGED, user, old=user.username, new=username)
    log.info("user name changed: user %d", user.id)
    return True


def set_language(db: Database, actor: Actor, language: str | None, known: Container[str]) -> bool:
    """Show the user's pages in this language from now on; if None, as the browser asks.

    Return False if that was set already.

    Raises Refused, Throttled.
    """
    refuse(language=None if language is None or language in known else say("Choose one of these languages."))
    return _choose(db, actor, "language", language, users.set_language)


def set_keys(db: Database, actor: Actor, keys: str) -> bool:
    """Let single keys lead to pages, or not; `keys` is `on` or `off`; return False if they do already.

    Raises Refused, Throttled.
    """
    refuse(keys=None if keys in {"on", "off"} else say("Choose one of these."))
    return _choose(db, actor, "keys", keys, users.set_keys)


def set_time_zone(db: Database, actor: Actor, time_zone: str | None, known: Container[str]) -> bool:
    """Show the user's moments in this time zone; if None, as the browser says.

    Return False if that was set already.

    Raises Refused, Throttled.
    """
    is_known = time_zone is None or time_zone in known
    refuse(time_zone=None if is_known else say("Choose one of these time zones."))
    return _choose(db, actor, "time_zone", time_zone, users.set_time_zone)


def change_email(db: Database, actor: Actor, email: str) -> bool:
    """Change the address to log in with, by a link to the new one if mail is sent; return False if it is the same.

    Raises Refused if it is malformed or, without mail, another user's; Throttled.
    """
    user, email = actor.own_session.user, tidied_email(email)
    if email == user.email:
        return False
    refuse(email=email_objection(email))
    if db.mails:
        verification.ask_new(db, actor, email)
        return True
    with _telling_what_is_taken(db, throttle.of_taken(actor, user.id), email=EMAIL_TAKEN), db.transaction():
        throttle.take(db, throttle.of_act("email", user.id))
        deletion.free(db, "", email)
        users.set_email(db, user.id, email)
        throttle.forget(db, email)
        events.record(db, actor, Kind.EMAIL_CHANGED, user.id, old=user.email, new=email)
    log.info("email address changed: user %d", user.id)
    return True


def _choose(db: Database, actor: Actor, field: str, wish: Any, store: Callable[[Database, int, Any], None]) -> bool:
    """Store what the user wishes for a field with a choice; return False if it is stored. Raises Throttled."""
    user = actor.own_session.user
    if wish == getattr(user, field):
        return False
    with db.transaction():
        throttle.take(db, throttle.of_act(field, user.id))
        store(db, user.id, wish)
    return True


@contextmanager
def _telling_what_is_taken(db: Database, taken: list[throttle.Bucket], **errors: str) -> Iterator[None]:
    """Refuse a name or an address that another user has, and count this answer. Raises Refused, Throttled."""
    throttle.check(db, taken)
    try:
        yield
    except Duplicate as duplicate:
        throttle.count(db, taken)
        raise Refused(**errors) from duplicate
