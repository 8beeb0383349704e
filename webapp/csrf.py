"""The cross-site guard: where a form came from, and a token that only our own page could hold.

SameSite=Lax cookies are the third layer; none of the three needs JavaScript.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, current_app, request, session
from flask.typing import ResponseReturnValue

from webapp import auth
from webapp.hypermedia import form_again

log = logging.getLogger("latchkey")

SAFE = {"GET", "HEAD", "OPTIONS"}
TOKEN_BYTES = 32

View = TypeVar("View", bound=Callable[..., Any])


def changes_nothing(view: View) -> View:
    """For a POST that only answers a question, such as the check of one field: it needs no token."""
    view.changes_nothing = True  # type: ignore[attr-defined]
    return view


def guard() -> ResponseReturnValue | None:
    """Before each request: refuse what another site sent; bring a form with a stale token back, filled in."""
    if request.method in SAFE or request.endpoint is None:
        return None
    if not _is_from_here():
        log.warning("refused a form that another site sent: %s", request.path)
        abort(403, "This form was sent by another site, so nothing was done. Open the page here and send it again.")
    view = current_app.view_functions[request.endpoint]
    if hasattr(view, "changes_nothing") or _fits(request.form.get("csrf_token", "")):
        return None
    return form_again(422, "This page had been open for too long, so nothing was done. Look at it and send it again.")


def token() -> str:
    """For a form's hidden field. Masked anew each time, so that compressed pages tell nothing of it (BREACH)."""
    mask = secrets.token_bytes(TOKEN_BYTES)
    return (mask + _xor(mask, _proof(_secret() or _new_secret()))).hex()


def _is_from_here() -> bool:
    """Sec-Fetch-Site decides, or Origin where a browser is too old for it; lynx sends neither.

    As Go 1.25's CrossOriginProtection, but a neighbour under the same domain is a stranger too.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or origin.lower() in _own_origins()


def _own_origins() -> set[str]:
    public: str = current_app.config["PUBLIC_URL"]
    return {public} if current_app.config["HTTPS"] else {public, request.host_url.rstrip("/").lower()}


def _fits(given: str) -> bool:
    try:
        masked = bytes.fromhex(given)
    except ValueError:
        return False
    secret = _secret()
    if secret is None or len(masked) != 2 * TOKEN_BYTES:
        return False
    return hmac.compare_digest(_xor(masked[:TOKEN_BYTES], masked[TOKEN_BYTES:]), _proof(secret))


def _secret() -> str | None:
    """What only this browser and we know: the session's token, for a visitor one of the signed cookie."""
    if auth.current_session():
        return auth.current_token()
    return session.get("csrf")


def _new_secret() -> str:
    session["csrf"] = secrets.token_urlsafe(TOKEN_BYTES)
    return str(session["csrf"])


def _proof(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"csrf_token", hashlib.sha256)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
