"""Whatever is sent to any form of ours: an answer in our look, never a 500, and nothing half written."""

import re

import pytest
from flask import Flask

from db import Database, passkeys, users
from db.passkeys import Passkey
from tests.browser import Browser
from tests.fixtures import PASSWORD, logged_in, person, sign_up
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE

# All but an admin's reason, which may be almost any text.
FIELDS = ["username", "email", "password", "current_password", "new_password", "remember", "role"]
JUNK = {
    "empty": "",
    "blank": "+++",
    "long": "a" * 5000,
    "NUL": "al%00ice",
    "CR LF": "al%0d%0aice",
    "full-width": "%ef%bd%81lice",
    "zero-width": "al%e2%80%8bice",
    "right-to-left": "%e2%80%aealice",
    "lone surrogate": "%ed%a0%80%ed%a0%80%ed%a0%80",
    "no UTF-8": "%ff%ff%ff%ff%ff%ff%ff%ff",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
}
FORM = "application/x-www-form-urlencoded"


def _posts(app: Flask, session_id: str, user_id: int) -> list[str]:
    """Every address that takes a POST, but log-out's and that which removes the passkey."""
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    filled = [rule.rule.replace("<session_id>", session_id).replace("<user_id>", str(user_id)) for rule in rules]
    filled = [path.replace("<key_id>", "k") for path in filled if path != "/account/passkeys/<key_id>/remove"]
    addresses = [re.sub(r"<any\(([^,]+).*>", r"\1", path) for path in filled]
    return [address for address in addresses if address not in {"/logout", "/account/delete/undo", "/expiry"}]


@pytest.fixture
def posts(app: Flask, db: Database) -> tuple[Browser, list[str]]:
    """Alice, who is an admin, and all that she can send."""
    alice = logged_in(sign_up(Browser(app), "bob"), "alice")
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    passkeys.add(db, Passkey("k", person(db, "alice").id, "c", "p", 0, "", "", 0, 0, "Phone", db.now(), None))
    session_id = str(alice.visit("/account/sessions").page.select(".row")[0]["id"])[8:]
    return alice, _posts(app, session_id, person(db, "bob").id)


def _kept(db: Database) -> tuple[object, ...]:
    user = users.newest(db, 9)
    return [person[:5] for person in user], db.all("SELECT count(*) FROM sessions")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_in_every_field_is_refused(
    posts: tuple[Browser, list[str]], db: Database, junk: str, headers: dict[str, str]
) -> None:
    alice, addresses = posts
    before = _kept(db)
    token = alice.visit("/account").value("csrf_token")
    for address in addresses:
        for csrf in (token, junk):
            body = "&".join(f"{name}={junk}" for name in FIELDS) + f"&csrf_token={csrf}&id=7"
            answer = alice.client.post(address, data=body, content_type=FORM, headers=headers)
            assert answer.status_code in {200, 204, 303, 422}, f"{address} {answer.status_code}"
            assert "<script>alert" not in answer.text and PASSWORD not in answer.text
    assert _kept(db) == before


def test_what_no_form_sends_is_refused_in_our_look(posts: tuple[Browser, list[str]], db: Database) -> None:
    alice, addresses = posts
    before = _kept(db)
    for address in addresses:
        large = alice.client.post(address, data="username=" + "a" * 70_000, content_type=FORM)
        assert large.status_code == 413 and "<h1>Too large</h1>" in large.text
        for kind in ("multipart/form-data; boundary=x", "application/json", "text/plain", ""):
            answer = alice.client.post(address, data=b'{"username": "mallory"}\xff', content_type=kind)
            assert answer.status_code in {200, 303, 422}, f"{address} {kind} {answer.status_code}"
        assert alice.client.post(address, data="&".join(["a=b"] * 200), content_type=FORM).status_code == 400
        for method in ("PUT", "DELETE", "PATCH"):
            answer = alice.client.open(address, method=method)
            assert answer.status_code == 405 and "<h1>Not here</h1>" in answer.text
    assert _kept(db) == before


def test_a_stranger_gets_as_far_as_the_log_in_page(app: Flask, posts: tuple[Browser, list[str]]) -> None:
    for address in posts[1]:
        if address.startswith(("/account", "/confirm", "/admin")):
            answer = app.test_client().post(address, data={"username": "x"})
            assert answer.status_code == 303 and answer.location.startswith("/login"), address
