"""Mails that wait, and mails that were given up: each is sent again or thrown away; none is read."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from db import moment
from webapp.accounts import admin_mail, outbox
from webapp.auth import admin_required, says
from webapp.auth.actor import actor
from webapp.auth.navigation import Link
from webapp.config import sends_mail
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import flash, lists, render
from webapp.hypermedia.looks import Look, Notice
from webapp.languages.sentences import Sentence, say, say_number

blueprint = Blueprint("admin_mail", __name__, url_prefix="/admin/mail")
IS_FOR = sends_mail
NAVIGATION = (Link("admin", "admin_mail.show", say("Mail"), 60, "mail", covers=True, audience="admins", key="m"),)
STATES = {"failed": say("given up"), "waiting": say("waiting")}
MAILS = lists.List(
    "admin_mail.show", say("Mail"), ("state",), (), "before", lambda asked: [STATES.get(asked.get("state", ""), "")]
)
LISTS = (MAILS,)
LONGEST_WAIT = timedelta(minutes=5)
ACTS = {"retry": say("Send a mail to %(to)s again."), "discard": say("Discard a mail to %(to)s.")}


def given_up(_: Any) -> Notice | None:
    number = outbox.numbers(database()).failed
    told = say_number("%(number)s mail was given up", "%(number)s mails were given up", number)
    return Notice(told, url_for("admin_mail.show", state="failed"), "mail") if number else None


def waiting(_: Any) -> Notice | None:
    """Mails that have waited for longer than one that finds a relay."""
    held, db = outbox.numbers(database()), database()
    is_long = held.eldest is not None and db.clock() - moment(held.eldest) > LONGEST_WAIT
    told = say_number("%(number)s mail waits for a relay", "%(number)s mails wait for a relay", held.waiting)
    return Notice(told, url_for("admin_mail.show", state="waiting"), "mail") if is_long else None


LOOKS = (Look(given_up, 50), Look(waiting, 51))


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    asked, db = MAILS.asked(), database()
    held, before = outbox.numbers(db), as_id(asked.get("before", ""))
    state = asked.get("state") or ("failed" if held.failed else "waiting")
    return MAILS.tidied() or render(
        "admin_mail.html",
        "admin_mail.html",
        numbers=held,
        state=state if state in STATES else "waiting",
        before=before,
        listed=outbox.page(db, state == "failed", before),
    )


def _doing(fields: dict[str, str]) -> Sentence:
    mail = outbox.find(database(), as_id(fields.get("id", "")))
    act = ACTS.get(fields.get("act", ""), ACTS["retry"])
    return say(act.template, to=mail.recipient) if mail else say("Act on a mail that is gone.")


@blueprint.post("")
@admin_required
@says(_doing)
def act() -> ResponseReturnValue:
    do = admin_mail.discard if request.form.get("act") == "discard" else admin_mail.retry
    try:
        do(database(), actor(), as_id(request.form.get("id", "")))
    except admin_mail.NoSuchMail:
        flash(say("That mail was sent or discarded already."), "message")
    else:
        is_discarded = do is admin_mail.discard
        flash(say("The mail is discarded.") if is_discarded else say("The mail is on its way again."))
    return redirect(MAILS.here(), 303)
