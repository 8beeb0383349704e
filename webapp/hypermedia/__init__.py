"""One answer, two shapes: a whole page for a browser, a part of it for htmx. No view mentions htmx."""

import functools
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import flask
from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.urls import iri_to_uri

from webapp.languages.reader import translated

# In characters, as it is sent: an answer's headers then stay below the 4 KiB that nginx takes by default.
LONGEST_ADDRESS = 2000
# What a page depends on besides its address; named at once, as each name that is added later takes 5 µs.
VARY = {"Vary": "Accept-Encoding, Accept-Language, Cookie, HX-Request"}
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
NEXT = re.compile(r"/(?!/)[^\0-\x1f\\\x7f-\x9f\ud800-\udfff]*")


def register(app: Flask) -> None:
    # base.html asks each page for both.
    app.jinja_env.globals.update(form=None, part=None)
    app.after_request(after_request)


def wants_partial() -> bool:
    """Whether to answer with a part: htmx asks so, but not when going back, so a page is never built from a part."""
    return "HX-Request" in request.headers and "resumed" not in g


def render(page: str, partial: str, status: int = 200, **context: object) -> Response:
    """Answer with the page, or over htmx with its partial, the title and the flashes.

    `page` is a name in templates/, `partial` one in partials/.
    """
    part = f"partials/{partial}" if wants_partial() else None
    return Response(render_template(page, part=part, **context), status, VARY)


def render_aside(page: str, partial: str, **context: object) -> Response:
    """As `render`, for a part that belongs to every page: over htmx the title and the flashes stay as they are."""
    return Response(render_template(f"partials/{partial}" if wants_partial() else page, **context), headers=VARY)


def render_anew(page: str, partial: str, status: int = 200, **context: object) -> Response:
    """As `render`, for a page that shows how things are now: a link to it must not lead to it as it was.

    Lynx keeps what is `no-store` alone, and would show recovery codes again that were kept.
    """
    answer = render(page, partial, status, **context)
    answer.headers["Cache-Control"] = "no-store, no-cache"
    return answer


def flash(sentence: str, category: str = "success") -> None:
    """Show this sentence on the next page, in the reader's language; `category` is `success`, `error` or `message`."""
    flask.flash(translated(sentence), category)


def let_forms_lead_to(origin: str) -> None:
    """Let the forms of this answer be redirected to one more origin, such as `https://app.example`.

    Chromium applies `form-action` to each redirect after a form too. Raises ValueError if `origin` is not an origin.
    """
    if not ORIGIN.fullmatch(origin):
        raise ValueError(f"{origin!r} is no origin")
    request.environ["latchkey.form_action"] = origin


def redirect_or(show: Callable[[], Response], address: str) -> Response:
    """Answer an act with a redirect to `address`; over htmx with what `show` returns, in place."""
    return show() if wants_partial() else make_response(redirect(address, 303))


def form_again(status: int, sentence: str) -> Response:
    """Show the sent form again, filled in, with a sentence above it, so that typed text is not lost.

    The page behind a form reads `request.form`, so its view fills the form in; if that view redirects instead, there
    is nothing left to do (logged in already, logged out already). Aborts with `status` if the address has no page.
    """
    page = view_at(request.path, "GET")
    if page is None:
        abort(status, sentence)
    g.refusal = sentence
    answer = make_response(page())
    if wants_partial() and not _is_for_target(answer):
        if status != 422:
            abort(status, sentence)
        flash(sentence, "error")
        return make_response(redirect(request.full_path, 303))
    if answer.status_code == 200:
        answer.status_code = status
    return answer


def _is_for_target(answer: Response) -> bool:
    """Whether this answer has the element that the form changes: a list and a form in it have different addresses."""
    target = request.headers.get("HX-Target", "").partition("#")[2]
    return answer.status_code != 200 or f'id="{target}"' in answer.get_data(as_text=True) or not target


def view_at(path: str, method: str) -> functools.partial[ResponseReturnValue] | None:
    """View for this method and path, with its arguments, ready to be called; None if there is no such view."""
    try:
        endpoint, arguments = current_app.url_map.bind("").match(path, method)
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return None
    view: Callable[..., ResponseReturnValue] = current_app.ensure_sync(current_app.view_functions[endpoint])
    return functools.partial(view, **arguments)


def next_path() -> str:
    """Where to go on: `?next=` when it is a path of this site, else the dashboard.

    Browsers read `//evil`, `/\\evil` and `/<tab>/evil` as another site, and htmx runs `javascript:` (RFC 3986 4.2).
    """
    path = request.args.get("next", "")
    return path if NEXT.fullmatch(path) else url_for("dashboard.show")


def log_in_first(url: str) -> Response:
    """Send a visitor to the log-in at `url`: 303; over htmx 401, so that the form does not land in the panel."""
    if wants_partial():
        return Response(status=401, headers=VARY | {"HX-Redirect": url})
    return Response(status=303, headers=VARY | {"Location": url})


def asked_from() -> str | None:
    """Address on this site of the page that asked for a part of itself; None if htmx did not name one."""
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", "") if wants_partial() else "")
    except ValueError:
        return None
    return f"{page.path}?{page.query}".rstrip("?") or None


def unchanged() -> Response:
    """Answer 401 to what a page asked by itself after its session ended: the page stays as it is."""
    return Response(status=401, headers=VARY | {"HX-Reswap": "none"})


def after_request(answer: Response) -> Response:
    """Turn a redirect over htmx into 204 with HX-Redirect: fetch would follow it unseen, into the form.

    The address of each redirect is cut to a length that proxies take.
    """
    if answer.status_code == 200:
        return answer
    if "HX-Request" in request.headers and answer.status_code in {301, 302, 303, 307, 308}:
        answer.headers["HX-Redirect"] = iri_to_uri(answer.headers.pop("Location"))
        answer.status_code = 204
        answer.set_data(b"")
        answer.vary.add("HX-Request")
    for name in {"Location", "HX-Redirect"} & set(answer.headers.keys()):
        answer.headers[name] = _short(answer.headers[name])
    return answer


def _short(address: str) -> str:
    """The address; if it is too long, without its query; if that is too long, the dashboard's.

    The address that a stranger asks for is quoted on the way to the log-in, three characters for one. Behind a proxy
    without room for such a header the answer was a bare 502.
    """
    shorter = (address, address.partition("?")[0], url_for("dashboard.show"))
    return next(each for each in shorter if len(iri_to_uri(each)) <= LONGEST_ADDRESS)


def problem(status: int, title: str, sentence: str, page: str = "error.html", **context: object) -> Response:
    """An error's page; over htmx nothing is replaced, and the sentence goes to the flashes."""
    if wants_partial():
        g.refusal = sentence
        flashes = render_template("partials/flashes.html", out_of_band=True)
        return Response(flashes, status, VARY | {"HX-Reswap": "none"})
    html = render_template(page, status=status, title=title, sentence=sentence, **context)
    return Response(html, status, VARY)
