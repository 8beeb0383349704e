"""The way in: the log-in page, and what every log-in does with the browser, whatever showed who the user is."""

from flask import redirect, request, session, url_for
from werkzeug import Response

from webapp import auth
from webapp.accounts import totp
from webapp.accounts.login import Begun
from webapp.auth import half_logins, passkeys
from webapp.auth.drafts import is_kept_for
from webapp.database import database
from webapp.forms import Form
from webapp.forms.login import LoginForm
from webapp.hypermedia import flash, next_path, render
from webapp.languages.sentences import say


def enter(begun: Begun, path: str) -> Response:
    """Put the session's token into the browser and lead on to `path`; nothing of the visitor before is left in it.

    Half a log-in leads to its second step, and leaves all else as it is. A user who asked for deletion is asked first
    whether that still holds.
    """
    half_logins.end()
    if begun.is_half:
        half_logins.give(begun.token)
        return redirect(url_for("second_step.show", next=path), 303)
    session.clear()
    auth.give_token(begun.token, begun.remember)
    user = auth.current_user()
    return redirect(url_for("deletion.show") if user and user.deletion_at else path, 303)


def second_step_page(form: Form, status: int = 200) -> Response:
    """The page of the second step; without half a log-in that is over, it leads to the first one."""
    half = half_logins.current()
    if half is None:
        return log_in_anew()
    return render(
        "second_step.html",
        "second_step_form.html",
        status,
        form=form,
        user=half.user,
        has_app=totp.of_user(database(), half.user.id) is not None,
        options=passkeys.second_step_options(half),
    )


def came_too_late() -> Response:
    """To the first step, since half a log-in is over; unless another tab was faster, say why."""
    if auth.current_session() is None:
        flash(say("The second step waits ten minutes at most. Please log in again."), "error")
    return log_in_anew()


def log_in_anew() -> Response:
    return redirect(url_for("login.show", next=request.args.get("next")), 303)


def login_page(form: LoginForm, status: int = 200) -> Response:
    """The log-in page; it says whether there is a page to go on to, and whether what was typed there is kept."""
    is_on_the_way = next_path() == request.args.get("next")
    is_typing_kept = is_on_the_way and is_kept_for(next_path())
    return render(
        "login.html",
        "login_form.html",
        status,
        form=form,
        is_on_the_way=is_on_the_way,
        is_typing_kept=is_typing_kept,
        options=passkeys.login_options(),
    )
