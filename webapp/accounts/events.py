"""Events: what happened to whom, when and from where, each written in the transaction of its act."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from db import Database, events, stored, user_days
from db.events import Event
from db.events import Filter as Filter
from webapp.accounts.actor import PROGRAM, Actor
from webapp.languages.sentences import say

PAGE = 25
# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000


class Kind(StrEnum):
    SIGNED_UP = "signed_up"
    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    LOGGED_OUT = "logged_out"
    SESSION_EXPIRED = "session_expired"
    SESSION_ENDED = "session_ended"
    SESSION_ENDED_BY_PASSWORD = "session_ended_by_password"  # noqa: S105
    SESSION_ENDED_BY_ADMIN = "session_ended_by_admin"
    SESSION_ENDED_BY_DELETION = "session_ended_by_deletion"
    SESSION_CROWDED_OUT = "session_crowded_out"
    CONFIRMED = "confirmed"
    CONFIRMATION_FAILED = "confirmation_failed"
    USERNAME_CHANGED = "username_changed"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    HASH_RENEWED = "hash_renewed"
    EXPORTED = "exported"
    ROLE_CHANGED = "role_changed"
    SIGNED_OUT = "signed_out"
    DISABLED = "disabled"
    ENABLED = "enabled"
    DELETION_ASKED = "deletion_asked"
    DELETION_TAKEN_BACK = "deletion_taken_back"
    BLOCK_LIFTED = "block_lifted"
    FIELD_CHANGED = "field_changed"
    VERIFIED = "verified"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    RESET_SENT = "reset_sent"
    UNDONE = "undone"
    SESSION_ENDED_BY_RESET = "session_ended_by_reset"
    SESSION_ENDED_BY_UNDO = "session_ended_by_undo"
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    MAIL_FAILED = "mail_failed"
    SECOND_STEP_FAILED = "second_step_failed"
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_REFUSED = "passkey_refused"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    FACTORS_RESET_ASKED = "factors_reset_asked"
    FACTORS_RESET_STOPPED = "factors_reset_stopped"
    FACTORS_RESET = "factors_reset"
    SESSION_ENDED_BY_FACTORS_RESET = "session_ended_by_factors_reset"


SENTENCES = {
    Kind.SIGNED_UP: say("Signed up"),
    Kind.LOGGED_IN: say("Logged in"),
    Kind.LOGIN_FAILED: say("Failed log-in"),
    Kind.LOGGED_OUT: say("Logged out"),
    Kind.SESSION_EXPIRED: say("A session ended because its time was over"),
    Kind.SESSION_ENDED: say("A session was ended from the list of sessions"),
    Kind.SESSION_ENDED_BY_PASSWORD: say("A session was ended by a changed password"),
    Kind.SESSION_ENDED_BY_ADMIN: say("A session was ended by an admin"),
    Kind.SESSION_ENDED_BY_DELETION: say("A session was ended by the wish to delete the account"),
    Kind.SESSION_CROWDED_OUT: say("The oldest of a hundred sessions was ended by a new one"),
    Kind.CONFIRMED: say("Identity confirmed"),
    Kind.CONFIRMATION_FAILED: say("Identity not confirmed: wrong password, code or passkey"),
    Kind.USERNAME_CHANGED: say("User name changed"),
    Kind.EMAIL_CHANGED: say("Email address changed"),
    Kind.PASSWORD_CHANGED: say("Password changed"),
    Kind.HASH_RENEWED: say("The stored hash of the password was renewed"),
    Kind.EXPORTED: say("All data downloaded"),
    Kind.ROLE_CHANGED: say("Role changed"),
    Kind.SIGNED_OUT: say("Logged out everywhere"),
    Kind.DISABLED: say("Account disabled"),
    Kind.ENABLED: say("Account enabled again"),
    Kind.DELETION_ASKED: say("Deletion of the account asked for"),
    Kind.DELETION_TAKEN_BACK: say("Deletion of the account taken back"),
    Kind.BLOCK_LIFTED: say("A block after too many tries was lifted"),
    Kind.FIELD_CHANGED: say("Details changed"),
    Kind.VERIFIED: say("Email address confirmed"),
    Kind.EMAIL_CHANGE_ASKED: say("Change of the email address asked for"),
    Kind.PASSWORD_RESET: say("Password reset by a mailed link"),
    Kind.RESET_SENT: say("An admin mailed a link to choose a new password"),
    Kind.UNDONE: say("Locked by “This was not me”"),
    Kind.SESSION_ENDED_BY_RESET: say("A session was ended by a reset password"),
    Kind.SESSION_ENDED_BY_UNDO: say("A session was ended by “This was not me”"),
    Kind.INVITED: say("Invited"),
    Kind.INVITATION_WITHDRAWN: say("An invitation was withdrawn"),
    Kind.MAIL_FAILED: say("A mail could not be delivered"),
    Kind.SECOND_STEP_FAILED: say("The first step of a log-in was right, the second factor was not"),
    Kind.TOTP_ADDED: say("Authenticator app added"),
    Kind.TOTP_REMOVED: say("Authenticator app removed"),
    Kind.PASSKEY_ADDED: say("Passkey added"),
    Kind.PASSKEY_REMOVED: say("Passkey removed"),
    Kind.PASSKEY_REFUSED: say("A passkey was refused"),
    Kind.RECOVERY_CODES_MADE: say("New recovery codes made"),
    Kind.RECOVERY_CODE_USED: say("Recovery code used"),
    Kind.FACTORS_RESET_ASKED: say("An admin asked to remove all second factors"),
    Kind.FACTORS_RESET_STOPPED: say("The removal of all second factors was stopped"),
    Kind.FACTORS_RESET: say("All second factors removed"),
    Kind.SESSION_ENDED_BY_FACTORS_RESET: say("A session was ended by the removal of all second factors"),
}
# Not an act of the user, and nothing that the user could act on: it is in the export, and on no page.
SILENT = Kind.HASH_RENEWED


def record(
    db: Database,
    actor: Actor,
    kind: Kind,
    user_id: int | None,
    session_id: str | None = None,
    at: str = "",
    **detail: str,
) -> None:
    """Write an event, of now or of the stored moment `at`, inside the transaction of the act.

    `session_id` names the session that it is about; by default it is the session in which the user acted. `detail` is
    what there is to say beside its kind (`accounts.details`); empty values are left out.
    """
    session_id, at = session_id or actor.session_for(user_id), at or db.now()
    held = {name: value for name, value in detail.items() if value}
    told = json.dumps(held, ensure_ascii=False) if held else ""
    events.add(db, user_id, kind, session_id, actor.name_for(user_id), actor.address, actor.device, told, at)


class NoSuchEvent(Exception):
    """No event has this id, or it is another user's."""


