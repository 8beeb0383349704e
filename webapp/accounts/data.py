"""Everything that is held about a user, for that user to take along (GDPR article 20)."""

from collections.abc import Iterator
from typing import Any

from db import Database
from db.events import Filter
from db.sessions import Session
from db.users import User
from webapp.accounts import (
    details,
    drafts,
    events,
    notices,
    outbox,
    passkeys,
    recovery_codes,
    sessions,
    throttle,
    tokens,
    totp,
)
from webapp.accounts.actor import Actor
from webapp.accounts.events import Kind
from webapp.accounts.fields import values


def everything(db: Database, actor: Actor) -> dict[str, Any]:
    """All data but the events, as JSON can hold it; records the export; moments as stored. Raises Throttled.

    Of a team's own fields that is every value, also of those that the user does not see in the pages (GDPR article 15).
    """
    user = actor.own_session.user
    with db.transaction():
        throttle.take(db, throttle.of_act("export", user.id))
        notices.record(db, actor, Kind.EXPORTED, user)
    return {
        "exported_at": db.now(),
        "account": account(user),
        **fields(db, user),
        "second_factors": second_factors(db, user),
        "sessions": [session_fields(one) for one in sessions.kept(db, user.id)],
        "drafts": drafts.of_user(db, user.id),
        **_mailed(db, user),
    }


def history(db: Database, actor: Actor) -> Iterator[dict[str, Any]]:
    """Every event that is kept, newest first."""
    return map(details.as_fields, events.every(db, Filter(user_id=actor.own_session.user.id, is_own=True)))


def second_factors(db: Database, user: User) -> dict[str, Any]:
    """What second factors the user has and since when; no secret and no key."""
    app, names = totp.of_user(db, user.id), ("name", "added_at", "used_at")
    return {
        "authenticator_app_added_at": app.added_at if app else None,
        "passkeys": [{name: getattr(key, name) for name in names} for key in passkeys.of_user(db, user.id)],
        "recovery_codes_left": recovery_codes.left(db, user.id).number,
    }


def _mailed(db: Database, user: User) -> dict[str, Any]:
    """What was mailed to the user, and what of it still opens something; empty on a site that sends no mail."""
    return {"tokens": tokens.of_user(db, user.id), "mails": outbox.of_user(db, user.id)} if db.mails else {}


def account(user: User) -> dict[str, Any]:
    """The user's row, with a sentence for the password's hash, which is of no use to the user."""
    return user._asdict() | {"password": "only a salted hash of it is kept"}


def fields(db: Database, user: User) -> dict[str, dict[str, str]]:
    """What is filled in for the user in a team's own fields, as `fields`; empty if nothing is."""
    held = values.of_user(db, user.id)
    return {"fields": held} if held else {}


def session_fields(session: Session) -> dict[str, Any]:
    fields = session._asdict()
    del fields["user"]
    return fields
