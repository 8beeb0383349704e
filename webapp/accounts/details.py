"""Details: what an event says beside its kind, stored as data and told in the reader's language."""

import json
from typing import Any

from db.events import Event
from webapp.accounts import devices, events, limits, roles
from webapp.accounts.events import Kind
from webapp.languages.sentences import say, say_number

# Why a log-in or a passkey was refused; other words are for the log.
REFUSED = {
    "disabled": say("disabled"),
    "counter": say("it may be a copy"),
    "replayed": say("its answer was sent twice"),
}
# How a user has shown who they are; a plain password is not told.
BY = {
    "mail": say("by mail"),
    "passkey": say("by passkey"),
    "password+app": say("by password and authenticator app"),
    "password+recovery": say("by password and recovery code"),
    "password+passkey": say("by password and passkey"),
    "mail+app": say("by mail and authenticator app"),
    "mail+recovery": say("by mail and recovery code"),
    "mail+passkey": say("by mail and passkey"),
    "app": say("by authenticator app"),
    "recovery": say("by recovery code"),
}
# Shown as they are.
PLAIN = ("why", "email", "name", "text")


def of(event: Event) -> dict[str, Any]:
    """Stored details by name: `old`, `new`, `why`, `device`, `limit`, `label`, `refused`, `field`, `by`,
    `email`, `left`, `name`, or `text`."""
    try:
        held = json.loads(event.detail or "{}")
    except ValueError:
        held = event.detail
    return held if isinstance(held, dict) else {"text": event.detail}


def told(event: Event) -> str:
    """The event's detail in words; empty if it has none."""
    held = of(event)
    if "new" in held:
        return _change(event.kind, str(held.get("old", "")), str(held["new"]), str(held.get("why", "")))
    if "limit" in held:
        return _block(str(held["limit"]), str(held.get("label", "")))
    if "field" in held:
        return _field(str(held["field"]), str(held.get("why", "")))
    if "device" in held:
        return devices.told(str(held["device"]))
    if held.get("by") in BY:
        return BY[held["by"]]
    if "left" in held:
        return say_number("%(number)s left", "%(number)s left", int(held["left"]))
    if held.get("refused") in REFUSED:
        return REFUSED[held["refused"]]
    return str(next((held[name] for name in PLAIN if held.get(name)), ""))


def as_fields(event: Event) -> dict[str, Any]:
    """An event as JSON can hold it, with its sentence and its detail in words."""
    return {"sentence": events.sentence(event)} | event._asdict() | {"detail": str(told(event))}


def _change(kind: str, old: str, new: str, why: str) -> str:
    if kind == Kind.ROLE_CHANGED:
        old, new = roles.in_words(old), roles.in_words(new)
    return say("from %(old)s to %(new)s%(why)s", old=old, new=new, why=f": {why}" if why else "")


def _field(label: str, why: str) -> str:
    """The label of the field that was changed, as it was then, in the reader's language."""
    return say("%(label)s%(why)s", label=say(label), why=f": {why}" if why else "")


def _block(kind: str, label: str) -> str:
    """Which limit had been reached, and whom it was about."""
    about = limits.about(kind)
    return say("%(limit)s %(label)s", limit=about, label=devices.told(label)) if label else about
