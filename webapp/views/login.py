"""Logging in."""

from flask import Blueprint, make_response, redirect, request, session
from flask.typing import ResponseReturnValue

from webapp.accounts import login
from webapp.auth import current_token, current_user, public, remember_token
from webapp.database import database
from webapp.forms import LoginForm
from webapp.hypermedia import next_path, render

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def show() -> ResponseReturnValue:
    if current_user():
        return redirect(next_path(), 303)
    return _page(LoginForm(request.form))


@blueprint.post("/login")
@public
def create() -> ResponseReturnValue:
    form = LoginForm(request.form)
    if not form.check():
        return _page(form, 422)
    try:
        token = login.log_in(database(), **form.values, remember=form.remember, old_token=current_token())
    except login.InvalidCredentials:
        form.object("password", "Invalid credentials.")
        return _page(form, 422)
    session.clear()
    return remember_token(make_response(redirect(next_path(), 303)), token, form.remember)


def _page(form: LoginForm, status: int = 200) -> ResponseReturnValue:
    is_on_the_way = next_path() == request.args.get("next")
    return render("login.html", "login_form.html", status, form=form, is_on_the_way=is_on_the_way)
