"""Logging in by a passkey: alone, or as the second step."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp import metrics
from webapp.accounts import challenges, passkey_login, second_step
from webapp.accounts.ceremonies import BadCredential, challenge
from webapp.accounts.challenges import Purpose
from webapp.accounts.half_logins import NoHalfLogin
from webapp.accounts.login import Begun
from webapp.accounts.passkeys import Site, WrongPasskey
from webapp.auth import csrf, current_token, half_logins, public
from webapp.auth.actor import visitor
from webapp.auth.entry import came_too_late, enter, log_in_anew, login_page, second_step_page
from webapp.auth.passkeys import site, tell_unknown
from webapp.database import database
from webapp.forms.login import LoginForm
from webapp.forms.passkeys import PasskeyForm
from webapp.forms.second_step import CodeForm
from webapp.hypermedia import form_again, next_path

blueprint = Blueprint("passkey_login", __name__, url_prefix="/login")


@blueprint.get("/passkey")
@public
def show() -> ResponseReturnValue:
    """Lead to the log-in page; a refused answer is told on the page that it came from."""
    if request.method != "POST":
        return log_in_anew()
    return second_step_page(CodeForm({})) if _is_second_step(_answer()) else login_page(LoginForm({}))


@blueprint.post("/passkey")
@public
def create() -> ResponseReturnValue:
    if (here := site()) is None:
        abort(404)
    try:
        begun = _begin(_answer(), here)
    except NoHalfLogin:
        return came_too_late()
    except WrongPasskey as wrong:
        _count(wrong)
        if wrong.why == "unknown":
            tell_unknown(_answer())
        return form_again(422, wrong.errors["credential"])
    metrics.count_login("succeeded")
    return enter(begun, next_path())


def _begin(text: str, here: Site) -> Begun:
    who, old_token = visitor(), current_token()
    if _is_second_step(text):
        return second_step.by_passkey(database(), who, half_logins.token(), text, old_token, here)
    remember = bool(request.form.get("remember"))
    return passkey_login.log_in(database(), who, text, remember, old_token, csrf.visitor(), here)


def _answer() -> str:
    return PasskeyForm(request.form).values["credential"]


def _count(wrong: WrongPasskey) -> None:
    if _is_second_step(_answer()):
        metrics.count_login("second_failed")
    else:
        metrics.count_login("disabled" if wrong.why == "disabled" else "failed")


def _is_second_step(text: str) -> bool:
    """Whether this answers the challenge of the half log-in that this browser holds."""
    half = half_logins.current()
    try:
        return half is not None and challenges.is_good(
            database(), challenge(text), Purpose.SECOND_STEP, second_step.whom(half)
        )
    except BadCredential:
        return False
