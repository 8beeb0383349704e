"""The profile: user name, email address, language, time zone and keys, each saved alone."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import Database
from webapp.accounts import profile, signup, verification
from webapp.accounts.actor import Actor
from webapp.accounts.fields import Refused, values
from webapp.auth import confirmed, login_required, own_session, quick, says
from webapp.auth.actor import actor
from webapp.auth.csrf import only_asks
from webapp.auth.first_steps import Step
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.fields import declared
from webapp.forms import Form
from webapp.forms.profile import AS_BROWSER, FORMS
from webapp.hypermedia import flash, render
from webapp.languages import zones
from webapp.languages.reader import known, speak
from webapp.languages.sentences import say

blueprint = Blueprint("profile", __name__, url_prefix="/account")
NAVIGATION = (
    Link("site", "profile.show", say("Account"), 20, covers=True, key="a"),
    Link("account", "profile.show", say("Profile"), 10, "person", covers=True),
)
STEPS = (
    Step(
        "reading", say("Choose your language and time zone"), lambda _: url_for("profile.show", _anchor="language"), 10,
        is_done=lambda session: bool(session.user.language or session.user.time_zone),
    ),
)  # fmt: skip

SAVED = {
    "username": say("Your user name is %(it)s now."),
    "email": say("Your email address is %(it)s now. Log in with it from the next time on."),
    "language": say("Your language is saved."),
    "time_zone": say("Your time zone is saved."),
    "keys": say("Your choice of keys is saved."),
}
SENT = say("We have sent a link to %(it)s. Your address changes when you open it.")


@blueprint.get("")
@login_required
@quick
def show() -> ResponseReturnValue:
    return _page("username")


@blueprint.get("/<any(username, email, language, time_zone, keys):field>")
@login_required
def show_field(field: str) -> ResponseReturnValue:
    """Show the same page; over htmx the form of this field."""
    return _page(field)


@blueprint.post("/username")
@login_required
@confirmed
@says(lambda fields: say("Change your user name to %(username)s.", username=fields.get("username", "")))
def rename() -> ResponseReturnValue:
    return _save("username", profile.rename)


@blueprint.post("/email")
@login_required
@confirmed
@says(lambda fields: say("Change your email address to %(email)s.", email=fields.get("email", "")))
def change_email() -> ResponseReturnValue:
    return _save("email", profile.change_email)


@blueprint.post("/language")
@login_required
def change_language() -> ResponseReturnValue:
    return _save("language", _set_language)


@blueprint.post("/time_zone")
@login_required
def change_time_zone() -> ResponseReturnValue:
    return _save("time_zone", _set_time_zone)


@blueprint.post("/keys")
@login_required
def change_keys() -> ResponseReturnValue:
    return _save("keys", profile.set_keys)


@blueprint.post("/<any(username, email):field>/check")
@login_required
@only_asks
def check(field: str) -> ResponseReturnValue:
    """Check one field when it is left; returns the inside of its error slot."""
    form = FORMS[field](request.form)
    if form.check() and field == "username":
        own = own_session().user
        form.add_objection(field, signup.name_objection(database(), actor(), form.values[field], unless=own))
    return render_template("partials/field_error.html", sentence=form.errors.get(field))


def _set_language(db: Database, who: Actor, wish: str) -> bool:
    language = None if wish == AS_BROWSER else wish
    is_new = profile.set_language(db, who, language, known())
    speak(language)
    return is_new


def _set_time_zone(db: Database, who: Actor, wish: str) -> bool:
    return profile.set_time_zone(db, who, None if wish == AS_BROWSER else wish, zones.NAMES)


def _save(field: str, save: Callable[..., bool]) -> ResponseReturnValue:
    form, is_new = FORMS[field](request.form), False
    if form.check():
        try:
            is_new = save(database(), actor(), form.values[field])
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return _page(field, form)
    saved = SENT if field == "email" and database().mails else SAVED[field]
    told = say(saved, it=form.values[field]) if is_new else say("Nothing has changed.")
    flash(told, "success" if is_new else "message")
    return redirect(url_for("profile.show"), 303)


def _page(field: str, refused: Form | None = None) -> ResponseReturnValue:
    stored = own_session().user._asdict()
    kept = {name: AS_BROWSER if stored[name] is None else stored[name] for name in FORMS}
    typed = kept | request.form.to_dict()
    forms = {name: form(typed) for name, form in FORMS.items()} | ({field: refused} if refused else {})
    shown = {
        "languages": known(),
        "zones": zones.as_options(typed["time_zone"]),
        "fields": values.seen(database(), actor(), own_session().user, declared()),
        "waiting": verification.waiting(database(), own_session().user.id) if database().mails else "",
    }
    status = 422 if refused else 200
    return render("profile.html", f"{field}_form.html", status, form=forms[field], forms=forms, **shown)
