"""The address that a visitor typed at sign-up, carried to the log-in page, which fills it in (WCAG 3.3.7).

It travels in the visitor's signed cookie, so no address and no log holds it. The log-in page takes it out, once and
within five minutes: the next user of the computer must not find it there.
"""

from datetime import timedelta

from flask import session

from db import moment
from webapp.database import database

LIFE = timedelta(minutes=5)


def carry(email: str) -> None:
    """Keep this address for the log-in page."""
    session["email"] = [email, database().now()]


def taken() -> str:
    """Take the carried address out of the cookie; empty if there is none, or it is too old."""
    if "email" not in session:
        return ""
    email, typed_at = session.pop("email")
    return str(email) if database().clock() - moment(typed_at) < LIFE else ""
