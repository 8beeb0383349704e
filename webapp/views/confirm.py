"""Confirming by the password, a code or a passkey before an act that calls for it; the act goes on afterwards."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from webapp.accounts import confirm, passkeys
from webapp.accounts.fields import Refused
from webapp.auth import enrolling, give_token, login_required, own_session
from webapp.auth.actor import actor
from webapp.auth.drafts import resume, retyped_at, told
from webapp.auth.passkeys import confirm_options, site
from webapp.database import database
from webapp.forms import Form
from webapp.forms.confirm import ConfirmCodeForm, ConfirmForm
from webapp.forms.passkeys import PasskeyForm
from webapp.hypermedia import form_again, next_path, render

blueprint = Blueprint("confirm", __name__, url_prefix="/confirm")


@blueprint.get("")
@login_required
@enrolling
def show() -> ResponseReturnValue:
    if filled_in := retyped_at(_draft_id()):
        return redirect(filled_in, 303)
    return _page(_form())


@blueprint.post("")
@login_required
@enrolling
def create() -> ResponseReturnValue:
    form, session = _form(), own_session()
    if not form.check():
        return _page(form, 422)
    try:
        token = _confirmed(form)
    except passkeys.WrongPasskey as wrong:
        return form_again(422, wrong.errors["credential"])
    except Refused as refused:
        form.refuse(refused)
        return _page(form, 422)
    give_token(token, session.remember)
    return resume(_draft_id()) or redirect(retyped_at(_draft_id()) or next_path(), 303)


def _form() -> Form:
    """The one of the page's forms that was sent: each has one field."""
    kinds: tuple[type[Form], ...] = (ConfirmCodeForm, PasskeyForm)
    return next((kind for kind in kinds if {*kind.checks} & {*request.form}), ConfirmForm)(request.form)


def _confirmed(form: Form) -> str:
    """The session's new token. Raises Refused, Throttled, Busy."""
    if isinstance(form, ConfirmCodeForm):
        return confirm.by_code(database(), actor(), form.values["code"])
    if isinstance(form, PasskeyForm):
        return confirm.by_passkey(database(), actor(), form.values["credential"], site() or abort(404))
    return confirm.confirm(database(), actor(), form.values["password"])


def _draft_id() -> str:
    return request.args.get("draft", "")


def _page(form: Form, status: int = 200) -> ResponseReturnValue:
    """The page, with a form for each way that the user has; over htmx the one that was sent."""
    is_code, forms = isinstance(form, ConfirmCodeForm), {"password": ConfirmForm({}), "code": ConfirmCodeForm({})}
    return render(
        "confirm.html",
        "confirm_code_form.html" if is_code else "confirm_form.html",
        status,
        form=form,
        forms=forms if isinstance(form, PasskeyForm) else forms | {"code" if is_code else "password": form},
        act=told(_draft_id()),
        options=confirm_options(),
    )
