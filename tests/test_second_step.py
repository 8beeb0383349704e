"""Half a log-in: the password was right, and nothing is open before the second step is done."""

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.factors import add_app, code, half_in, recovery_codes
from tests.fixtures import PASSWORD, WRONG, Clock, coming_from, log_in, logged_in, person
from webapp.accounts import half_logins, limits, login, roles, second_step, sessions, standing, sweep
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.fields import Refused
from webapp.accounts.half_logins import NoHalfLogin
from webapp.accounts.throttle import Throttled

NEW = "blue kettle on the hill"


@pytest.fixture
def secret(alice: Browser, clock: Clock) -> str:
    """Of Alice's app; she is logged in with it."""
    return add_app(alice, clock)


@pytest.fixture
def half(secret: str, app: Flask, htmx: bool) -> Browser:
    """A browser in which Alice has typed her password."""
    return half_in(Browser(app, htmx))


def test_half_a_log_in_is_no_session(half: Browser, app: Flask) -> None:
    assert half.path == "/login/second?next=/dashboard"
    assert half.cookie("session") is None and half.cookie("device") is None and half.cookie("half")
    for path in ("/dashboard", "/account", "/account/security", "/confirm", "/account/totp", "/admin"):
        assert half.client.get(path).location.startswith("/login?next=")
    half.client.set_cookie("session", half.cookie("half") or "")
    assert half.client.get("/dashboard").status_code == 303, "its token is none of a session"


def test_the_pages_name_nobody(half: Browser) -> None:
    for path in ("/login/second", "/login/recovery"):
        page = half.visit(path).text()
        assert "alice" not in page and "example.com" not in page
        assert "alice" not in half.answer.text


def test_its_cookie_lasts_ten_minutes_and_no_script_reads_it(secret: str, app: Flask) -> None:
    browser = Browser(app)
    browser.pass_by("/login", email="alice@example.com", password=PASSWORD)
    (sent,) = [header for header in browser.answer.headers.getlist("Set-Cookie") if header.startswith("half=")]
    assert "HttpOnly" in sent and "SameSite=Lax" in sent and "Max-Age=600" in sent
    assert not [header for header in browser.answer.headers.getlist("Set-Cookie") if header.startswith("session=")]


def test_what_rode_along_comes_out_whole(secret: str, app: Flask, htmx: bool, clock: Clock) -> None:
    browser = Browser(app, htmx)
    half_in(browser, path="/login?next=/account/data", remember="yes")
    assert browser.path == "/login/second?next=/account/data"
    browser.submit("second_step-form", code=code(secret, clock()))
    assert browser.path == "/account/data"
    cookie = browser.client.get_cookie("session")
    assert cookie and cookie.max_age == 30 * 24 * 3600
    assert browser.cookie("device") and browser.cookie("half") is None


def test_a_form_that_came_too_late_is_kept_through_it(alice: Browser, clock: Clock, app: Flask, db: Database) -> None:
    secret = add_app(alice, clock)
    alice.visit("/account")
    clock.advance(hours=2)
    alice.submit("email-form", email="new@example.com")
    assert (
        alice.path.startswith("/login?next=%2Faccount%2Femail%3Fdraft%3D") or "/login?next=/account/email" in alice.path
    )
    alice.submit("login-form", email="alice@example.com", password=PASSWORD)
    assert alice.path.startswith("/login/second?next=/account/email")
    alice.submit("second_step-form", code=code(secret, clock()))
    assert alice.path.startswith("/account/email?draft=") and alice.value("email") == "new@example.com"


def test_without_half_a_log_in_the_pages_lead_to_the_first_step(browser: Browser) -> None:
    for path in ("/login/second", "/login/recovery"):
        assert browser.visit(f"{path}?next=/account/data").path == "/login?next=/account/data"
        answer = browser.client.post(path, data={"csrf_token": browser.value("csrf_token"), "code": "123456"})
        assert (answer.status_code, answer.location) == (303, "/login")


def test_ten_minutes_later_it_is_over(half: Browser, secret: str, clock: Clock, db: Database) -> None:
    clock.advance(minutes=10, seconds=1)
    half.submit("second_step-form", code=code(secret, clock()))
    assert half.path.startswith("/login?next=")
    assert half.flashes() == ["The second step waits ten minutes at most. Please log in again."]
    sweep.sweep(db, 400)
    assert db.one("SELECT count(*) FROM half_logins") == (0,)


def test_a_clock_that_steps_back_does_not_keep_it_alive(half: Browser, secret: str, clock: Clock) -> None:
    clock.advance(hours=-1)
    half.submit("second_step-form", code=code(secret, clock()))
    assert half.path.startswith("/login?next=")


def test_the_next_log_in_of_the_browser_ends_the_one_before(half: Browser, db: Database) -> None:
    old = half.cookie("half")
    half_in(half)
    assert half.cookie("half") != old and db.one("SELECT count(*) FROM half_logins") == (1,)


