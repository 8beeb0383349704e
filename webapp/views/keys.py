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
    return render_aside("keys.html", "keys_list.html", keys=navigation.by_key(own_session().user))
