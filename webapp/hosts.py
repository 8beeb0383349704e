"""The Host header: only names under which people know us, so that no link or redirect ever leads elsewhere."""

from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import SecurityError
from werkzeug.wsgi import get_host

# Prometheus asks under the address that it was given, and what it gets holds no link.
ANY_HOST = "/metrics"


def only_for(hosts: list[str] | None, application: WSGIApplication) -> WSGIApplication:
    """The application, told to refuse what was sent to another host; None takes any name that is one."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["HTTP_HOST"] = environ.get("HTTP_HOST", "").lower()
        try:
            host = urlsplit(f"//{get_host(environ)}").hostname
        except (SecurityError, ValueError):
            host = None
        if host is None or (hosts and host not in hosts and environ["PATH_INFO"] != ANY_HOST):
            environ |= {"latchkey.refused": 400, "HTTP_HOST": "localhost", "PATH_INFO": "/"}
        return application(environ, start_response)

    return answer
