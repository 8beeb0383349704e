"""The second step of a log-in: a code from the app, or a recovery code; neither page names anybody."""

from collections.abc import Callable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp import metrics
from webapp.accounts import recovery_codes, second_step, totp
from webapp.accounts.fields import Refused
from webapp.accounts.half_logins import NoHalfLogin
from webapp.accounts.login import Begun
from webapp.auth import current_session, current_token, half_logins, public, quick
from webapp.auth.actor import visitor
from webapp.auth.entry import came_too_late, enter, log_in_anew, second_step_page
from webapp.database import database
from webapp.forms import Form
from webapp.forms.second_step import CodeForm, RecoveryCodeForm
from webapp.hypermedia import flash, next_path, render
from webapp.languages.sentences import say_number

blueprint = Blueprint("second_step", __name__, url_prefix="/login")


@blueprint.get("/second")
@public
@quick
def show() -> ResponseReturnValue:
    return second_step_page(CodeForm(request.form))


@blueprint.post("/second")
@public
def finish() -> ResponseReturnValue:
    return _finish(CodeForm(request.form), second_step_page, second_step.by_code)


@blueprint.get("/recovery")
@public
@quick
def show_recovery() -> ResponseReturnValue:
    return _recovery_page(RecoveryCodeForm(request.form))


@blueprint.post("/recovery")
@public
def recover() -> ResponseReturnValue:
    return _finish(RecoveryCodeForm(request.form), _recovery_page, second_step.by_recovery_code)


def _finish(
    form: Form, page: Callable[[Form, int], ResponseReturnValue], by: Callable[..., Begun]
) -> ResponseReturnValue:
    if not form.check():
        return page(form, 422)
    try:
        begun = by(database(), visitor(), half_logins.token(), form.values["code"], current_token())
    except NoHalfLogin:
        return came_too_late()
    except Refused as refused:
        if not isinstance(refused, totp.Unreadable):
            metrics.count_login("second_failed")
        form.refuse(refused)
        return page(form, 422)
    metrics.count_login("succeeded")
    answer = enter(begun, next_path())
    if isinstance(form, RecoveryCodeForm):
        _tell_how_many_are_left()
    return answer


def _tell_how_many_are_left() -> None:
    session = current_session()
    left = recovery_codes.left(database(), session.user.id).number if session else 0
    flash(
        say_number(
            "%(number)s recovery code is left. Make new ones at Account, Security.",
            "%(number)s recovery codes are left. Make new ones at Account, Security.",
            left,
        )
    )


def _recovery_page(form: Form, status: int = 200) -> ResponseReturnValue:
    half = half_logins.current()
    if half is None:
        return log_in_anew()
    return render("recovery.html", "recovery_form.html", status, form=form, user=half.user)
