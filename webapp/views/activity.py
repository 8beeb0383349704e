"""The events of the user's own account, as a page and as files."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from webapp.accounts import details, events
from webapp.accounts.events import Filter, Kind
from webapp.auth import login_required, own_session
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import as_day, as_id
from webapp.hypermedia import lists, render
from webapp.hypermedia.downloads import csv_lines, dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import say

blueprint = Blueprint("activity", __name__, url_prefix="/account")
NAVIGATION = (Link("account", "activity.show", say("Activity"), 40, "clock", covers=True, key="e"),)


def _told(asked: lists.Asked) -> list[str]:
    days = " / ".join(asked[name] for name in ("since", "until") if name in asked)
    return [word for word in (events.in_words(_known(asked.get("kind", ""))), days) if word]


ACTIVITY = lists.List("activity.show", say("Activity"), ("kind", "since", "until"), (), "before", _told)
LISTS = (ACTIVITY,)
COLUMNS = ["created_at", "kind", "sentence", "detail", "actor", "address", "device", "session_id"]


@blueprint.get("/activity")
@login_required
def show() -> ResponseReturnValue:
    if tidied := ACTIVITY.tidied():
        return tidied
    asked = ACTIVITY.asked()
    before = as_id(asked.get("before", ""))
    try:
        page = events.page(database(), _filter(asked), before)
    except events.NoSuchEvent:
        abort(404)
    kinds = {one.value: sentence for one, sentence in events.SENTENCES.items() if one != events.SILENT}
    filters = ACTIVITY.filtered()
    return render(
        "activity.html",
        "activity_list.html",
        listed=page,
        asked=asked,
        filters=filters,
        days={name: filters[name] for name in ("since", "until") if name in filters},
        kinds=kinds,
        before=before,
    )


@blueprint.get("/activity.csv")
@login_required
def as_csv() -> ResponseReturnValue:
    return download(csv_lines(COLUMNS, _all()), "text/csv", "activity.csv")


@blueprint.get("/activity.json")
@login_required
def as_json() -> ResponseReturnValue:
    return download(json_lines(COLUMNS, _all()), "application/json", "activity.json")


def _all() -> Iterator[dict[str, Any]]:
    found = events.every(database(), _filter(ACTIVITY.asked()))
    return map(partial(dated, reading().time_zone), map(details.as_fields, found))


def _filter(asked: lists.Asked) -> Filter:
    """The user's own events that the address asks for; a kind or a day that makes no sense is left out."""
    days = [as_day(asked.get(name, "")) for name in ("since", "until")]
    return events.own(own_session().user.id, _known(asked.get("kind", "")), *days)


def _known(kind: str) -> str:
    """The kind asked for, or empty for all: a user who edits the address sees all that is shown."""
    return kind if kind in Kind.__members__.values() and kind != events.SILENT else ""
