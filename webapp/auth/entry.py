"""The way in: what every log-in does with the browser once its session has begun, whatever showed who the user is."""

from flask import redirect, session, url_for
from werkzeug import Response

from webapp import auth


def enter(token: str, remember: bool, next_path: str) -> Response:
    """Put the session's token into the browser, and lead on; nothing of the visitor before is left in it.

    A user who asked for deletion is asked first whether that still holds.
    """
    session.clear()
    auth.give_token(token, remember)
    user = auth.current_user()
    return redirect(url_for("deletion.show") if user and user.deletion_at else next_path, 303)
