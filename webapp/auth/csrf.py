"""The cross-site guard: where a form came from, and a token that only our own page could hold.

SameSite=Lax cookies are the third layer; none of the three needs JavaScript.
"""

import hashlib
import hmac
import logging
import secrets

import flask
from flask import Flask, abort, request
from flask.typing import ResponseReturnValue

from db.sessions import Session
from webapp import auth
from webapp.auth import View
from webapp.config import settings
from webapp.hypermedia import form_again
from webapp.languages.sentences import say

log = logging.getLogger("latchkey")

TOKEN_BYTES = 32


def register(app: Flask) -> None:
    auth.before_acts(app, guard)
    app.jinja_env.globals["csrf_token"] = token


def only_asks(view: View) -> View:
    """Mark a POST that only answers a question, such as the check of one field: it needs no token."""
    view.only_asks = True  # type: ignore[attr-defined]
    return view


def guard() -> ResponseReturnValue | None:
    """Before each act: refuse forms from other sites; show a form with a stale token again, filled in."""
    if auth.is_for_programs():
        return None
    if not _is_from_here():
        log.warning("refused a form that another site sent: %s", request.path)
        abort(
            403,
            say("This form was sent by another site, so nothing was done. Open the page here and send it again."),
        )
    if is_only_asking() or _fits(_source()):
        return None
    return form_again(
        422, say("This page had been open for too long, so nothing was done. Look at it and send it again.")
    )


def is_only_asking() -> bool:
    """Whether this request goes to a view marked @only_asks."""
    return auth.is_marked("only_asks")


def token() -> str:
    """Token for a form's hidden field, masked anew each time: compressed pages reveal nothing of it (BREACH)."""
    mask = secrets.token_bytes(TOKEN_BYTES)
    return (mask + _xor(mask, _proof(_source() or _new_source(), settings().secret_key[0]))).hex()


def visitor() -> str:
    """The random name in this visitor's cookie, to which the challenge of a log-in is bound; made if there is none."""
    return f"visitor {flask.session.get('csrf') or _new_source()}"


def is_from_page_of(session: Session) -> bool:
    """Whether the form of this request stood in a page that was made for this session, live or not."""
    return _is_from_here() and _fits(_source_of(session))


def _is_from_here() -> bool:
    """Whether a page of ours sent this, by Sec-Fetch-Site, or Origin from old browsers; lynx sends neither and passes.

    Like Go 1.25's CrossOriginProtection, but other hosts under the same domain are refused too.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or origin.lower() in _own_origins()


def _own_origins() -> set[str]:
    own = settings().origin
    return {own} if settings().https else {own, request.host_url.rstrip("/").lower()}


def _fits(source: str | None) -> bool:
    try:
        masked = bytes.fromhex(request.form.get("csrf_token", ""))
    except ValueError:
        return False
    if source is None or len(masked) != 2 * TOKEN_BYTES:
        return False
    given = _xor(masked[:TOKEN_BYTES], masked[TOKEN_BYTES:])
    return any(hmac.compare_digest(given, _proof(source, key)) for key in settings().secret_key)


def _source() -> str | None:
    """Source of the token: the session's id, as forms outlive the session's token; for a visitor a signed cookie."""
    session = auth.current_session()
    return _source_of(session) if session else flask.session.get("csrf")


def _source_of(session: Session) -> str:
    return f"session {session.id}"


def _new_source() -> str:
    flask.session["csrf"] = secrets.token_urlsafe(TOKEN_BYTES)
    return str(flask.session["csrf"])


def _proof(source: str, key: str) -> bytes:
    return hmac.digest(key.encode(), f"csrf_token {source}".encode(), hashlib.sha256)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