ENDED = {
    "disabled": lambda db, alice: standing.disable(db, COMMAND_LINE, person(db, "alice")),
    "logged out everywhere": lambda db, alice: standing.sign_out(db, COMMAND_LINE, person(db, "alice")),
    "another password": lambda db, alice: alice.visit("/account/password").submit(
        "password-change-form", current_password=PASSWORD, new_password=NEW
    ),
    "leaving": lambda db, alice: alice.visit("/account/delete").submit("deletion-form", password=PASSWORD),
    "other sessions ended": lambda db, alice: alice.client.post(
        "/account/sessions", data={"csrf_token": alice.visit("/account").value("csrf_token")}
    ),
}


@pytest.mark.parametrize("ended", ENDED)
def test_what_ends_sessions_ends_it_too(alice: Browser, app: Flask, clock: Clock, db: Database, ended: str) -> None:
    secret = add_app(alice, clock)
    half = half_in(Browser(app, alice.htmx))
    ENDED[ended](db, alice)
    assert db.one("SELECT count(*) FROM half_logins") == (0,)
    half.submit("second_step-form", code=code(secret, clock()))
    assert half.path.startswith("/login?next=") and half.cookie("session") is None


def test_an_account_that_another_server_has_shut_is_out(half: Browser, secret: str, clock: Clock, db: Database) -> None:
    """One of the release before, which knows no half log-ins."""
    db.run("UPDATE users SET disabled_at = :now", now=db.now())
    half.submit("second_step-form", code=code(secret, clock()))
    assert half.path.startswith("/login?next=") and half.cookie("session") is None


def test_of_two_who_finish_one_half_at_once_one_gets_in(half: Browser, app: Flask, secret: str, clock: Clock) -> None:
    other = Browser(app)
    other.client.set_cookie("half", half.cookie("half") or "")
    other.visit("/login/second?next=/account")
    assert half.submit("second_step-form", code=code(secret, clock())).path == "/dashboard"
    clock.advance(seconds=30)
    other.submit("second_step-form", code=code(secret, clock()))
    assert other.path.startswith("/login?next=") and other.cookie("session") is None


def test_the_session_before_lives_until_the_second_step_is_done(alice: Browser, clock: Clock, db: Database) -> None:
    secret = add_app(alice, clock)
    token = alice.cookie("session")
    begun = login.log_in(db, Actor("127.0.0.1"), "alice@example.com", PASSWORD, False, token)
    assert begun.is_half and sessions.find(db, token or "")
    second_step.by_code(db, Actor("127.0.0.1"), begun.token, code(secret, clock()), token)
    assert sessions.find(db, token or "") is None


def test_a_wrong_code_tells_the_owner_that_the_password_is_known(alice: Browser, half: Browser, db: Database) -> None:
    half.submit("second_step-form", code="000000")
    assert half.answer.status_code == 422
    kinds = [kind for (kind,) in db.all("SELECT kind FROM events ORDER BY id")]
    assert kinds.count("second_step_failed") == 1 and "login_failed" not in kinds
    assert "The first step of a log-in was right, the second factor was not" in alice.visit("/account/activity").text()
    assert "Somebody knew your password, but not the second factor." in alice.visit("/dashboard").text()


def test_an_empty_code_counts_for_nothing(half: Browser, db: Database) -> None:
    half.submit("second_step-form", code=" ")
    assert half.answer.status_code == 422 and half.errors() == {"code": "Enter the code from the app."}
    assert db.all("SELECT * FROM throttles WHERE kind LIKE 'second%'") == []


def test_a_thousand_guesses_are_bounded_and_shut_nobody_out(
    alice: Browser, app: Flask, secret: str, db: Database, clock: Clock, htmx: bool
) -> None:
    codes = recovery_codes(alice)
    tried = 0
    for number in range(1000):
        guesser = Actor(f"203.0.113.{number % 250}")
        if number % 200 == 0:
            clock.advance(minutes=61)
        try:
            begun = login.log_in(db, guesser, "alice@example.com", PASSWORD, False, None)
            second_step.by_code(db, guesser, begun.token, "000000", None)
        except Refused:
            tried += 1
        except Throttled:
            pass
    assert 0 < tried <= limits.SECOND_STEP_IN_A_ROW.most
    stranger = half_in(coming_from(app, "203.0.113.251"))
    assert stranger.path.startswith("/login/second")
    # Her own browser, which is known, and with a recovery code any other.
    half_in(alice).submit("second_step-form", code=code(secret, clock()))
    assert alice.path == "/dashboard"
    clock.advance(minutes=61)
    half_in(stranger).visit("/login/recovery").submit("recovery-form", code=codes[0])
    assert stranger.path == "/dashboard"


def test_five_wrong_codes_are_answered_429_and_the_form_stays(half: Browser, secret: str, clock: Clock) -> None:
    for _ in range(5):
        assert half.submit("second_step-form", code="000000").answer.status_code == 422
    half.submit("second_step-form", code=code(secret, clock()))
    assert half.answer.status_code == 429 and "use a recovery code" in half.flashes()[0]
    assert half.page.select_one("#second_step-form") or half.htmx


