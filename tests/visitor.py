"""A browser that talks to a real server, as one without JavaScript does; it follows nothing by itself."""

from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

from tests.browser import TOKEN
from tests.fixtures import PASSWORD


class Visitor:
    """`status`, `text` and `headers` are those of the last answer. `sent` are headers that go with each request."""

    def __init__(self, url: str, **sent: str) -> None:
        self.url = url
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(), _NoRedirect)
        self._sent = {name.replace("_", "-"): value for name, value in sent.items()}

    def visit(self, path: str) -> "Visitor":
        return self._ask(path, None)

    def submit(self, path: str, **fields: Any) -> "Visitor":
        """Open the page behind a form and send it filled in."""
        token = TOKEN.search(self.visit(path).text)
        assert token is not None, f"{path}: {self.status}"
        return self._ask(path, urlencode(fields | {"csrf_token": token[1]}).encode())

    def sign_up(self, name: str) -> "Visitor":
        return self.submit("/signup", username=name, email=f"{name}@example.com", password=PASSWORD)

    def log_in(self, name: str, password: str = PASSWORD) -> "Visitor":
        return self.submit("/login", email=f"{name}@example.com", password=password)

    def _ask(self, path: str, body: bytes | None) -> "Visitor":
        try:
            answer = self._opener.open(Request(f"{self.url}{path}", body, self._sent), timeout=60)
        except HTTPError as error:
            answer = error
        with answer:
            self.status, self.text, self.headers = answer.status, answer.read().decode(), answer.headers
        return self


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Where an act leads is what is looked at."""
