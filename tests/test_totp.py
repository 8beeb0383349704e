"""An authenticator app: added, asked for by each log-in, and removed. Codes are those of oathtool."""

import json

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.factors import add_app, code, half_in, offered, recovery_codes
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person
from webapp import create_app
from webapp.accounts import sealed, sweep, totp
from webapp.accounts.totp import code_at

WRONG = {"code": "That code is not right."}
USED = {"code": "That code was used already. Wait for the next one."}
# RFC 6238, appendix B, for SHA-1: its secret, and the last six digits of each code.
APPENDIX_B = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
              20000000000: "353130"}  # fmt: skip
SECRET_OF_APPENDIX_B = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(("seconds", "shown"), APPENDIX_B.items())
def test_the_codes_are_those_of_rfc_6238(seconds: int, shown: str) -> None:
    assert code_at(SECRET_OF_APPENDIX_B, seconds // 30) == shown


def test_an_app_is_added_and_each_log_in_asks_for_its_code(alice: Browser, app: Flask, clock: Clock) -> None:
    secret = offered(alice)
    assert len(secret.replace(" ", "")) == 32 and set(secret.split(" ")[0]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    link = alice.page.select_one('a[href^="otpauth:"]')
    assert link and str(link["href"]) == (
        f"otpauth://totp/Latchkey:alice@example.com?secret={secret.replace(' ', '')}&issuer=Latchkey"
    )
    alice.submit("totp-form", code=code(secret, clock()))
    assert alice.path == "/account/recovery-codes"
    assert alice.flashes() == ["The authenticator app is added. From now on a log-in asks for its code."]
    assert "On since" in alice.visit("/account/security").text()
    clock.advance(seconds=30)
    other = half_in(Browser(app, alice.htmx))
    assert (other.path, other.heading()) == ("/login/second?next=/dashboard", "Second step")
    other.submit("second_step-form", code=code(secret, clock()))
    assert (other.path, other.heading()) == ("/dashboard", "Welcome back, alice!")
    assert "by password and authenticator app" in other.visit("/account/activity").text()


def test_a_reload_and_a_wrong_code_offer_the_same_secret(alice: Browser, db: Database) -> None:
    secret = offered(alice)
    assert offered(alice) == secret
    alice.submit("totp-form", code="000000")
    assert alice.answer.status_code == 422 and alice.errors() == WRONG
    shown = alice.page.select_one("#totp-secret")
    assert shown and shown.text == secret and alice.value("code") == ""
    assert db.all("SELECT * FROM totp") == []


def test_the_offer_is_this_sessions_alone(alice: Browser, app: Flask, clock: Clock) -> None:
    secret = offered(alice)
    visitor = alice.client.get_cookie("visitor")
    bob = logged_in(Browser(app), "bob")
    assert visitor is not None
    bob.client.set_cookie("visitor", visitor.value)
    assert offered(bob) != secret
    clock.advance(minutes=61)
    assert offered(log_in(alice, "alice")) != secret


def test_who_was_not_confirmed_lately_confirms_first(alice: Browser, clock: Clock) -> None:
    clock.advance(minutes=20)
    alice.visit("/account/totp")
    assert alice.path == "/confirm?next=/account/totp"
    alice.submit("confirm-form", password=PASSWORD)
    assert alice.path == "/account/totp" and alice.page.select_one("#totp-secret")


def test_each_code_works_once_also_that_which_added_the_app(alice: Browser, app: Flask, clock: Clock) -> None:
    secret = offered(alice)
    shown = code(secret, clock())
    alice.submit("totp-form", code=shown)
    other = half_in(Browser(app, alice.htmx)).submit("second_step-form", code=shown)
    assert other.answer.status_code == 422 and other.errors() == USED
    clock.advance(seconds=30)
    other.submit("second_step-form", code=code(secret, clock()))
    third = half_in(Browser(app, alice.htmx)).submit("second_step-form", code=code(secret, clock()))
    assert third.errors() == USED


@pytest.mark.parametrize(
    ("typed", "is_right"),
    [
        ("{0} {1}", True),
        (" {0}-{1} ", True),
        ("{0}\N{NO-BREAK SPACE}{1}", True),
        ("{full}", False),
        ("{arabic}", False),
        ("{0}", False),
        ("{0}{1}0", False),
        ("0x{1}", False),
        ("\0", False),
        ("x" * 5000, False),
    ],
)
def test_blanks_and_hyphens_do_not_matter_and_digits_are_ascii(
    alice: Browser, app: Flask, clock: Clock, typed: str, is_right: bool
) -> None:
    shown = code(add_app(alice, clock), clock())
    full = "".join(chr(0xFF10 + int(digit)) for digit in shown)
    arabic = "".join(chr(0x0660 + int(digit)) for digit in shown)
    other = half_in(Browser(app, alice.htmx))
    other.submit("second_step-form", code=typed.format(shown[:3], shown[3:], full=full, arabic=arabic))
    assert (other.path == "/dashboard") is is_right
    assert is_right or (other.answer.status_code == 422 and other.errors() == WRONG)


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_window_is_one_step_to_each_side(
    alice: Browser, app: Flask, clock: Clock, steps: int, is_right: bool
) -> None:
    secret = add_app(alice, clock)
    clock.advance(minutes=3)
    at = clock()
    clock.advance(seconds=-30 * steps)
    other = half_in(Browser(app)).submit("second_step-form", code=code(secret, at))
    assert (other.path == "/dashboard") is is_right


def test_a_clock_that_ran_ahead_and_came_back_keeps_nobody_out(
    alice: Browser, app: Flask, clock: Clock, db: Database
) -> None:
    secret = add_app(alice, clock)
    clock.advance(days=1)
    assert half_in(Browser(app)).submit("second_step-form", code=code(secret, clock())).path == "/dashboard"
    clock.advance(days=-1, seconds=60)
    assert half_in(Browser(app)).submit("second_step-form", code=code(secret, clock())).path == "/dashboard"


def test_of_two_with_one_code_one_gets_in(alice: Browser, app: Flask, clock: Clock) -> None:
    secret = add_app(alice, clock)
    first, second = half_in(Browser(app)), half_in(Browser(app))
    shown = code(secret, clock())
    assert first.submit("second_step-form", code=shown).path == "/dashboard"
    assert second.submit("second_step-form", code=shown).errors() == USED


def test_an_app_is_removed_on_a_page_that_says_what_follows(alice: Browser, app: Flask, clock: Clock) -> None:
    add_app(alice, clock)
    clock.advance(minutes=20)
    alice.visit("/account/totp/remove")
    assert alice.heading() == "Remove the authenticator app" and "the recovery codes go with it" in alice.text()
    alice.submit("totp_removal-form")
    assert "Remove the authenticator app." in alice.text() and alice.heading() == "Confirm it is you"
    alice.submit("confirm-form", password=PASSWORD)
    assert (alice.path, alice.flashes()) == ("/account/security", ["The authenticator app is removed."])
    assert log_in(Browser(app, alice.htmx), "alice").path == "/dashboard"
    assert recovery_codes(alice) == [] and "come with a second factor" in alice.text()
    alice.visit("/account/totp/remove").submit("totp_removal-form")
    assert alice.flashes() == ["Nothing has changed."]


def test_a_second_app_is_refused(alice: Browser, app: Flask, clock: Clock) -> None:
    other = log_in(Browser(app, alice.htmx), "alice")
    secret = offered(other)
    add_app(alice, clock)
    other.submit("totp-form", code=code(secret, clock()))
    assert other.flashes() == ["You have an authenticator app already. Remove it first."]
    assert other.path == "/account/totp" and "On since" in other.text()


def test_the_table_holds_no_secret_that_can_be_used(alice: Browser, db: Database, clock: Clock) -> None:
    secret = add_app(alice, clock).replace(" ", "")
    (row,) = db.all("SELECT secret, sealed_with FROM totp")
    assert secret not in row[0] and sealed.opened(db, "totp 2", row[0]) is None, "it is bound to its user"
    assert sealed.opened(db, f"totp {person(db, 'alice').id}", row[0]) == secret


def test_a_rotated_key_opens_the_app_and_the_sweep_seals_it_anew(
    alice: Browser, app: Flask, clock: Clock, settings: dict[str, str], cheap_hashes: None
) -> None:
    secret = add_app(alice, clock)
    old, new = settings["SECRET_KEY"], "another key that serves the tests alone"
    rotated = create_app(settings | {"SECRET_KEY": f"{new},{old}"}, clock)
    assert half_in(Browser(rotated)).submit("second_step-form", code=code(secret, clock())).path == "/dashboard"
    sweep.sweep(rotated.extensions["database"], 400)
    clock.advance(minutes=1)
    later = create_app(settings | {"SECRET_KEY": new}, clock)
    assert half_in(Browser(later)).submit("second_step-form", code=code(secret, clock())).path == "/dashboard"
    for one in (rotated, later):
        one.extensions["database"].close()


def test_where_the_key_is_lost_recovery_codes_still_work_and_the_log_says_it_once(
    alice: Browser, clock: Clock, settings: dict[str, str], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    secret, codes = add_app(alice, clock), recovery_codes(alice)
    lost = create_app(settings | {"SECRET_KEY": "a key that has sealed nothing so far"}, clock)
    db = lost.extensions["database"]
    monkeypatch.setattr(totp.log, "propagate", True)
    sweep.sweep(db, 400)
    assert any("LATCHKEY_SECRET_KEY lacks the key" in line for line in caplog.messages)
    caplog.clear()
    sweep.sweep(db, 400)
    assert not caplog.messages
    other = half_in(Browser(lost, alice.htmx))
    for _ in range(7):
        other.submit("second_step-form", code=code(secret, clock()))
        assert other.answer.status_code == 422, "it counts as no wrong code"
    assert other.errors() == {"code": "Codes of apps cannot be checked just now. Use a recovery code or a passkey."}
    assert db.one("SELECT count(*) FROM events WHERE kind = 'second_step_failed'") == (0,)
    other.visit("/login/recovery").submit("recovery-form", code=codes[0])
    assert other.path == "/dashboard"
    for _ in range(7):
        other.visit("/confirm").submit("confirm-code-form", code=code(secret, clock()))
        assert other.answer.status_code == 422, "nor when it is to confirm"
    assert other.submit("confirm-form", password=PASSWORD).path == "/dashboard"
    db.close()


def test_the_issuer_is_the_sites_own_name(settings: dict[str, str], clock: Clock, cheap_hashes: None) -> None:
    app = create_app(settings | {"NAME": "Blue & Co: tools"}, clock)
    alice = logged_in(Browser(app), "alice")
    offered(alice)
    link = alice.page.select_one('a[href^="otpauth:"]')
    assert link and str(link["href"]).startswith("otpauth://totp/Blue%20%26%20Co%3A%20tools:alice@example.com?secret=")
    assert str(link["href"]).endswith("&issuer=Blue%20%26%20Co%3A%20tools")
    app.extensions["database"].close()


def test_the_export_says_since_when_and_holds_no_secret(alice: Browser, clock: Clock) -> None:
    secret = add_app(alice, clock).replace(" ", "")
    held = json.loads(alice.visit("/account/data").submit("export-form").answer.text)
    assert held["second_factors"]["authenticator_app_added_at"].startswith("2026-03-14")
    assert held["second_factors"]["recovery_codes_left"] == 10
    assert secret not in alice.answer.text and "sealed" not in alice.answer.text


def test_an_app_moves_to_another_phone(alice: Browser, app: Flask, clock: Clock, db: Database) -> None:
    """Where the site asks for a factor the last one cannot be removed first."""
    old, codes = add_app(alice, clock), recovery_codes(alice)
    (link,) = [str(link["href"]) for link in alice.visit("/account/totp").page.select("#totp-panel a")][:1]
    new = offered(alice, link)
    alice.submit("totp-form", code="000000")
    assert alice.answer.status_code == 422 and alice.errors() == WRONG
    alice.submit("totp-form", code=code(new, clock()))
    assert alice.path == "/account/security" and recovery_codes(alice) == codes
    clock.advance(seconds=30)
    other = half_in(Browser(app)).submit("second_step-form", code=code(old, clock()))
    assert other.errors() == WRONG
    assert other.submit("second_step-form", code=code(new, clock())).path == "/dashboard"
    assert db.one("SELECT count(*) FROM totp") == (1,)


def test_a_secret_that_was_seen_at_an_open_session_is_offered_no_more_after_confirming(
    alice: Browser, clock: Clock
) -> None:
    """A stranger who has scanned it would have the app of the owner who enrols later."""
    seen = offered(alice)
    clock.advance(minutes=20)
    alice.visit("/account/totp").submit("confirm-form", password=PASSWORD)
    shown = alice.page.select_one("#totp-secret")
    assert shown and shown.text != seen
