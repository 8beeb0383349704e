"""Security headers: one policy for every answer, errors and static files included."""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
POLICY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer a plain form would send `Origin: null`, which the cross-site guard refuses.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Unless an answer says otherwise, browsers must not keep it: going back after log-out must not show the dashboard.
    # back.js handles what they keep all the same.
    "Cache-Control": "no-store",
}
# Two years, as the preload list asks for.
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


# Key in the request's environ: one origin that the answer's forms may lead to, besides this site.
FORM_ACTION = "latchkey.form_action"


def with_security_headers(application: WSGIApplication, https: bool) -> WSGIApplication:
    """Add the policy's headers to each answer of `application`; a header that it sets itself stays."""
    policy = list((POLICY | HTTPS_ONLY if https else POLICY).items())

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Callable[[bytes], object]:
            named = {name.title() for name, _ in headers}
            added = [header for header in policy if header[0] not in named]
            if FORM_ACTION in environ:
                added[0] = _also_to(environ[FORM_ACTION])
            return start_response(status, headers + added, *failure)

        return application(environ, start)

    return answer


def _also_to(origin: str) -> tuple[str, str]:
    own = "form-action 'self'"
    return "Content-Security-Policy", CONTENT_SECURITY_POLICY.replace(own, f"{own} {origin}")