def test_an_owner_lets_strangers_guess_anew_from_an_open_session(
    alice: Browser, half: Browser, secret: str, clock: Clock
) -> None:
    for _ in range(6):
        half.submit("second_step-form", code="000000")
    alice.visit("/account/sessions").submit("new-browsers")
    half.visit("/login/second").submit("second_step-form", code=code(secret, clock()))
    assert half.path == "/dashboard"


def test_a_wrong_password_leads_to_no_second_step(secret: str, app: Flask) -> None:
    other = log_in(Browser(app), "alice", password=WRONG)
    assert other.answer.status_code == 422 and other.cookie("half") is None


def test_a_code_comes_back_from_no_refusal_and_lies_in_no_draft(
    alice: Browser, half: Browser, db: Database, clock: Clock
) -> None:
    half.submit("second_step-form", code="123456")
    assert "123456" not in half.answer.text
    clock.advance(hours=2)
    token = alice.client.post("/account/totp", data={"code": "654321"})
    assert token.status_code == 303 and "654321" not in str(db.all("SELECT * FROM drafts"))


def test_another_sites_form_finishes_nothing(half: Browser, secret: str, clock: Clock) -> None:
    sent = {"csrf_token": half.value("csrf_token"), "code": code(secret, clock())}
    answer = half.client.post("/login/second", data=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403 and half.cookie("session") is None


def test_an_admin_sees_who_has_one(grace: Browser, app: Flask, clock: Clock, db: Database) -> None:
    add_app(logged_in(Browser(app), "alice"), clock)
    listed = grace.visit("/admin/users?second_factor=yes")
    assert [cell.text for cell in listed.page.select("tbody th a")] == ["alice"]
    assert [cell.text for cell in grace.visit("/admin/users?second_factor=no").page.select("tbody th a")] == ["grace"]
    assert "There is no such choice any more: x" in grace.visit("/admin/users?second_factor=x").text()
    user = person(db, "alice")
    assert "Second factor yes" in grace.visit(f"/admin/users/{user.id}").text()


def test_a_new_role_and_disabling_leave_the_factor(grace: Browser, app: Flask, clock: Clock, db: Database) -> None:
    """No act but their own takes a factor away."""
    alice = logged_in(Browser(app), "alice")
    add_app(alice, clock)
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    standing.enable(db, COMMAND_LINE, person(db, "alice"))
    assert person(db, "alice").has_factor and half_in(Browser(app)).path.startswith("/login/second")


def test_a_made_up_token_finds_no_half_log_in(app: Flask) -> None:
    for token in ("", "x", "\udcff", "a" * 5000):
        with pytest.raises(NoHalfLogin):
            half_logins.find(app.extensions["database"], token)


def test_a_thief_of_the_password_shuts_no_door_of_the_owners(
    alice: Browser, app: Flask, secret: str, db: Database, clock: Clock, htmx: bool
) -> None:
    """Half a log-in counts in no bucket of the account's."""
    codes, thief = recovery_codes(alice), Actor("203.0.113.66")
    for _ in range(limits.LOGINS_OF_ACCOUNT.most + 1):
        assert login.log_in(db, thief, "alice@example.com", PASSWORD, False, None).is_half
    owner = half_in(Browser(app, htmx))
    assert owner.visit("/login/recovery").submit("recovery-form", code=codes[0]).path == "/dashboard"


def test_a_browser_that_the_password_alone_made_known_has_no_tries_of_its_own(
    alice: Browser, app: Flask, clock: Clock, htmx: bool
) -> None:
    """A thief collects such browsers before the owner adds a factor because of it."""
    before = log_in(Browser(app), "alice")
    secret = add_app(alice, clock)
    stranger = half_in(Browser(app))
    for _ in range(5):
        stranger.submit("second_step-form", code="000000")
    half_in(before.visit("/logout").submit("logout-form").visit("/login"))
    assert before.submit("second_step-form", code=code(secret, clock())).answer.status_code == 429
    half_in(alice.visit("/logout").submit("logout-form").visit("/login"))
    assert alice.submit("second_step-form", code=code(secret, clock())).path == "/dashboard", "hers is known"


def test_events_of_failures_are_bounded(half: Browser, app: Flask, db: Database) -> None:
    for number in range(limits.NOTES.most + 5):
        other = coming_from(app, f"203.0.113.{number}")
        other.client.set_cookie("half", half.cookie("half") or "")
        other.visit("/login/recovery").submit("recovery-form", code="x")
        assert other.answer.status_code == 422
    assert db.one("SELECT count(*) FROM events WHERE kind = 'second_step_failed'") == (limits.NOTES.most,)


def test_a_neighbour_shuts_no_recovery_of_a_known_browser(alice: Browser, app: Flask, secret: str, htmx: bool) -> None:
    codes = recovery_codes(alice)
    neighbour = half_in(Browser(app)).visit("/login/recovery")
    for _ in range(11):
        neighbour.submit("recovery-form", code="x")
    assert neighbour.answer.status_code == 429
    half_in(alice.visit("/logout").submit("logout-form").visit("/login"))
    assert alice.visit("/login/recovery").submit("recovery-form", code=codes[0]).path == "/dashboard"
