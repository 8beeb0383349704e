"""What this browser has asked for by mail: the address that was typed, and the hash of the token that was mailed.

Both travel in the visitor's signed cookie, which ends with the browser. A page that a link opens asks for less in the
browser that asked for the link, and a code works there alone.
"""

from datetime import timedelta

import flask

from db import moment
from webapp.database import database

# The next user of the computer must not find the address.
SHOWN = timedelta(minutes=30)


def note(what: str, email: str, hashed: str = "") -> None:
    """Note what was asked for, such as `signup`, in place of what was asked before."""
    flask.session[f"asked_{what}"] = [email, hashed, database().now()]


def email(what: str) -> str:
    """The address that was typed; empty if this browser has not asked within SHOWN."""
    address, _, asked_at = flask.session.get(f"asked_{what}", ["", "", ""])
    return str(address) if asked_at and database().clock() - moment(asked_at) < SHOWN else ""


def hashed(what: str) -> str:
    """The hash of the token that was mailed; empty if this browser has not asked."""
    return str(flask.session.get(f"asked_{what}", ["", "", ""])[1])
