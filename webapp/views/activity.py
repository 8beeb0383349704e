"""The events of the user's own account, as a page and as files."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import details, events
from webapp.accounts.events import Kind
from webapp.auth import login_required, own_session
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import render
from webapp.hypermedia.downloads import csv_lines, dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import say

blueprint = Blueprint("activity", __name__, url_prefix="/account")
NAVIGATION = (Link("account", "activity.show", say("Activity"), 40, "clock", covers=True),)

COLUMNS = ["created_at", "kind", "sentence", "detail", "actor", "address", "device", "session_id"]


@blueprint.get("/activity")
@login_required
def show() -> ResponseReturnValue:
    kind, before = _kind(), as_id(request.args.get("before", ""))
    try:
        page = events.page(database(), events.own(own_session().user.id, kind), before)
    except events.NoSuchEvent:
        abort(404)
    kinds = {one.value: sentence for one, sentence in events.SENTENCES.items() if one != events.SILENT}
    return render("activity.html", "activity_list.html", listed=page, kind=kind, kinds=kinds, before=before)


@blueprint.get("/activity.csv")
@login_required
def as_csv() -> ResponseReturnValue:
    return download(csv_lines(COLUMNS, _all()), "text/csv", "activity.csv")


@blueprint.get("/activity.json")
@login_required
def as_json() -> ResponseReturnValue:
    return download(json_lines(COLUMNS, _all()), "application/json", "activity.json")


def _all() -> Iterator[dict[str, Any]]:
    found = events.every(database(), events.own(own_session().user.id, _kind()))
    return map(partial(dated, reading().time_zone), map(details.as_fields, found))


def _kind() -> str:
    """The kind asked for, or empty for all: a user who edits the address sees all that is shown."""
    kind = request.args.get("kind", "")
    return kind if kind in Kind.__members__.values() and kind != events.SILENT else ""
