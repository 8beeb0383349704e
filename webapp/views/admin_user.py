"""One person's page, for admins."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from webapp.accounts import events, people, sessions
from webapp.accounts.fields import values
from webapp.auth import admin_required, own_session
from webapp.auth.actor import actor
from webapp.database import database
from webapp.fields import declared
from webapp.forms import as_id
from webapp.hypermedia import lists, render

blueprint = Blueprint("admin_user", __name__, url_prefix="/admin")


@blueprint.get("/users/<user_id>")
@admin_required
def show(user_id: str) -> ResponseReturnValue:
    try:
        user = people.by_id(database(), as_id(user_id))
    except people.NoSuchAccount:
        abort(404)
    return render(
        "admin_user.html",
        "user_panel.html",
        user=user,
        live=sessions.live(database(), user.id),
        listed=events.page(database(), events.of_person(user.id), None),
        factors=people.FACTORS,
        is_own=user.id == own_session().user.id,
        back=lists.way_back("admin_users.show", "admin_events.show"),
        carried=lists.of("admin_users.show").asked(),
        fields=values.seen(database(), actor(), user, declared()),
    )
