"""All events, for an admin to look through and to download."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import details, events, people, saved_views
from webapp.accounts.events import Filter, Kind
from webapp.auth import admin_required, own_session
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import Form, as_day, as_id
from webapp.forms.saved_views import SavedViewForm
from webapp.hypermedia import lists, render
from webapp.hypermedia.downloads import csv_lines, dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_events", __name__, url_prefix="/admin")
NAVIGATION = (Link("admin", "admin_events.show", say("Events"), 30, "clock", covers=True, audience="admins", key="e"),)

COLUMNS = [
    "id", "created_at", "kind", "sentence", "user_id", "username", "detail", "actor", "address", "device", "session_id",
]  # fmt: skip
# No user has this id, so the filter matches no events.
NO_SUCH_USER = -1


def _told(asked: lists.Asked) -> list[str]:
    words = [events.in_words(asked.get("kind", "")), asked.get("person"), asked.get("address")]
    days = " / ".join(asked[name] for name in ("since", "until") if name in asked)
    return [word for word in (*words, days) if word]


EVENTS = lists.List(
    "admin_events.show",
    say("Events"),
    ("kind", "person", "address", "since", "until"),
    (),
    "before",
    _told,
    lambda form, status: page(form, status),
)
LISTS = (EVENTS,)


@blueprint.get("/events")
@admin_required
def show() -> ResponseReturnValue:
    return EVENTS.tidied() or page(SavedViewForm(request.form))


def page(form: Form, status: int = 200) -> ResponseReturnValue:
    """Show the list, with the form that saves it as a view."""
    asked, db = EVENTS.asked(), database()
    before = as_id(asked.get("before", ""))
    try:
        listed = events.page(db, _filter(asked), before)
    except events.NoSuchEvent:
        abort(404)
    return render(
        "admin_events.html",
        "events_table.html",
        status,
        listed=listed,
        asked=asked,
        filters=EVENTS.filtered(),
        kinds=events.SENTENCES,
        before=before,
        problems=_problems(asked),
        form=form,
        query_now=EVENTS.view(),
        views=saved_views.of_list(db, own_session().user.id, "events"),
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
    found = events.every(database(), _filter(EVENTS.asked()))
    return map(partial(dated, reading().time_zone), map(details.as_fields, found))


def _filter(asked: lists.Asked) -> Filter:
    """Filter that the address asks for; a wrong day is left out, and an unknown person matches no events."""
    name, kind = asked.get("person"), asked.get("kind", "")
    person = people.by_text(database(), name) if name else None
    return Filter(
        user_id=person.id if person else NO_SUCH_USER if name else None,
        kind=kind if kind in Kind.__members__.values() else "",
        address=asked.get("address", ""),
        since=events.from_day(as_day(asked.get("since", ""))),
        until=events.to_day(as_day(asked.get("until", ""))),
    )


def _problems(asked: lists.Asked) -> dict[str, Sentence]:
    """A sentence for each field with a wrong day or an unknown person."""
    days = {name: asked[name] for name in ("since", "until") if name in asked}
    problems = {name: say("Enter a day, like 2026-03-14.") for name, day in days.items() if not as_day(day)}
    if asked.get("kind", "") not in {"", *Kind.__members__.values()}:
        problems["kind"] = say("There is no such kind of event any more.")
    if "person" in asked and not people.by_text(database(), asked["person"]):
        problems["person"] = say("Nobody has this user name or address.")
    return problems
