"""The overview of admins: what needs a look, numbers, charts, the newest people and the latest events."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import admin, blocks
from webapp.accounts.admin import Cards
from webapp.accounts.events import Kind
from webapp.auth import admin_required, unseen
from webapp.auth.navigation import Link
from webapp.database import database
from webapp.forms import as_id
from webapp.hypermedia import drawing, looks, render, render_aside
from webapp.hypermedia.looks import Look, Notice
from webapp.languages.sentences import say, say_number

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
NAVIGATION = (
    Link("site", "admin.show", say("Admin"), 30, covers=True, audience="admins"),
    Link("admin", "admin.show", say("Overview"), 10, "chart", covers=True, audience="admins"),
)


def blocked(cards: Cards) -> Notice | None:
    number = cards.blocked
    told = say_number("%(number)s block after too many tries", "%(number)s blocks after too many tries", number)
    if number > blocks.MOST_SHOWN:
        told = say("More than %(number)s blocks after too many tries", number=blocks.MOST_SHOWN)
    return Notice(told, url_for("admin_blocks.show"), "block") if number else None


def failed(cards: Cards) -> Notice | None:
    day = cards.today.date
    address = url_for("admin_events.show", kind=Kind.LOGIN_FAILED, since=day, until=day)
    return Notice(cards.failures_told, address) if cards.is_above_usual else None


def leaving(cards: Cards) -> Notice | None:
    told = say_number(
        "%(number)s account is about to be deleted", "%(number)s accounts are about to be deleted", cards.leaving
    )
    return Notice(told, url_for("admin_users.show", state="leaving"), "clock") if cards.leaving else None


def disabled(cards: Cards) -> Notice | None:
    told = say_number(
        "%(number)s account was disabled this week", "%(number)s accounts were disabled this week", cards.disabled
    )
    address = url_for("admin_events.show", kind=Kind.DISABLED, since=cards.week[0].date)
    return Notice(told, address, "person") if cards.disabled else None


LOOKS = (Look(blocked, 10), Look(failed, 20), Look(leaving, 30), Look(disabled, 40))


@blueprint.get("")
@admin_required
def show() -> ResponseReturnValue:
    asked, db = as_id(request.args.get("days", "")), database()
    span = asked if asked in admin.SPANS else admin.SPANS[0]
    days = drawing.whole(span)
    numbers = admin.cards(db, days)
    return render(
        "admin.html",
        "admin_overview.html",
        spans=admin.SPANS,
        span=span,
        cards=numbers,
        notices=looks.found(numbers),
        days=numbers.days[-days:],
        weeks=drawing.weeks(days),
        newest=admin.newest(db),
        people=admin.newest_people(db),
    )


@blueprint.get("/cards")
@admin_required
@unseen
def cards() -> ResponseReturnValue:
    """Show the numbers alone, for which a page asks every half minute; without JavaScript as a page of their own."""
    numbers = admin.cards(database())
    return render_aside("admin_cards.html", "admin_cards.html", cards=numbers, notices=looks.found(numbers))
