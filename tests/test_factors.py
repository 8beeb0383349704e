"""LATCHKEY_REQUIRE_SECOND_FACTOR: whom the site asks for a second factor, and what is open until there is one."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.authenticator import Authenticator
from tests.browser import Browser
from tests.factors import SITE, add_app, add_passkey, code, offered
from tests.fixtures import Clock, log_in, logged_in, person
from webapp import create_app
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.config import BadSetting

OPEN = (
    "/account/security",
    "/account/totp",
    "/account/recovery-codes",
    "/account/passkeys",
    "/confirm",
    "/logout",
    "/expiry",
)
LAST = "Your account needs a second factor. Add another one before you remove this."


@pytest.fixture(params=["all"])
def app(request: pytest.FixtureRequest, settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Flask]:
    app = create_app(settings | {"REQUIRE_SECOND_FACTOR": request.param, "PUBLIC_URL": SITE.origin}, clock)
    yield app
    app.extensions["database"].close()


of_admins = pytest.mark.parametrize("app", ["admins"], indirect=True)
of_nobody = pytest.mark.parametrize("app", ["none"], indirect=True)


def test_another_value_stops_the_start(settings: dict[str, Any]) -> None:
    with pytest.raises(BadSetting, match="LATCHKEY_REQUIRE_SECOND_FACTOR must be none or admins or all"):
        create_app(settings | {"REQUIRE_SECOND_FACTOR": "yes"})


def test_who_has_none_adds_one_first_and_goes_on(browser: Browser, clock: Clock) -> None:
    alice = logged_in(browser, "alice")
    assert alice.path == "/account/security?next=/dashboard"
    assert alice.visit("/account/data?a=1").path == "/account/security?next=/account/data?a%3D1"
    assert "Add a second factor to go on to that page." in alice.text()
    (link,) = [str(link["href"]) for link in alice.page.select("#security-panel a") if "totp" in str(link["href"])]
    secret = offered(alice, link)
    alice.submit("totp-form", code=code(secret, clock()))
    alice.submit("kept-form")
    assert alice.path == "/account/data?a=1"


def test_a_passkey_leads_on_too(browser: Browser) -> None:
    alice = logged_in(browser, "alice")
    alice.visit("/account/passkeys?next=/account/data")
    add_passkey(alice, Authenticator(SITE))
    assert alice.visit("/dashboard").path == "/dashboard"


def test_the_pages_that_help_are_open(browser: Browser) -> None:
    alice = logged_in(browser, "alice")
    for path in OPEN:
        assert alice.visit(path).path == path, path
    assert alice.visit("/").answer.status_code == 200


def test_over_htmx_the_browser_is_sent_there(browser: Browser) -> None:
    alice = logged_in(browser, "alice")
    answer = alice.client.get("/dashboard/panel", headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer.headers["HX-Redirect"].startswith("/account/security?next=")


def test_what_was_typed_meanwhile_is_kept(browser: Browser, clock: Clock, db: Database) -> None:
    alice = logged_in(browser, "alice")
    token = alice.value("csrf_token") if alice.page.find(attrs={"name": "csrf_token"}) else ""
    token = token or alice.visit("/logout").value("csrf_token")
    answer = alice.client.post("/account/username", data={"csrf_token": token, "username": "alicia"})
    assert answer.status_code == 303 and answer.location.startswith("/account/security?next=/account/username")
    add_app(alice, clock)
    assert (
        alice.visit(answer.location.partition("next=")[2].replace("%3D", "=").replace("%3F", "?")).value("username")
        == "alicia"
    )
    assert person(db, "alice").username == "alice"


@of_admins
def test_an_admin_without_one_is_a_plain_user_until_then(browser: Browser, db: Database, clock: Clock) -> None:
    grace = logged_in(browser, "grace")
    assert grace.path == "/dashboard"
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    assert grace.visit("/dashboard").path == "/dashboard"
    assert grace.visit("/admin").path == "/account/security?next=/admin", "a role given later bites at the next page"
    token = grace.visit("/logout").value("csrf_token")
    answer = grace.client.post(
        f"/admin/users/{person(db, 'grace').id}/disable", data={"csrf_token": token, "reason": "x"}
    )
    assert answer.status_code == 303 and answer.location.startswith("/account/security")
    add_app(grace, clock)
    assert grace.visit("/admin").path == "/admin"


@pytest.mark.parametrize("app", ["all", "admins"], indirect=True)
def test_the_last_factor_of_whoever_needs_one_stays(browser: Browser, db: Database, clock: Clock) -> None:
    grace = logged_in(browser, "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    add_app(grace, clock)
    grace.visit("/account/totp/remove").submit("totp_removal-form")
    assert grace.answer.status_code == 422 and LAST in grace.text()
    assert person(db, "grace").has_factor and db.one("SELECT count(*) FROM totp") == (1,)
    add_passkey(grace, Authenticator(SITE))
    grace.visit("/account/totp/remove").submit("totp_removal-form")
    assert grace.path == "/account/security"
    (key_id,) = [row[0] for row in db.all("SELECT id FROM passkeys")]
    grace.visit(f"/account/passkeys/{key_id}/remove").submit("passkey_removal-form")
    assert grace.answer.status_code == 422 and LAST in grace.text() and person(db, "grace").has_factor


@of_nobody
def test_by_default_nobody_is_asked(browser: Browser, db: Database) -> None:
    grace = logged_in(browser, "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    assert grace.visit("/admin").path == "/admin"


def test_a_log_in_that_leads_to_a_page_still_does(browser: Browser, clock: Clock, app: Flask) -> None:
    alice = logged_in(browser, "alice")
    secret = add_app(alice, clock)
    other = log_in(Browser(app), "alice")
    assert other.path == "/login/second?next=/dashboard"
    assert other.submit("second_step-form", code=code(secret, clock())).path == "/dashboard"
