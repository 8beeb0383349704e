"""The list of people and the page of one of them, for admins."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import events, people, roles, sessions
from webapp.accounts.fields import values
from webapp.accounts.fields.declared import Fields
from webapp.auth import admin_required, own_session
from webapp.auth.actor import actor
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.fields import declared
from webapp.forms import as_id
from webapp.hypermedia import render
from webapp.languages.sentences import say

blueprint = Blueprint("admin_users", __name__, url_prefix="/admin/users")
NAVIGATION = (Link("admin", "admin_users.show", say("People"), 20, "people", covers=True, audience="admins"),)

LONGEST_SEARCH = 100


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    query, names = _query(), roles.names(database())
    listed = people.page(database(), query)
    return render(
        "admin_users.html", "users_table.html", listed=listed, query=query, roles=names, states=people.STATES,
        filters=_filters(),
    )  # fmt: skip


@blueprint.get("/<user_id>")
@admin_required
def show_one(user_id: str) -> ResponseReturnValue:
    number = as_id(user_id)
    try:
        user = people.by_id(database(), -1 if number is None else number)
    except people.NoSuchAccount:
        abort(404)
    live = sessions.live(database(), user.id)
    listed = events.page(database(), events.of_person(user.id), None)
    is_own = user.id == own_session().user.id
    fields = values.seen(database(), actor(), user, declared())
    return render(
        "admin_user.html", "user_panel.html", user=user, live=live, listed=listed, is_own=is_own, fields=fields
    )


def _filters() -> Fields:
    """The fields of a team's own by which an admin finds people."""
    return tuple(field for field in declared() if field.words and field.is_others_to_see)


def _query() -> people.Query:
    """Query that the address asks for, without the values that make no sense."""
    asked = {name: value.replace("\0", "") for name, value in request.args.items()}
    sort, state = asked.get("sort", ""), asked.get("state", "")
    return people.Query(
        text=asked.get("q", "")[:LONGEST_SEARCH],
        role=asked.get("role", ""),
        state=state if state in people.STATES else "",
        sort=sort if sort in people.SORTS else "created",
        is_descending=asked.get("dir", "asc" if sort in people.SORTS else "desc") == "desc",
        after=as_id(asked.get("after", "")),
        fields=tuple((one.name, asked[one.name]) for one in _filters() if asked.get(one.name) in one.words),
    )
