"""All events, for an admin to look through and to download."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import details, events, people
from webapp.accounts.events import Filter, Kind
from webapp.auth import admin_required
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import render
from webapp.hypermedia.downloads import csv_lines, dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_events", __name__, url_prefix="/admin")
NAVIGATION = (Link("admin", "admin_events.show", say("Events"), 30, "clock", covers=True, audience="admins"),)

COLUMNS = [
    "id", "created_at", "kind", "sentence", "user_id", "username", "detail", "actor", "address", "device", "session_id",
]  # fmt: skip
ASKED = ("kind", "person", "address", "since", "until")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# No user has this id, so the filter matches no events.
NO_SUCH_USER = -1


@blueprint.get("/events")
@admin_required
def show() -> ResponseReturnValue:
    asked, before = _asked(), as_id(request.args.get("before", ""))
    try:
        page = events.page(database(), _filter(asked), before)
    except events.NoSuchEvent:
        abort(404)
    return render(
        "admin_events.html",
        "events_table.html",
        listed=page,
        asked=asked,
        kinds=events.SENTENCES,
        before=before,
        problems=_problems(asked),
    )


@blueprint.get("/events.csv")
@admin_required
def as_csv() -> ResponseReturnValue:
    return download(csv_lines(COLUMNS, _all()), "text/csv", "events.csv")


@blueprint.get("/events.json")
@admin_required
def as_json() -> ResponseReturnValue:
    return download(json_lines(COLUMNS, _all()), "application/json", "events.json")


def _all() -> Iterator[dict[str, Any]]:
    found = events.every(database(), _filter(_asked()))
    return map(partial(dated, reading().time_zone), map(details.as_fields, found))


def _asked() -> dict[str, str]:
    return {name: request.args.get(name, "").replace("\0", "").strip() for name in ASKED}


def _filter(asked: dict[str, str]) -> Filter:
    """Filter that the address asks for; a wrong day is left out, and an unknown person matches no events."""
    person = people.by_text(database(), asked["person"]) if asked["person"] else None
    last = _day(asked["until"])
    return Filter(
        user_id=person.id if person else NO_SUCH_USER if asked["person"] else None,
        kind=asked["kind"] if asked["kind"] in Kind.__members__.values() else "",
        address=asked["address"],
        since=asked["since"] if _day(asked["since"]) else "",
        until=(last + timedelta(days=1)).isoformat() if last else Filter().until,
    )


def _problems(asked: dict[str, str]) -> dict[str, Sentence]:
    """A sentence for each field with a wrong day or an unknown person."""
    problems = {
        day: say("Enter a day, like 2026-03-14.") for day in ("since", "until") if asked[day] and not _day(asked[day])
    }
    if asked["person"] and not people.by_text(database(), asked["person"]):
        problems["person"] = say("Nobody has this user name or address.")
    return problems


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) and text < "9999" else None
    except ValueError:
        return None
