"""Invitations, and a site at which not everybody may sign up."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import BREACHED, PASSWORD, Clock, log_in, person
from tests.mailbox import Mailbox, ask_to_sign_up
from webapp import create_app
from webapp.accounts import invitations, roles, signup
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.roles import NotAllowed

Site = Callable[..., Flask]


@pytest.fixture
def start(settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Site]:
    """Start a site with these settings; it has an admin, grace."""
    apps: list[Flask] = []

    def start(**given: str) -> Flask:
        apps.append(app := create_app(settings | given, clock))
        db = app.extensions["database"]
        signup.sign_up(db, COMMAND_LINE, "grace", "grace@example.com", PASSWORD)
        roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
        db.run("DELETE FROM outbox")
        return app

    yield start
    for app in apps:
        app.extensions["database"].close()


@pytest.fixture
def invited(start: Site) -> Flask:
    """A site without mail, by invitation alone."""
    return start(SIGNUP="invited")


@pytest.fixture
def mailed(start: Site, tmp_path: Path) -> Flask:
    """A site by invitation alone, which sends mail."""
    return start(SIGNUP="invited", MAIL_URL=f"folder:{tmp_path}/mail")


def _grace(app: Flask, htmx: bool = False) -> Browser:
    return log_in(Browser(app, htmx), "grace")


def _invite(admin: Browser, **typed: str) -> Browser:
    return admin.visit("/admin/invitations").submit(
        "invite-form", **{"email": "bob@example.com", "role": "user"} | typed
    )


def _link(admin: Browser) -> str:
    """The path of the link that the admin is shown."""
    field = admin.page.select_one("#invitation-link")
    assert field is not None
    return str(field["value"]).removeprefix("http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("invited", "You need an invitation to sign up here. An admin can send you one."),
        ("closed", "Nobody can sign up here. An admin can make an account for you."),
    ],
)
def test_a_site_that_is_not_open_says_so_and_takes_none(start: Site, mode: str, told: str) -> None:
    app = start(SIGNUP=mode)
    browser = Browser(app).visit("/signup")
    assert browser.answer.status_code == 200 and told in browser.text() and not browser.page.select("form")
    assert browser.pass_by("/login", email="x@example.com", password="x") == 422
    token = browser.visit("/login").value("csrf_token")
    fields = {"username": "bob", "email": "bob@example.com", "password": PASSWORD, "csrf_token": token}
    answer = browser.client.post("/signup", data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403 and told in answer.text
    assert browser.client.post("/signup", data={"username": "bob"}).status_code == 403
    for path in ("/", "/login", "/signup"):
        assert not [link for link in browser.visit(path).page.select("a") if "/signup" in str(link["href"])], path
    assert app.extensions["database"].one("SELECT count(*) FROM users") == (1,)


def test_a_rule_takes_none_either(invited: Flask) -> None:
    with pytest.raises(NotAllowed):
        signup.sign_up(
            invited.extensions["database"], Actor("203.0.113.7"), "bob", "bob@example.com", PASSWORD,
            policy=signup.Policy("invited"),
        )  # fmt: skip


def test_a_closed_site_has_no_invitations(start: Site) -> None:
    app = start(SIGNUP="closed")
    assert _grace(app).visit("/admin/invitations").answer.status_code == 404
    run = app.test_cli_runner().invoke(args=["user", "invite", "bob@example.com"])
    assert run.exit_code == 1 and "closed" in run.output


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_without_mail_the_link_is_shown_once(invited: Flask, htmx: bool) -> None:
    admin = _invite(_grace(invited, htmx))
    assert admin.path == "/admin/invitations" and "bob@example.com is invited." in admin.flashes()[0]
    link = _link(admin)
    assert not admin.visit("/admin/invitations").page.select("#invitation-link")
    assert "bob@example.com" in admin.text()
    browser = Browser(invited, htmx).visit(link)
    assert "bob@example.com" in browser.text()
    browser.submit("invitation-form", username="a b", password="1")
    assert browser.answer.status_code == 422 and set(browser.errors()) == {"username", "password"}
    browser.submit("invitation-form", username="bob", password=BREACHED)
    assert browser.errors() == {"password": "This password has been in a data breach. Choose another one."}
    browser.submit("invitation-form", username="bob", password=PASSWORD)
    assert (browser.path, browser.flashes()) == ("/login", ["Account created! Please log in."])
    assert browser.value("email") == "bob@example.com"
    user = person(invited.extensions["database"], "bob")
    assert (user.role, user.verified_at) == ("user", None), "whoever had the link need not read the mailbox"
    assert Browser(invited).visit(link).answer.status_code == 404


def test_with_mail_it_is_mailed_and_proves_the_address(mailed: Flask, tmp_path: Path) -> None:
    admin = _invite(_grace(mailed), role="admin")
    assert admin.flashes() == ["bob@example.com is invited. The link is on its way."]
    letter = Mailbox(mailed, tmp_path / "mail").one()
    assert (letter.to, letter.subject) == ("bob@example.com", "You are invited to 127.0.0.1")
    assert "grace" not in letter.plain
    browser = Browser(mailed).visit(letter.link)
    browser.submit("invitation-form", username="bob", password=PASSWORD)
    user = person(mailed.extensions["database"], "bob")
    assert user.role == "admin" and user.verified_at
    assert "Role changed" in log_in(browser, "bob").visit("/account/activity").text()


def test_with_mail_the_link_is_shown_to_who_asks(mailed: Flask, tmp_path: Path) -> None:
    admin = _invite(_grace(mailed), shown="yes")
    assert not Mailbox(mailed, tmp_path / "mail").new()
    Browser(mailed).visit(_link(admin)).submit("invitation-form", username="bob", password=PASSWORD)
    assert person(mailed.extensions["database"], "bob").verified_at is None


def test_one_is_withdrawn(invited: Flask) -> None:
    admin = _invite(_grace(invited))
    link = _link(admin)
    form = admin.page.select_one("form[id^=withdraw-]")
    assert form is not None
    admin.submit(str(form["id"]))
    assert admin.flashes() == ["The invitation of bob@example.com is withdrawn."]
    assert Browser(invited).visit(link).answer.status_code == 404
    assert "An invitation was withdrawn" in admin.visit("/admin/events").text()
    admin.client.post(str(form["action"]), data={"csrf_token": admin.visit("/admin/invitations").value("csrf_token")})
    assert admin.visit("/admin/invitations").flashes() == ["That invitation was used, or has ended."]


def test_it_dies_with_the_role_of_who_sent_it(invited: Flask) -> None:
    link, db = _link(_invite(_grace(invited))), invited.extensions["database"]
    signup.sign_up(db, COMMAND_LINE, "ada", "ada@example.com", PASSWORD)
    roles.give(db, COMMAND_LINE, person(db, "ada"), "admin")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "user")
    assert Browser(invited).visit(link).answer.status_code == 404
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    assert Browser(invited).visit(link).answer.status_code == 404, "nor does it come back with the role"


def test_it_lives_for_a_week(invited: Flask, clock: Clock) -> None:
    link = _link(_invite(_grace(invited)))
    clock.advance(days=6, hours=23)
    assert Browser(invited).visit(link).answer.status_code == 200
    clock.advance(hours=1)
    assert Browser(invited).visit(link).answer.status_code == 404


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"email": ""}, "email"), ({"email": "x"}, "email"), ({"email": "grace@example.com"}, "email"),
     ({"role": "king"}, "role"), ({"email": "a\0@example.com"}, "email")],
)  # fmt: skip
def test_bad_input_is_refused_beside_its_field(invited: Flask, typed: dict[str, str], field: str) -> None:
    admin = _grace(invited).visit("/admin/invitations")
    fields = {"email": "bob@example.com", "role": "user", "csrf_token": admin.value("csrf_token")} | typed
    form = admin.page.select_one("#invite-form")
    assert form is not None
    admin.send("/admin/invitations", fields, form)
    assert admin.answer.status_code == 422 and set(admin.errors()) == {field}


def test_a_name_that_is_taken_is_refused_and_the_link_stays(invited: Flask) -> None:
    link = _link(_invite(_grace(invited)))
    browser = Browser(invited).visit(link).submit("invitation-form", username="grace", password=PASSWORD)
    assert browser.errors() == {"username": "That user name is taken. Choose another."}
    browser.submit("invitation-form", username="bob", password=PASSWORD)
    assert browser.path == "/login"


def test_an_address_that_has_an_account_by_now_ends_it(invited: Flask) -> None:
    link = _link(_invite(_grace(invited)))
    signup.sign_up(invited.extensions["database"], COMMAND_LINE, "bob", "bob@example.com", PASSWORD)
    browser = Browser(invited).visit(link).submit("invitation-form", username="bob2", password=PASSWORD)
    assert browser.answer.status_code == 404


def test_others_see_none_of_it(invited: Flask) -> None:
    signup.sign_up(invited.extensions["database"], COMMAND_LINE, "bob", "bob@example.com", PASSWORD)
    assert log_in(Browser(invited), "bob").visit("/admin/invitations").answer.status_code == 403


def test_they_are_listed_in_pages(invited: Flask) -> None:
    admin, db = _grace(invited), invited.extensions["database"]
    actor = Actor(program="test")
    for number in range(30):
        invitations.invite(db, actor, f"user{number}@example.com")
    admin.visit("/admin/invitations")
    assert len(admin.page.select("li.row")) == 25
    admin.refresh("admin-invitations-next")
    assert len(admin.page.select("li.row")) == 5 and "by test" in admin.text()


def test_sign_up_is_for_named_domains(start: Site, tmp_path: Path) -> None:
    app = start(SIGNUP_DOMAINS="Example.org, example.net", MAIL_URL=f"folder:{tmp_path}/mail")
    browser = Browser(app)
    ask_to_sign_up(browser, "bob", "bob@example.com")
    assert browser.answer.status_code == 422
    assert browser.errors() == {"email": "Sign up with an address at example.org, example.net."}
    ask_to_sign_up(browser, "bob", "bob@EXAMPLE.net")
    assert browser.path == "/signup/sent"
    _invite(_grace(app), email="bob@example.com")
    letters = Mailbox(app, tmp_path / "mail").new()
    assert "You are invited to 127.0.0.1" in [letter.subject for letter in letters]


def test_named_domains_count_without_mail_too(start: Site) -> None:
    app = start(SIGNUP_DOMAINS="example.org")
    browser = Browser(app)
    assert set(ask_to_sign_up(browser, "bob", "bob@example.com").errors()) == {"email"}
    assert ask_to_sign_up(browser, "bob", "bob@example.org").path == "/login"
    signup.sign_up(app.extensions["database"], COMMAND_LINE, "eve", "eve@example.com", PASSWORD)


@pytest.mark.parametrize("sends", [False, True], ids=["without mail", "with mail"])
def test_the_command_line_invites(start: Site, tmp_path: Path, sends: bool) -> None:
    app = start(SIGNUP="invited", **({"MAIL_URL": f"folder:{tmp_path}/mail"} if sends else {}))
    run = app.test_cli_runner().invoke(args=["user", "invite", "bob@example.com", "--role", "admin"])
    assert run.exit_code == 0 and run.stdout.startswith("http://127.0.0.1:8000/invitation/")
    path = run.stdout.strip().removeprefix("http://127.0.0.1:8000")
    browser = Browser(app).visit(path).submit("invitation-form", username="bob", password=PASSWORD)
    db: Database = app.extensions["database"]
    assert browser.path == "/login" and (person(db, "bob").role, person(db, "bob").verified_at) == ("admin", None)
    assert db.one("SELECT count(*) FROM outbox") == (int(sends),)
    run = app.test_cli_runner().invoke(args=["user", "verify", "bob@example.com"])
    assert run.stdout == "The address of bob is confirmed now.\n" and person(db, "bob").verified_at
    run = app.test_cli_runner().invoke(args=["user", "invite", "bob@example.com"])
    assert run.exit_code == 1 and "This address has an account already." in run.output
