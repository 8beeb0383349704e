"""What an event's detail says beside its sentence: it is stored in English, and what somebody typed stays as it is."""

import re

from db.events import Event
from webapp.accounts import devices
from webapp.accounts.events import Kind
from webapp.accounts.throttle import LIMITS
from webapp.languages.sentences import say

CHANGES = {Kind.USERNAME_CHANGED, Kind.EMAIL_CHANGED, Kind.ROLE_CHANGED}
CHANGE = re.compile(r"from (\S*) to (\S*?)(: .*)?", re.DOTALL)
OF_DISABLED = say("disabled")


def told(event: Event) -> str:
    """As a sentence, where it is one."""
    if event.kind.startswith("session_"):
        return devices.told(event.detail)
    if event.kind in CHANGES:
        return _change(event.detail)
    if event.kind == Kind.BLOCK_LIFTED:
        return _block(event.detail)
    return OF_DISABLED if (event.kind, event.detail) == (Kind.LOGIN_FAILED, OF_DISABLED) else event.detail


def _change(detail: str) -> str:
    found = CHANGE.fullmatch(detail)
    if found is None:
        return detail
    return say("from %(old)s to %(new)s%(why)s", old=found[1], new=found[2], why=found[3] or "")


def _block(detail: str) -> str:
    """Of which limit, and whom it was about."""
    for limit in LIMITS.values():
        if detail.startswith(limit.about):
            label = detail.removeprefix(limit.about).strip()
            return say("%(limit)s %(label)s", limit=limit.about, label=devices.told(label)) if label else limit.about
    return detail
