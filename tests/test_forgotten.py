"""Every page in a language that nobody speaks: what it says in English was forgotten."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, Response

from db import Database, passkeys
from db.passkeys import Passkey
from tests.browser import Browser
from tests.factors import add_app, half_in, recovery_codes
from tests.fixtures import BREACHED, PASSWORD, Clock, log_in, logged_in, person, sign_up
from tests.mailbox import Mailbox
from tests.sentences import PSEUDO, forgotten, outside_brackets, write_pseudo
from webapp import create_app, errors
from webapp.accounts import factors_reset, roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.languages import catalogs

EASY = ("qwertyui", "qwertyuiop[]", "aaaaaaaa", "abcabcabc", "abcdefgh", "20252025", "12345678", "jennifer", "p@ssw0rd")
SEARCHES = (
    "/admin?days=90", "/admin/users?q=nobody", "/admin/users?sort=email&dir=desc", "/admin/users?after=1&q=nobody",
    "/admin/events?kind=exported", "/admin/events?person=nobody&since=x", "/admin/events?kind=exported&before=1",
)  # fmt: skip


@pytest.fixture
def spoken(settings: dict[str, Any], clock: Clock, cheap_hashes: None, tmp_path: Path) -> Iterator[Flask]:
    """An app whose answers, each of them, must say nothing but what is in the catalog of a made-up language."""
    with _speaking(settings, clock, tmp_path / "translations") as app:
        yield app


@pytest.fixture
def spoken_with_mail(
    mail_settings: dict[str, Any], clock: Clock, cheap_hashes: None, tmp_path: Path
) -> Iterator[Flask]:
    """The same, of a site that sends mail."""
    with _speaking(mail_settings, clock, tmp_path / "translations") as app:
        yield app


@pytest.fixture
def db(spoken: Flask) -> Database:
    return spoken.extensions["database"]


@pytest.fixture
def stranger(spoken: Flask, htmx: bool) -> Browser:
    return _reader(spoken, htmx)


def test_an_unmarked_sentence_is_found() -> None:
    assert forgotten("<title>⟦Log in⟧ – Latchkey</title><p>⟦Role: <b>⟦user⟧</b>⟧</p><p>alice, 3</p>") == []
    assert forgotten("<p>⟦Role:⟧ nobody</p>") == ["nobody"]
    assert forgotten('<img alt="A key">') == ["Akey"]
    assert forgotten('<meta name="description" content="Sign up."><svg><title>Days</title></svg>') == ["Days", "Signup"]


def test_a_stranger_reads_nothing_that_was_forgotten(spoken: Flask, stranger: Browser) -> None:
    _see(stranger, *_addresses(spoken), "/login?next=/dashboard", "/nowhere")
    sign_up(stranger, "alice")
    for fields in (
        {"username": "a", "email": "x", "password": "y"},
        {"username": "", "email": "", "password": "a" * 257},
        {"username": "alice", "email": "alice@example.com", "password": PASSWORD},
        {"username": "zed", "email": "zed@example.com", "password": "zed@example.com"},
        {"username": "zed", "email": f"{'z' * 250}@example.com", "password": ""},
    ):
        assert stranger.visit("/signup").submit("signup-form", **fields).answer.status_code == 422
    for password in (*EASY, BREACHED):
        stranger.visit("/signup").submit("signup-form", username="zed", email="zed@example.com", password=password)
        assert list(stranger.errors()) == ["password"]
    assert stranger.submit("signup-form", csrf_token="stale").answer.status_code == 422
    for password in (PASSWORD, "a-word-or-2"):
        rated = stranger.client.post("/signup/password/strength", data={"password": password})
        assert rated.text and forgotten(rated.text) == []
    stranger.visit("/login").submit("login-form", email="", password="")
    for _ in range(7):
        stranger.visit("/login").submit("login-form", email="alice@example.com", password="wrong")
    assert stranger.answer.status_code == 429


def test_no_refusal_was_forgotten(spoken: Flask, stranger: Browser) -> None:
    client, headers = stranger.client, {"HX-Request": "true"} if stranger.htmx else {}
    assert client.post("/login", headers=headers | {"Origin": "http://elsewhere.example"}).status_code == 403
    assert client.put("/login", headers=headers).status_code == 405
    for status in errors.PROBLEMS:
        refused = {"latchkey.refused": status} if status != 401 else {}
        assert client.get("/login", headers=headers, environ_overrides=refused).status_code == status


def test_somebody_reads_nothing_that_was_forgotten(spoken: Flask, stranger: Browser, clock: Clock) -> None:
    alice = logged_in(stranger, "alice")
    logged_in(_reader(spoken, False), "bob")
    for _ in range(3):
        log_in(_reader(spoken, False), "alice")
    log_in(_reader(spoken, False), "alice", password="wrong")
    clock.advance(minutes=1)
    others = [str(link["href"]) for link in alice.visit("/account/sessions").page.select(".row h2 a")][1:]
    pages = ("/account/activity?kind=exported", "/account/activity?before=1", "/admin", "/account/security?next=/")
    _see(alice, *_addresses(spoken), *others, *pages)
    _send(alice, "/account", "username-form", {"username": "bob"}, {"username": "zed"}, {"username": "alice"})
    _send(alice, "/account", "email-form", {"email": "x"}, {"email": "zed@example.com"}, {"email": "alice@example.com"})
    _send(alice, "/account", "language-form", {"language": "xx"}, {"language": ""}, {"language": "browser"})
    alice.visit("/account/sessions").submit(f"end-{others[0].rsplit('/', 1)[1]}")
    _send(alice, others[1], "end-session", {})
    _send(alice, "/account/sessions", "end-others", {})
    assert alice.page.select_one("#alone")
    _see(alice, others[0])
    rated = alice.client.post("/account/password/strength", data={"new_password": f"{PASSWORD} 2"})
    assert rated.text and forgotten(rated.text) == []
    wrong = {"current_password": "wrong", "new_password": f"{PASSWORD} 2"}
    _send(alice, "/account/password", "password-change-form", wrong, wrong | {"current_password": PASSWORD})


def test_nothing_about_second_factors_was_forgotten(spoken: Flask, stranger: Browser, clock: Clock) -> None:
    alice, db = logged_in(stranger, "alice"), spoken.extensions["database"]
    alice.visit("/account/totp").submit("totp-form", code="").submit("totp-form", code="000000")
    add_app(alice, clock)
    codes = recovery_codes(alice)
    (key,) = _passkeys(db, person(db, "alice").id)
    pages = ("/account/security", "/account/totp", "/account/recovery-codes", "/account/passkeys", "/confirm")
    _see(alice, *pages, "/account/totp/remove", f"/account/passkeys/{key}/remove", f"/account/passkeys/{key}")
    _send(alice, "/account/passkeys", f"passkey-{key}", {"name": ""}, {"name": "x" * 61}, {"name": "⟦Laptop⟧"})
    _send(alice, "/confirm", "confirm-code-form", {"code": ""}, {"code": "0"}, {"code": codes[0]})
    half = half_in(_reader(spoken, alice.htmx))
    _send(half, "/login/second", "second_step-form", {"code": ""}, *[{"code": "0"}] * 6)
    _send(half, "/login/recovery", "recovery-form", {"code": ""}, {"code": codes[0]}, {"code": "0"})
    _send(half, "/login/recovery", "recovery-form", {"code": codes[1]})
    factors_reset.ask(db, COMMAND_LINE, person(db, "alice"), 24, "⟦lost⟧")
    _see(half_in(_reader(spoken, False)), "/login/second", "/login/recovery")
    _see(alice, *pages, "/dashboard", "/account/activity")
    alice.visit("/dashboard").submit("factors-reset-stop")
    alice.visit("/account/recovery-codes").submit("recovery_codes-form")
    alice.visit("/account/recovery-codes").submit("kept-form")
    alice.visit("/account/totp/remove").submit("totp_removal-form")
    _send(alice, f"/account/passkeys/{key}/remove", "passkey_removal-form", {})


def _passkeys(db: Database, user_id: int) -> list[str]:
    with db.transaction():
        passkeys.add(db, Passkey("k", user_id, "c", "p", 0, "", "", 1, 1, "⟦Phone⟧", db.now(), None))
    return ["k"]


def test_the_end_of_a_session_and_of_an_account_is_told_in_full(spoken: Flask, stranger: Browser, clock: Clock) -> None:
    alice = logged_in(stranger, "alice")
    clock.advance(minutes=20)
    alice.visit("/account").submit("email-form", email="zed@example.com")
    _send(alice, alice.path, "confirm-form", {"password": "wrong"}, {"password": PASSWORD})
    clock.advance(minutes=59)
    _see(alice, "/expiry", "/dashboard", "/account/delete")
    alice.visit("/account/data").submit("export-form")
    _send(alice, "/account/delete", "deletion-form", {"password": ""}, {"password": "wrong"}, {"password": PASSWORD})
    log_in(alice, "zed", password=PASSWORD)
    _see(alice, "/dashboard", "/account/delete", "/account/delete/undo")
    alice.visit("/account/delete").submit("deletion-undo-form")
    clock.advance(hours=23, minutes=59)
    _see(alice, "/expiry")
    clock.advance(days=2)
    _see(alice, "/expiry", "/dashboard")


def test_an_admin_reads_nothing_that_was_forgotten(spoken: Flask, stranger: Browser, db: Database) -> None:
    grace, alice = logged_in(stranger, "grace"), logged_in(_reader(spoken, False), "alice")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    for _ in range(6):
        log_in(_reader(spoken, False), "alice", password="wrong")
        log_in(_reader(spoken, False), "bob", password="wrong")
    user = f"/admin/users/{person(db, 'alice').id}"
    own = f"/admin/users/{person(db, 'grace').id}"
    acts = [f"{user}/{act}" for act in ("role", "disable", "enable", "sign-out", "factors-reset")]
    _see(grace, *_addresses(spoken), user, own, f"{own}/disable", *acts, *SEARCHES)
    _send(grace, acts[0], "act-form", {}, {"reason": "spam"})
    _send(grace, f"{own}/role", "act-form")
    for act in acts[1:]:
        _send(grace, act, "act-form", {"reason": "a" * 201}, {"reason": "spam"})
        _see(grace, user)
    lift = str(grace.visit("/admin/blocks").page.select("form[id^=lift]")[0]["id"])
    key = grace.submit(lift).page
    assert key is not None
    _see(alice, "/account/activity")
    _send(grace, "/account/delete", "deletion-form", {"password": PASSWORD})


def test_nothing_that_mail_brings_was_forgotten(spoken_with_mail: Flask, htmx: bool, tmp_path: Path) -> None:
    app, mailbox = spoken_with_mail, Mailbox(spoken_with_mail, tmp_path / "mail")
    alice, db, other = _reader(app, htmx), app.extensions["database"], _reader(app, htmx)
    alice.visit("/signup").submit("signup-form", username="alice", email="alice@example.com", password=PASSWORD)
    link = mailbox.one().link
    _see(other, link, "/signup/sent", "/reset", "/reset/sent", "/login/link", "/login/code", "/undo/done", "/login")
    _send(other, link, "verify-form", {"password": ""}, {"password": "wrong"})
    alice.visit(link).submit("verify-form")
    _send(alice, "/reset", "reset-form", {"email": "x"}, {"email": "alice@example.com"})
    _send(alice, "/login/link", "login_link-form", {"email": ""}, {"email": "alice@example.com"})
    alice.submit("login_code-form", code="").submit("login_code-form", code="wrong")
    reset, login = (letter.link for letter in mailbox.new())
    _send(other, reset, "new_password-form", {"password": "a"})
    other.visit(f"/reset/{'x' * 43}")
    alice.visit(login).submit("login_link_open-form")
    db.run("UPDATE users SET verified_at = NULL, role = 'admin'")
    _see(alice, *_addresses(app), "/admin/mail?state=failed")
    _send(alice, "/account", "email_verify-form", {})
    _send(alice, "/account", "email-form", {"email": "zed@example.com"})
    _send(
        alice,
        "/admin/invitations",
        "invite-form",
        {"email": "x", "role": "user"},
        {"email": "bob@example.com", "role": "user"},
    )
    _send(other, mailbox.new()[-1].link, "invitation-form", {"username": "a", "password": "b"})
    _send(alice, "/account", "username-form", {"username": "zed"})
    notice = mailbox.one().link
    db.run("UPDATE outbox SET sent_at = NULL, failed_at = created_at, error = 'spam'")
    _see(alice, "/admin/mail", "/admin", "/account/activity", "/admin/events")
    form = str(alice.visit("/admin/mail").page.select_one("form[id^=mail-]")["id"])
    alice.submit(form, act="discard")
    _send(other, notice, "undo-form", {})


@contextmanager
def _speaking(settings: dict[str, Any], clock: Clock, folder: Path) -> Iterator[Flask]:
    folder.mkdir()
    write_pseudo(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogs, "FOLDER", folder)
        app = create_app(settings, clock)
    app.after_request(_refuse_what_was_forgotten)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    yield app
    app.extensions["database"].close()


def _reader(app: Flask, htmx: bool) -> Browser:
    browser = Browser(app, htmx)
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = PSEUDO
    return browser


def _see(browser: Browser, *paths: str) -> None:
    """The pages, as they come at first and as parts."""
    for path in paths:
        for headers in ({}, {"HX-Request": "true"}):
            browser.client.get(path, headers=headers).get_data()


def _send(browser: Browser, path: str, form: str, *sent: dict[str, str]) -> None:
    for fields in sent:
        browser.visit(path).submit(form, **fields)


def _addresses(app: Flask) -> list[str]:
    """Every page whose address holds nothing but words."""
    return [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and "<" not in rule.rule]


def _refuse_what_was_forgotten(answer: Response) -> Response:
    if answer.mimetype == "text/html" and answer.status_code not in {301, 302, 303, 308}:
        html = answer.get_data(as_text=True)
        assert forgotten(html) == []
        page = BeautifulSoup(html, "html.parser")
        if page.html:
            assert page.html["lang"] == PSEUDO and page.html["dir"] == "rtl"
        for body in page.select("body[data-sentences]"):
            assert not [
                text for text in json.loads(str(body["data-sentences"])).values() if outside_brackets(text).strip()
            ]
    if answer.mimetype == "application/manifest+json":
        manifest = json.loads(answer.get_data(as_text=True))
        told = [manifest["description"], *(shortcut["name"] for shortcut in manifest["shortcuts"])]
        assert not [text for text in told if outside_brackets(text).strip()] and manifest["dir"] == "rtl"
    return answer
