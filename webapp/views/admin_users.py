"""The list of people, for admins: a page, and files of those who fit."""

import logging
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import people, roles, saved_views
from webapp.accounts.fields import values
from webapp.accounts.fields.declared import Fields
from webapp.auth import admin_required, own_session
from webapp.auth.actor import actor
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.fields import declared
from webapp.forms import Form, as_id
from webapp.forms.saved_views import SavedViewForm
from webapp.hypermedia import lists, render
from webapp.hypermedia.downloads import csv_lines, dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("admin_users", __name__, url_prefix="/admin")
NAVIGATION = (
    Link(
        "admin",
        "admin_users.show",
        say("People"),
        20,
        "people",
        covers=True,
        audience="admins",
        key="p",
        is_searched=True,
    ),
)

LONGEST_SEARCH = 100
log = logging.getLogger("latchkey")
COLUMNS = [
    "id",
    "username",
    "email",
    "role",
    "state",
    "created_at",
    "disabled_at",
    "deletion_at",
    "language",
    "second_factor",
]


def _told(asked: lists.Asked) -> list[str]:
    words = [asked.get("q", "")[:LONGEST_SEARCH], roles.in_words(asked.get("role", ""))]
    own = [one.told(asked.get(one.name, "")) for one in _choices()]
    state = asked.get("state", "")
    factor = [say("second factor: %(it)s", it=people.FACTORS.get(it, it)) for it in [asked.get("second_factor")] if it]
    return [word for word in (*words, people.STATES.get(state, state), *factor, *own) if word]


PEOPLE = lists.List(
    "admin_users.show",
    say("People"),
    ("q", "role", "state", "second_factor"),
    ("sort", "dir"),
    "after",
    _told,
    lambda form, status: page(form, status),
    lambda: tuple(one.name for one in _choices()),
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
        filters=PEOPLE.filtered(),
        order=PEOPLE.ordered(),
        roles={name: roles.in_words(name) for name in names},
        states=people.STATES,
        factors=people.FACTORS,
        choices=_choices(),
        problems=_problems(asked, names),
        gone=PEOPLE.gone(),
        own=own,
        form=form,
        query_now=PEOPLE.view(),
        views=saved_views.of_list(db, own.id, "users"),
    )


@blueprint.get("/users.csv")
@admin_required
def as_csv() -> ResponseReturnValue:
    return download(csv_lines(_columns(), _all()), "text/csv", "people.csv")


@blueprint.get("/users.json")
@admin_required
def as_json() -> ResponseReturnValue:
    return download(json_lines(_columns(), _all()), "application/json", "people.json")


def _choices() -> Fields:
    """The fields of a team's own by which an admin finds people."""
    return tuple(field for field in _seen() if field.words)


def _columns() -> list[str]:
    return [*COLUMNS, *(field.name for field in _seen())]


def _all() -> Iterator[dict[str, Any]]:
    """A row for each of the people, without what an admin may not see of themselves.

    Aborts with 404 if a filter of a saved view is no more: the file would name everybody.
    """
    if PEOPLE.gone():
        abort(404)
    # The lines are made after the request is over.
    zone, db, who, seen = reading().time_zone, database(), actor(), _seen()
    log.info("people are downloaded by user %d", own_session().user.id)
    found = values.beside(db, people.every_fitting(db, _query(PEOPLE.asked())))
    return (dated(zone, user._asdict()) | values.told(who, user, seen, held) for user, held in found)


def _seen() -> Fields:
    """The fields of a team's own that admins see of other people."""
    return tuple(field for field in declared() if field.is_others_to_see)


def _query(asked: lists.Asked) -> people.Query:
    """Query that the address asks for, also for a role, a state or a choice that is no longer known."""
    sort = asked.get("sort", "")
    return people.Query(
        text=asked.get("q", "")[:LONGEST_SEARCH],
        role=asked.get("role", ""),
        state=asked.get("state", ""),
        second_factor=asked.get("second_factor", ""),
        sort=sort if sort in people.SORTS else "created",
        is_descending=asked.get("dir", "asc" if sort in people.SORTS else "desc") == "desc",
        after=as_id(asked.get("after", "")),
        fields=tuple((one.name, asked[one.name]) for one in _choices() if one.name in asked),
    )


def _problems(asked: lists.Asked, names: list[str]) -> dict[str, Sentence]:
    """A sentence for each filter whose value is no more, as in a saved view."""
    known = {"role": names, "state": people.STATES, "second_factor": people.FACTORS} | {
        one.name: one.words for one in _choices()
    }
    lost = {name: asked[name] for name in known if asked.get(name, "") not in {"", *known[name]}}
    return {name: say("There is no such choice any more: %(value)s", value=value) for name, value in lost.items()}
