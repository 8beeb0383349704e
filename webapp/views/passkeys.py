"""The user's passkeys: added, named and removed."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import confirm, passkeys
from webapp.accounts.fields import Refused
from webapp.accounts.passkeys import NoSuchPasskey, Passkey
from webapp.auth import confirmed, enrolling, login_required, own_session, says
from webapp.auth.actor import actor
from webapp.auth.passkeys import adding_options, elsewhere, known_options, site
from webapp.auth.recovery_codes import lead_on
from webapp.config import settings
from webapp.database import database
from webapp.forms import Form
from webapp.forms.passkeys import PasskeyForm, PasskeyNameForm
from webapp.hypermedia import flash, form_again, render, render_anew
from webapp.languages.sentences import Sentence, say

blueprint = Blueprint("passkeys", __name__, url_prefix="/account/passkeys")


@blueprint.get("")
@login_required
@enrolling
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
@login_required
@enrolling
@confirmed
@says(say("Add a passkey."))
def add() -> ResponseReturnValue:
    if (here := site()) is None:
        abort(404)
    text, name = PasskeyForm(request.form).values["credential"], PasskeyNameForm(request.form).values["name"]
    try:
        codes = passkeys.add(database(), actor(), text, name, here)
    except Refused as refused:
        return form_again(422, next(iter(refused.errors.values())))
    flash(say("The passkey is added."))
    return lead_on(codes)


@blueprint.get("/<key_id>")
@login_required
@enrolling
def show_one(key_id: str) -> ResponseReturnValue:
    """Show the same page; over htmx the form of this passkey's name."""
    return _page(_one(key_id), part="passkey_name_form.html")


@blueprint.post("/<key_id>")
@login_required
@enrolling
def rename(key_id: str) -> ResponseReturnValue:
    form = PasskeyNameForm(request.form)
    try:
        passkeys.rename(database(), actor(), key_id, form.values["name"])
    except Refused as refused:
        form.refuse(refused)
        return _page(_one(key_id), form, "passkey_name_form.html")
    except NoSuchPasskey:
        abort(404)
    flash(say("The passkey is called %(name)s now.", name=form.values["name"]))
    return redirect(url_for("passkeys.show", next=request.args.get("next")), 303)


def _removing(_fields: object, key_id: str) -> Sentence:
    return say("Remove the passkey %(name)s.", name=_one(key_id).name)


@blueprint.get("/<key_id>/remove")
@login_required
@enrolling
def show_removal(key_id: str) -> ResponseReturnValue:
    return _removal(_one(key_id), Form({}))


@blueprint.post("/<key_id>/remove")
@login_required
@enrolling
@confirmed
@says(_removing)
def remove(key_id: str) -> ResponseReturnValue:
    key, form = _one(key_id), Form({})
    try:
        passkeys.remove(database(), actor(), key_id, settings().require_second_factor)
    except Refused as refused:
        form.refuse(refused)
        return _removal(key, form, 422)
    flash(say("The passkey %(name)s is removed.", name=key.name))
    return redirect(url_for("passkeys.show"), 303)


def _one(key_id: str) -> Passkey:
    try:
        return passkeys.one(database(), own_session().user.id, key_id)
    except NoSuchPasskey:
        abort(404)


def _page(
    key: Passkey | None = None, refused: PasskeyNameForm | None = None, part: str = "passkeys_panel.html"
) -> ResponseReturnValue:
    """The list; with `key` and `refused` the form of its name says what is wrong with it."""
    found = passkeys.of_user(database(), own_session().user.id)
    forms = {one.id: PasskeyNameForm({"name": one.name}) for one in found}
    forms |= {key.id: refused or PasskeyNameForm({"name": key.name} | request.form.to_dict())} if key else {}
    return render_anew(
        "passkeys.html",
        part,
        422 if refused else 200,
        passkeys=found,
        forms=forms,
        key=key,
        form=forms[key.id] if key else None,
        is_fresh=confirm.is_fresh(database(), own_session()),
        has_site=site() is not None,
        elsewhere=elsewhere(),
        options=adding_options(actor()),
        known=known_options(),
        next=request.args.get("next"),
    )


def _removal(key: Passkey, form: Form, status: int = 200) -> ResponseReturnValue:
    return render("passkey_removal.html", "passkey_removal_form.html", status, key=key, form=form)
