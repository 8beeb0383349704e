"""New recovery codes in this browser: shown until the user has kept them, and then led on from."""

from flask import redirect, request, url_for
from werkzeug import Response

from webapp.auth import known_browsers, own_session, shown_once
from webapp.hypermedia import next_path

NAME = "recovery codes"


def show(codes: list[str]) -> None:
    """Keep these codes for their page."""
    shown_once.keep(NAME, " ".join(codes))


def shown() -> list[str]:
    """The codes that the page shows; none once the user has kept them."""
    return shown_once.kept(NAME).split()


def forget() -> None:
    shown_once.forget(NAME)


def lead_on(codes: list[str]) -> Response:
    """After a factor was added: to the new codes, if it was the first; else on."""
    if codes:
        known_browsers.remember_again(own_session().user.id)
        show(codes)
        return redirect(url_for("recovery_codes.show", next=request.args.get("next")), 303)
    return to_next_or_hub()


def to_next_or_hub() -> Response:
    """Back to where the user was led away from to add a factor, or else to the hub."""
    return redirect(next_path() if request.args.get("next") else url_for("security.show"), 303)
