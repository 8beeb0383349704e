"""The profile: user name, email address and language, each saved alone."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import profile, signup
from webapp.accounts.fields import Refused, values
from webapp.auth import confirmed, login_required, own_session, quick, says
from webapp.auth.actor import actor
from webapp.auth.csrf import only_asks
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.fields import declared
from webapp.forms import Form
from webapp.forms.profile import EmailForm, LanguageForm, UsernameForm
from webapp.hypermedia import flash, render
from webapp.languages.reader import known, speak
from webapp.languages.sentences import say

blueprint = Blueprint("profile", __name__, url_prefix="/account")
NAVIGATION = (
    Link("site", "profile.show", say("Account"), 20, covers=True),
    Link("account", "profile.show", say("Profile"), 10, "person"),
)

FORMS: dict[str, type[Form]] = {"username": UsernameForm, "email": EmailForm, "language": LanguageForm}
SAVED = {
    "username": say("Your user name is %(it)s now."),
    "email": say("Your email address is %(it)s now. Log in with it from the next time on."),
}
# For a user who has set no language.
AS_ASKED = "browser"


@blueprint.get("")
@login_required
@quick
def show() -> ResponseReturnValue:
    return _page("username")


@blueprint.get("/<any(username, email, language):field>")
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
    form = LanguageForm(request.form)
    language = None if form.values["language"] == AS_ASKED else form.values["language"]
    if form.check():
        try:
            profile.set_language(database(), actor(), language, known())
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return _page("language", form)
    speak(language)
    flash(say("Your language is saved."))
    return redirect(url_for("profile.show"), 303)


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


def _save(field: str, save: Callable[..., None]) -> ResponseReturnValue:
    form = FORMS[field](request.form)
    if form.check():
        try:
            save(database(), actor(), form.values[field])
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return _page(field, form)
    flash(say(SAVED[field], it=form.values[field]))
    return redirect(url_for("profile.show"), 303)


def _page(field: str, refused: Form | None = None) -> ResponseReturnValue:
    user = own_session().user
    kept = {"username": user.username, "email": user.email, "language": user.language or AS_ASKED}
    typed = kept | request.form.to_dict()
    forms = {name: form(typed) for name, form in FORMS.items()}
    if refused:
        forms[field] = refused
    status, form, fields = 422 if refused else 200, forms[field], values.seen(database(), actor(), user, declared())
    return render(
        "profile.html", f"{field}_form.html", status, form=form, forms=forms, languages=known(), fields=fields
    )
