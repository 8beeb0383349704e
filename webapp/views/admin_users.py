"""The list of people and the page of one of them, for admins."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import events, people, roles, saved_views, sessions
from webapp.auth import admin_required, own_session
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import Form, as_id
from webapp.forms.saved_views import SavedViewForm
from webapp.hypermedia import lists, render
from webapp.hypermedia.downloads import csv_lines, dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_users", __name__, url_prefix="/admin")
NAVIGATION = (Link("admin", "admin_users.show", say("People"), 20, "people", covers=True, audience="admins", key="p"),)

LONGEST_SEARCH = 100
COLUMNS = ["id", "username", "email", "role", "state", "created_at", "disabled_at", "deletion_at", "language"]


def _told(asked: lists.Asked) -> list[str]:
    words = [asked.get("q", "")[:LONGEST_SEARCH], roles.in_words(asked.get("role", ""))]
    return [word for word in (*words, people.STATES.get(asked.get("state", ""), "")) if word]


PEOPLE = lists.List(
    "admin_users.show",
    say("People"),
    ("q", "role", "state"),
    ("sort", "dir"),
    "after",
    _told,
    lambda form, status: page(form, status),
)
LISTS = (PEOPLE,)


@blueprint.get("/users")
@admin_required
def show() -> ResponseReturnValue:
    return PEOPLE.tidied() or page(SavedViewForm(request.form))


def page(form: Form, status: int = 200) -> ResponseReturnValue:
    """Show the list, with the form that saves it as a view."""
    asked, db, own = PEOPLE.asked(), database(), own_session().user
    query, names = _query(asked), roles.names(db)
    return render(
        "admin_users.html",
        "users_table.html",
        status,
        listed=people.page(db, query),
        query=query,
        asked=asked,
        filters=PEOPLE.asked(*PEOPLE.filters),
        order=PEOPLE.asked(*PEOPLE.order),
        roles=names,
        states=people.STATES,
        problems=_problems(asked, names),
        own=own,
        form=form,
        query_now=PEOPLE.view(),
        views=saved_views.of_list(db, own.id, "users"),
    )


@blueprint.get("/users.csv")
@admin_required
def as_csv() -> ResponseReturnValue:
    return download(csv_lines(COLUMNS, _all()), "text/csv", "people.csv")


@blueprint.get("/users.json")
@admin_required
def as_json() -> ResponseReturnValue:
    return download(json_lines(COLUMNS, _all()), "application/json", "people.json")


@blueprint.get("/users/<user_id>")
@admin_required
def show_one(user_id: str) -> ResponseReturnValue:
    number = as_id(user_id)
    try:
        user = people.by_id(database(), -1 if number is None else number)
    except people.NoSuchAccount:
        abort(404)
    return render(
        "admin_user.html",
        "user_panel.html",
        user=user,
        live=sessions.live(database(), user.id),
        listed=events.page(database(), events.of_person(user.id), None),
        is_own=user.id == own_session().user.id,
        back=lists.way_back("admin_users.show", "admin_events.show"),
        carried=PEOPLE.asked(),
    )


def _all() -> Iterator[dict[str, Any]]:
    found = people.every_fitting(database(), _query(PEOPLE.asked()))
    return (dated(reading().time_zone, user._asdict()) for user in found)


def _query(asked: lists.Asked) -> people.Query:
    """Query that the address asks for, without the values that make no sense."""
    sort, state = asked.get("sort", ""), asked.get("state", "")
    return people.Query(
        text=asked.get("q", "")[:LONGEST_SEARCH],
        role=asked.get("role", ""),
        state=state if state in people.STATES else "",
        sort=sort if sort in people.SORTS else "created",
        is_descending=asked.get("dir", "asc" if sort in people.SORTS else "desc") == "desc",
        after=as_id(asked.get("after", "")),
    )


def _problems(asked: lists.Asked, names: list[str]) -> dict[str, Sentence]:
    """A sentence for a role that no longer exists, as in a saved view."""
    role = asked.get("role", "")
    return {"role": say("There is no such role any more: %(role)s", role=role)} if role not in {"", *names} else {}
