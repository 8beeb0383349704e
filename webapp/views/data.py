"""The user's own data: all that is held, as a file to download."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.accounts import data
from webapp.auth import confirmed, login_required, own_session, says
from webapp.auth.actor import actor
from webapp.auth.drafts import brings_file
from webapp.auth.navigation import Link
from webapp.brand.words import file_name
from webapp.config import settings
from webapp.database import database
from webapp.hypermedia import render
from webapp.hypermedia.downloads import dated, download, json_lines
from webapp.languages.reader import reading
from webapp.languages.sentences import say

COLUMNS = ["id", "created_at", "kind", "sentence", "detail", "actor", "address", "device", "session_id"]

blueprint = Blueprint("data", __name__, url_prefix="/account/data")
NAVIGATION = (Link("account", "data.show", say("Your data"), 50, "download", covers=True, also=("deletion.show",)),)


@blueprint.get("")
@login_required
def show() -> ResponseReturnValue:
    return render("data.html", "export_form.html", days=settings().deletion_days)


@blueprint.post("")
@login_required
@confirmed
@says(say("Download everything that is held about you."))
@brings_file
def save() -> ResponseReturnValue:
    """Send the file. A form asks for it, not a link, since the download is noted as an event."""
    user = own_session().user
    in_zone = partial(dated, reading().time_zone)
    account = in_zone(data.everything(database(), actor()))
    lines = _lines(account, json_lines(COLUMNS, map(in_zone, data.history(database(), actor()))))
    return download(lines, "application/json", f"{file_name(settings().name)}-{user.id}.json")


def _lines(account: dict[str, Any], history: Iterator[str]) -> Iterator[str]:
    yield json.dumps(account, indent=2).removesuffix("\n}") + ',\n  "events": '
    yield from history
    yield "}\n"
