"""Errors, each with a page in the site's own look that says how to go on."""

import logging
from contextlib import suppress

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, HTTPException, Unauthorized, UnprocessableEntity

from db import Unavailable, Unknown
from webapp import auth, hypermedia
from webapp.accounts.actor import NoSession
from webapp.accounts.hashing import Busy
from webapp.accounts.roles import NotAllowed
from webapp.accounts.standing import DISABLED
from webapp.accounts.throttle import Throttled
from webapp.accounts.tokens import NoSuchToken, OfDisabled
from webapp.auth import csrf, drafts
from webapp.forms.login_link import LoginLinkForm
from webapp.forms.reset import AddressForm
from webapp.languages.sentences import say
from webapp.languages.times import in_words
from webapp.server.request_id import request_id

log = logging.getLogger("latchkey")

PROBLEMS: dict[int, tuple[str, str]] = {
    400: (say("Bad request"), say("The request could not be understood. Go back, reload the page and try again.")),
    403: (say("Not allowed"), say("Your account may not open this page. An admin can change that.")),
    404: (
        say("Page not found"),
        say("There is no page at this address. Check it for a typing mistake, or start from the home page."),
    ),
    405: (say("Not here"), say("This address does not take that kind of request. Open it as a page instead.")),
    408: (
        say("Too slow"),
        say("The request took too long to arrive, so nothing was done. Try again on a better connection."),
    ),
    413: (
        say("Too large"),
        say("That was more than this form takes (64 KiB), so nothing was done. Go back and send less."),
    ),
    422: (
        say("Not accepted"),
        say("Something in the form was not accepted, so nothing was done. Go back, reload the page and try again."),
    ),
    429: (say("Too many tries"), say("There were too many tries in a short time. Wait a minute, then try again.")),
    500: (say("Something went wrong"), say("The mistake is ours, and it is noted. Try again in a moment.")),
    503: (say("Busy"), say("We cannot answer this just now. Nothing was lost; try again in a few seconds.")),
}

# When to come back after a refusal that sets no time itself, in seconds.
RETRY_AFTER = {429: 60, 503: 5}
DEAD = say("This link no longer works.")
ASK_AGAIN = say("This link no longer works. It was used, is too old, or was cut off on its way. Ask for another one.")
UNKNOWN = say("We cannot tell whether this was done. Look whether it was; if not, send it again in a few seconds.")
BUSY = say("Too many people are logging in just now. Nothing was done; try again in a few seconds.")


def register(app: Flask) -> None:
    app.before_request(_refuse_what_no_view_should_see)
    app.after_request(_say_when)
    app.register_error_handler(Unauthorized, _stranger)
    app.register_error_handler(NoSession, lambda _: _ended())
    app.register_error_handler(auth.FactorNeeded, _factor_needed)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(NotAllowed, lambda _: _problem(Forbidden()))
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(Throttled, _throttled)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(NoSuchToken, _dead_link)
    app.register_error_handler(OfDisabled, lambda _: _problem(UnprocessableEntity(DISABLED)))
    app.jinja_env.globals["request_id"] = request_id


def _refuse_what_no_view_should_see() -> None:
    """Show an error page for what the server refused before: a body too large or too slow, a foreign Host.

    An address with a NUL is not found either: PostgreSQL's texts cannot hold one.
    """
    environ = request.environ
    if status := environ.get("latchkey.refused"):
        abort(status)
    if "\0" in environ["PATH_INFO"]:
        abort(404)


def _stranger(_: Unauthorized) -> ResponseReturnValue:
    """Send a stranger to the log-in page, and then back to where they were going, with what was typed."""
    if hypermedia.wants_partial() and csrf.is_only_asking():
        return hypermedia.unchanged()
    try:
        return hypermedia.log_in_first(url_for("login.show", next=drafts.way_back()))
    except Unavailable:
        return hypermedia.problem(503, *PROBLEMS[503])
    except Throttled as throttled:
        return _throttled(throttled)


def _factor_needed(_: auth.FactorNeeded) -> ResponseReturnValue:
    """Send a user who lacks a second factor to where one is added, and then back, with what was typed."""
    return redirect(url_for("security.show", next=drafts.way_back()), 303)


def _ended() -> ResponseReturnValue:
    """The session ended while its act waited for its turn."""
    g.current_session = None
    return _stranger(Unauthorized())


def _problem(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    title, sentence = PROBLEMS.get(status, PROBLEMS[400 if status < 500 else 500])
    if error.description and error.description != type(error).description:
        sentence = error.description
    with suppress(Unavailable):
        auth.current_session()
    g.setdefault("current_session", None)
    _know_when(status)
    answer = hypermedia.problem(status, title, sentence)
    answer.headers.extend([header for header in error.get_headers(request.environ) if header[0] != "Content-Type"])
    return answer


def _unavailable(error: Unavailable) -> ResponseReturnValue:
    """The database is locked, full or gone: what was typed comes back if the page can be shown without it."""
    log.error("database unavailable: %s", " ".join(str(error).split()))
    # The user is unknown, unless the session was read before the trouble; the page is shown as to a stranger.
    g.setdefault("current_session", None)
    return _again(503, UNKNOWN if isinstance(error, Unknown) else PROBLEMS[503][1])


def _throttled(error: Throttled) -> ResponseReturnValue:
    """Too many tries: nothing was tried, and nothing of what was typed is lost."""
    # The page's clock takes the place of these words.
    g.retry_after, g.retry_words = error.seconds, in_words(error.seconds)
    return _again(429, say(error.sentence, when=g.retry_words))


def _busy(_: Busy) -> ResponseReturnValue:
    """Too many hashes are waiting. This does not count as a failed attempt."""
    return _again(503, BUSY)


def _dead_link(_: NoSuchToken) -> ResponseReturnValue:
    """A link that was used, is too old or was made up: one page for all, with a form that asks for another."""
    by_login = (request.endpoint or "").startswith("login_link")
    form = LoginLinkForm({}) if by_login else AddressForm({})
    told = {"form": form, "asking": "login_link_form" if by_login else "reset_form"}
    return hypermedia.problem(404, DEAD, ASK_AGAIN, "dead_link.html", **told)


def _again(status: int, sentence: str) -> ResponseReturnValue:
    """Show the form again as it was sent, if there is one; otherwise the page of this error."""
    _know_when(status)
    if request.method == "POST" and request.endpoint:
        with suppress(Unavailable, HTTPException):
            auth.admit(current_app.view_functions[request.endpoint])
            return hypermedia.form_again(status, sentence)
    return hypermedia.problem(status, PROBLEMS[status][0], sentence)


def _know_when(status: int) -> None:
    """Set when to come back, for the page, which counts down, and for the Retry-After header."""
    if status in RETRY_AFTER:
        g.setdefault("retry_after", RETRY_AFTER[status])


def _say_when(answer: Response) -> Response:
    if answer.status_code in RETRY_AFTER:
        answer.headers["Retry-After"] = str(g.get("retry_after", RETRY_AFTER[answer.status_code]))
    return answer
