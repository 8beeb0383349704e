"""The Host header: only our own names are accepted, so that no link or redirect ever leads elsewhere."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import get_host

# Prometheus may ask under any address that it was given; its answer holds no link.
ANY_HOST = "/metrics"
# A name has 253 characters at most (RFC 1035 2.3.4), a port five; longer ones would fill the cache of names.
LONGEST = 260


def only_for(hosts: list[str] | None, application: WSGIApplication) -> WSGIApplication:
    """Make `application` refuse requests to other hosts; if `hosts` is None, any valid name is accepted."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["HTTP_HOST"] = environ.get("HTTP_HOST", "").lower()
        header = environ["HTTP_HOST"]
        fits = len(header) <= LONGEST
        host = _name(environ["wsgi.url_scheme"], header, environ["SERVER_NAME"]) if fits else None
        if host is None or (hosts and host not in hosts and environ["PATH_INFO"] != ANY_HOST):
            environ |= {"latchkey.refused": 400, "HTTP_HOST": "localhost", "PATH_INFO": "/"}
        return application(environ, start_response)

    return answer


@lru_cache(256)
def _name(scheme: str, header: str, server: str) -> str | None:
    """Host name without port; None if the header is invalid."""
    try:
        return urlsplit(f"//{get_host(scheme, header, (server, None))}").hostname
    except (SecurityError, ValueError):
        return None
