"""The list of the keys that lead to pages; keys.js shows it over each page."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.auth import login_required, navigation, own_session, quick
from webapp.hypermedia import render_aside

blueprint = Blueprint("keys", __name__, url_prefix="/account")


@blueprint.get("/keys/list")
@login_required
@quick
def show() -> ResponseReturnValue:
    user = own_session().user
    keys, searched = navigation.by_key(user), navigation.searched(user).get("/")
    return render_aside("keys.html", "keys_list.html", keys=keys, searched=searched)
