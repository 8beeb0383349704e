"""Logging in."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from webapp import metrics
from webapp.accounts import login
from webapp.accounts.hashing import Busy
from webapp.accounts.throttle import Throttled
from webapp.auth import current_token, current_user, public, quick
from webapp.auth.actor import visitor
from webapp.auth.carried import taken
from webapp.auth.entry import enter, login_page
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms.login import LoginForm
from webapp.hypermedia import next_path
from webapp.languages.sentences import say

blueprint = Blueprint("login", __name__)
NAVIGATION = (
    Link("site", "login.show", say("Log in"), 10, audience="strangers"),
    # Beside “Email already registered.”
    Link("registered", "login.show", say("Log in"), 10, audience="strangers"),
)


@blueprint.get("/login")
@public
@quick
def show() -> ResponseReturnValue:
    if current_user():
        return redirect(next_path(), 303)
    return login_page(LoginForm(request.form or {"email": taken()}))


@blueprint.post("/login")
@public
def create() -> ResponseReturnValue:
    form = LoginForm(request.form)
    if not form.check():
        return login_page(form, 422)
    try:
        begun = login.log_in(database(), visitor(), **form.values, remember=form.remember, old_token=current_token())
    except login.Failed as failed:
        metrics.count_login("disabled" if isinstance(failed, login.Disabled) else "failed")
        form.refuse(failed)
        return login_page(form, 422)
    except (Busy, Throttled) as refusal:
        metrics.count_login("busy" if isinstance(refusal, Busy) else "throttled")
        raise
    metrics.count_login("half" if begun.is_half else "succeeded")
    return enter(begun, next_path())