def newest(db: Database, user_id: int, most: int) -> list[Event]:
    """The last events that a user is shown of their own, newest first."""
    wanted = own(user_id)
    return [_shown(event, wanted) for event in events.walk(db, wanted, None, most)]


class Page(NamedTuple):
    events: list[Event]
    older: int | None
    """Where the next page starts: the id to pass as `before`, or None on the last page."""


def page(db: Database, wanted: Filter, before: int | None) -> Page:
    """25 events, newest first, older than the event `before`.

    Raises NoSuchEvent if `before` is no event, or another user's than `wanted` asks for.
    """
    found = events.walk(db, wanted, _start(db, wanted, before), PAGE + 1)
    return Page([_shown(event, wanted) for event in found[:PAGE]], found[PAGE - 1].id if len(found) > PAGE else None)


def every(db: Database, wanted: Filter, step: int = 1000) -> Iterator[Event]:
    """All `wanted` events, newest first, read in steps so that a long life needs no more memory than a short one."""
    last: Event | None = None
    while found := events.walk(db, wanted, last, step):
        yield from (_shown(event, wanted) for event in found)
        last = found[-1]


def of_person(user_id: int) -> Filter:
    """The filter for the events of a user that an admin is shown."""
    return Filter(user_id=user_id)


def sum_up_days(db: Database) -> None:
    """Count the events of each day before yesterday, once.

    Yesterday waits a day, since a clock that was ahead may have dated events into it. The count runs outside the
    transaction: after a day of attacks it takes a second.
    """
    before_yesterday, yesterday, _ = db.days(3)
    last = events.last_summed_day(db, yesterday)
    if last < before_yesterday:
        counted = events.count_days(db, last, yesterday)
        with db.transaction():
            events.keep_days(db, counted, yesterday)


def own(user_id: int, kind: str = "", since: date | None = None, until: date | None = None) -> Filter:
    """The filter for the events that a user is shown of their own: of one `kind` or of all, of these days or of all."""
    return Filter(user_id, kind, unless=SILENT, since=from_day(since), until=to_day(until), is_own=True)


def from_day(day: date | None) -> str:
    """The part of a filter for what happened on this day, in UTC, or later."""
    return day.isoformat() if day else ""


def to_day(day: date | None) -> str:
    """The part of a filter for what happened on this day, in UTC, or before."""
    return (day + timedelta(days=1)).isoformat() if day else Filter().until


def login_places(db: Database, user_id: int, since: str) -> set[tuple[str, str]]:
    """Address and device of each of this person's log-ins since a stored moment; of the newest thousand."""
    return events.places(db, user_id, Kind.LOGGED_IN, since, 1000)


def latest(db: Database, user_id: int, kind: Kind) -> str | None:
    """When the last event of this kind happened to this person, or None."""
    return events.latest(db, user_id, kind)


def last_login(db: Database, user_id: int) -> str | None:
    """When this person last logged in."""
    return latest(db, user_id, Kind.LOGGED_IN)


def sentence(event: Event) -> str:
    """The event's kind in words; a kind that a team added without words is shown as it is."""
    return in_words(event.kind)


def in_words(kind: str) -> str:
    return SENTENCES.get(kind, kind)  # type: ignore[call-overload, no-any-return]


def actor(event: Event) -> str:
    """The name of the admin or program that acted; empty for any other event."""
    return PROGRAM if event.actor == PROGRAM else event.actor


def of_session(db: Database, user_id: int, session_id: str) -> list[Event]:
    """The newest 25 events of one session of this user."""
    own_filter = own(user_id)
    return [_shown(event, own_filter) for event in events.of_session(db, user_id, session_id, PAGE)]


def sweep(db: Database, kept_days: int) -> bool:
    """Delete some events older than `kept_days`, and their users' sums; return whether there may be more."""
    before = stored(db.clock() - timedelta(days=kept_days))
    gone = events.remove_older(db, before, SWEPT_AT_ONCE)
    gone += user_days.remove_older(db, before[:10], SWEPT_AT_ONCE - gone)
    return gone == SWEPT_AT_ONCE


def _shown(event: Event, wanted: Filter) -> Event:
    """The event as its reader may see it: a user is not told from where an admin acted."""
    return event._replace(address="", device="") if wanted.is_own and event.actor else event


def _start(db: Database, wanted: Filter, event_id: int | None) -> Event | None:
    if event_id is None:
        return None
    event = events.find(db, event_id)
    if event is None or (wanted.user_id is not None and event.user_id != wanted.user_id):
        raise NoSuchEvent
    return event
