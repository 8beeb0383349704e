"""Saved views: a list's filters and order under a name, kept for the admin who made it."""

import re
import secrets

from db import Database, Duplicate, saved_views
from db.saved_views import SavedView as SavedView
from webapp.accounts import throttle
from webapp.accounts.actor import Actor
from webapp.accounts.fields import Refused, refuse, view_name_objection
from webapp.languages.sentences import say

# As an address has it, with room for the longest search and every other filter.
QUERY = re.compile(r"[\w.~+%=&-]{0,1000}", re.ASCII)
ID = re.compile(r"[0-9a-f]{16}")
# More would be a list of its own above the list.
MOST = 20


def of_list(db: Database, user_id: int, list_name: str) -> list[SavedView]:
    """The user's views of this list, by name."""
    return [view for view in saved_views.of_user(db, user_id) if view.list == list_name]


def save(db: Database, actor: Actor, list_name: str, name: str, query: str) -> None:
    """Keep a view of this list for the actor. Raises Refused, Throttled."""
    user = actor.own_session.user
    refuse(view_name=view_name_objection(name) or _query_objection(query))
    try:
        with db.transaction():
            throttle.take(db, throttle.of_act("view", user.id))
            _refuse_more(db, user.id)
            saved_views.add(db, SavedView(secrets.token_hex(8), list_name, name, query), user.id)
    except Duplicate as duplicate:
        raise Refused(view_name=say("You have a view with this name already.")) from duplicate


def remove(db: Database, actor: Actor, view_id: str) -> None:
    """Forget one of the actor's own views, if it is still there. Raises Throttled."""
    user = actor.own_session.user
    with db.transaction():
        throttle.take(db, throttle.of_act("view", user.id))
        if ID.fullmatch(view_id):
            saved_views.remove(db, user.id, view_id)


def _query_objection(query: str) -> str | None:
    return None if QUERY.fullmatch(query) else say("This view is too long to be kept.")


def _refuse_more(db: Database, user_id: int) -> None:
    if len(saved_views.of_user(db, user_id)) >= MOST:
        raise Refused(view_name=say("You have %(number)s views. Remove one first.", number=MOST))
