"""A client over HTTP, which acts through the forms that it is served and keeps cookies; a connection a request."""

import http.client
import sys
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from bs4 import BeautifulSoup

from tests.bench.clock import NAME
from tests.browser import values

PASSWORD = "correct horse battery"
REDIRECTS = {302, 303}
# Longer than any server here should need; who waits for a hash behind 64 others is not gone yet.
PATIENCE = 30


class Answer(NamedTuple):
    """`status` is 0 where none came."""

    status: int
    text: str


class Form(NamedTuple):
    target: str
    fields: dict[str, Any]

    def filled_in(self, **typed: str) -> dict[str, Any]:
        """allauth calls the address `login`."""
        if "login" in self.fields and "email" in typed:
            typed["login"] = typed.pop("email")
        return self.fields | typed


class Client:
    """`cookies` are kept as browsers keep them; `address` is where a proxy says that the requests come from."""

    def __init__(self, url: str, address: str = "") -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self._forwarded = {"X-Forwarded-For": address} if address else {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str) -> Answer:
        return self._send("GET", path, "", {})

    def post(self, path: str, fields: dict[str, Any]) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        return self._send("POST", path, urlencode(fields), kind)

    def form(self, path: str, name: str = "password") -> Form:
        """The one on this page that asks for a password, or for what is called `name`."""
        field = BeautifulSoup(self.get(path).text, "html.parser").find("input", {"name": name})
        form = field and field.find_parent("form")
        if not form:
            sys.exit(f"{self.url}{path} should hold a form that asks for a field {name!r}.")
        return Form(str(form.get("action") or path), values(form))

    def log_in(self, path: str, email: str) -> Answer:
        form = self.form(path)
        return self.post(form.target, form.filled_in(email=email, password=PASSWORD))

    def sign_up(self, name: str) -> Answer:
        form = self.form("/signup")
        return self.post(form.target, form.filled_in(username=name, email=f"{name}@example.com", password=PASSWORD))

    def check(self, path: str) -> None:
        """Stop where this is not a page with the person's name on it: it would be timed in vain."""
        answer = self.get(path)
        if answer.status != 200 or NAME not in answer.text:
            sys.exit(f"{self.url}{path} should be a page with the name of {NAME} on it, and answers {answer.status}.")

    def _send(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers | self._forwarded | {"Cookie": self.cookie})
            answer = connection.getresponse()
            self._keep(answer.headers.get_all("Set-Cookie", []))
            return Answer(answer.status, answer.read().decode())
        except (OSError, http.client.HTTPException):
            return Answer(0, "")
        finally:
            connection.close()

    def _keep(self, given: list[str]) -> None:
        for line in given:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
