"""The mails that a developer's server has written to its folder; in `just dev` alone."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Flask, abort, render_template
from flask.typing import ResponseReturnValue

from webapp.auth import public
from webapp.config import Settings, settings
from webapp.server.address import is_on_this_machine

blueprint = Blueprint("outbox", __name__)

# As many as a developer looks at.
MOST = 50
HEADERS = ("Date", "From", "To", "Subject", "Message-ID", "Content-Language")


def is_for(app: Flask) -> bool:
    """Whether developers look at the mails of this app."""
    return app.debug and _folder(settings(app)) is not None


IS_FOR = is_for


class Written(NamedTuple):
    """A mail: its headers, its plain part, and the links in it."""

    name: str
    headers: dict[str, str]
    plain: str
    links: list[str]


@blueprint.get("/outbox")
@public
def show() -> ResponseReturnValue:
    folder = _folder(settings())
    # A server for everybody that was left in debug mode must not show everybody's links.
    if folder is None or not is_on_this_machine():
        abort(404)
    return render_template("outbox.html", mails=list(_newest(folder)), folder=folder)


def _folder(given: Settings) -> Path | None:
    return given.mail_url.folder if given.mail_url else None


def _newest(folder: Path) -> Iterator[Written]:
    for file in sorted(folder.glob("*.eml"), reverse=True)[:MOST]:
        message = message_from_bytes(file.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        plain = str(body.get_content()).replace("\r\n", "\n") if body else ""
        links = re.findall(rf"^{re.escape(settings().origin)}/\S+$", plain, re.MULTILINE)
        yield Written(file.name, {name: str(message[name]) for name in HEADERS}, plain, links)
