"""What a page shows once, such as new recovery codes: sealed into the visitor's cookie until the user has it.

So a reload and a lost answer lose nothing, without JavaScript, and the tables hold none of it. It opens in this session
alone, for an hour.
"""

from datetime import timedelta

import flask

from webapp.accounts import sealed
from webapp.auth import own_session
from webapp.database import database

LIFE = timedelta(hours=1)


def keep(name: str, text: str, bound_to: str = "") -> None:
    """Keep this text for the pages of this session, in the place of what was kept by this name.

    It opens only with the same `bound_to`, such as the moment when the user has confirmed.
    """
    flask.session[f"once_{name}"] = sealed.seal(database(), _purpose(name, bound_to), text)


def kept(name: str, bound_to: str = "") -> str:
    """The text that is kept by this name; empty if there is none, it is too old, or it is another session's."""
    found = flask.session.get(f"once_{name}", "")
    return sealed.opened(database(), _purpose(name, bound_to), found, LIFE) or ""


def forget(name: str) -> None:
    flask.session.pop(f"once_{name}", None)


def _purpose(name: str, bound_to: str) -> str:
    return f"{name} of session {own_session().id} {bound_to}"
