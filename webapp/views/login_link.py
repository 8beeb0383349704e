"""Logging in by mail: a link for any browser, a code for the one that asked."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp import metrics
from webapp.accounts import login_link, tokens
from webapp.accounts.fields import Refused
from webapp.accounts.login import Begun
from webapp.auth import asked, current_token, current_user, mailed, public, quick
from webapp.auth.actor import visitor
from webapp.auth.entry import enter
from webapp.auth.navigation import Link
from webapp.config import sends_mail, settings
from webapp.database import database
from webapp.forms.login_link import CodeForm, LoginLinkForm
from webapp.hypermedia import LONGEST_ADDRESS, next_path, render, view_at
from webapp.languages.sentences import say

blueprint = Blueprint("login_link", __name__, url_prefix="/login")
IS_FOR = sends_mail
NAVIGATION = (Link("forgotten", "login_link.show", say("Log in by mail"), 20, audience="strangers"),)


@blueprint.get("/link")
@public
@quick
def show() -> ResponseReturnValue:
    return redirect(next_path(), 303) if current_user() else _page(LoginLinkForm(request.form))


@blueprint.post("/link")
@public
def ask() -> ResponseReturnValue:
    form = LoginLinkForm(request.form)
    if not form.check():
        return _page(form, 422)
    email, is_open = form.values["email"], settings().signup == "open"
    hashed = login_link.ask(database(), visitor(), email, form.remember, _next(), is_open)
    asked.note("login", email, hashed)
    return redirect(url_for("login_link.show_code", next=request.args.get("next")), 303)


@blueprint.get("/code")
@public
@mailed
@quick
def show_code() -> ResponseReturnValue:
    return redirect(next_path(), 303) if current_user() else _code(CodeForm(request.form))


@blueprint.post("/code")
@public
@mailed
def enter_code() -> ResponseReturnValue:
    form = CodeForm(request.form)
    if not form.check():
        return _code(form, 422)
    try:
        begun = login_link.by_code(database(), visitor(), asked.hashed("login"), form.values["code"], current_token())
    except Refused as refused:
        metrics.count_login("failed")
        form.refuse(refused)
        return _code(form, 422)
    return _enter(begun)


@blueprint.get("/link/<token>")
@public
@mailed
def show_link(token: str) -> ResponseReturnValue:
    found, user = login_link.find(database(), token)
    return render(
        "login_link_open.html",
        "login_link_open_form.html",
        token=token,
        user=user,
        asked=tokens.facts(found),
        asked_at=found.created_at,
    )


@blueprint.post("/link/<token>")
@public
@mailed
def open_link(token: str) -> ResponseReturnValue:
    return _enter(login_link.by_link(database(), visitor(), token, asked.hashed("login"), current_token()))


def _enter(begun: Begun) -> ResponseReturnValue:
    metrics.count_login("half" if begun.is_half else "succeeded")
    return enter(begun, begun.next_path or next_path())


def _next() -> str:
    """Where to go on, unless that is behind a mailed link: a stranger who asks would lead the owner to his own."""
    path = next_path()
    view = view_at(urlsplit(path).path, "GET") if len(path) <= LONGEST_ADDRESS else None
    return path if view and not hasattr(view.func, "mailed") else ""


def _page(form: LoginLinkForm, status: int = 200) -> ResponseReturnValue:
    return render("login_link.html", "login_link_form.html", status, form=form)


def _code(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    return render("login_code.html", "login_code_form.html", status, form=form, email=asked.email("login"))
