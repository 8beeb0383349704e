"""Second factors at once: of many who use one thing, one gets in; and what changes between two steps counts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.authenticator import Authenticator
from tests.browser import Browser
from tests.factors import SITE, add_app, add_passkey, challenge, code, recovery_codes
from tests.fixtures import PASSWORD, Clock, person
from webapp.accounts import login, passkey_login, passkeys, passwords, second_step, sessions, standing, totp
from webapp.accounts import recovery_codes as recovery_codes_rule
from webapp.accounts.actor import COMMAND_LINE, Actor, NoSession
from webapp.accounts.fields import Refused
from webapp.accounts.half_logins import NoHalfLogin
from webapp.auth import csrf

AT_ONCE = 4


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"PUBLIC_URL": SITE.origin}


@pytest.fixture
def htmx() -> bool:
    return False


def _half(db: Database) -> str:
    return login.log_in(db, Actor("203.0.113.7"), "alice@example.com", PASSWORD, False, None).token


def _at_once(*acts: Callable[[], object]) -> list[bool]:
    """Do them in threads of their own; say which were not refused."""

    def tried(act: Callable[[], object]) -> bool:
        try:
            act()
        except (Refused, NoHalfLogin):
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(tried, acts))


def test_one_code_logs_in_once(alice: Browser, db: Database, clock: Clock) -> None:
    shown = code(add_app(alice, clock), clock())
    halves = [_half(db) for _ in range(AT_ONCE)]
    acts = [lambda half=half: second_step.by_code(db, Actor("203.0.113.7"), half, shown, None) for half in halves]
    assert sum(_at_once(*acts)) == 1


def test_one_recovery_code_logs_in_once(alice: Browser, db: Database, clock: Clock) -> None:
    add_app(alice, clock)
    one, halves = recovery_codes(alice)[0], [_half(db) for _ in range(AT_ONCE)]
    acts = [lambda half=half: second_step.by_recovery_code(db, Actor(), half, one, None) for half in halves]
    assert sum(_at_once(*acts)) == 1


def test_one_half_becomes_one_session(alice: Browser, db: Database, clock: Clock) -> None:
    add_app(alice, clock)
    half, codes = _half(db), recovery_codes(alice)
    acts = [lambda one=one: second_step.by_recovery_code(db, Actor(), half, one, None) for one in codes[:AT_ONCE]]
    assert sum(_at_once(*acts)) == 1
    assert db.one("SELECT count(*) FROM recovery_codes WHERE used_at IS NOT NULL") == (1,)


@pytest.mark.parametrize("counter", [0, 1])
def test_one_answer_of_a_passkey_logs_in_once(alice: Browser, app: Flask, db: Database, counter: int) -> None:
    add_passkey(alice, key := Authenticator(SITE))
    with (page := Browser(app)).client:
        answer = key.sign(challenge(page.visit("/login"), "passkey-form"), counter=counter)
        whom = csrf.visitor()
    acts = [lambda: passkey_login.log_in(db, Actor(), answer, False, None, whom, SITE)] * AT_ONCE
    assert sum(_at_once(*acts)) == 1


def test_of_two_who_remove_the_last_two_under_a_policy_one_is_refused(
    alice: Browser, db: Database, clock: Clock
) -> None:
    add_app(alice, clock)
    add_passkey(alice, Authenticator(SITE))
    session = sessions.find(db, alice.cookie("session") or "")
    assert session
    actor, (key,) = Actor(user=session.user, session=session), passkeys.of_user(db, session.user.id)
    done = _at_once(lambda: totp.turn_off(db, actor, "all"), lambda: passkeys.remove(db, actor, key.id, "all"))
    assert sum(done) == 1 and person(db, "alice").has_factor
    assert db.one("SELECT (SELECT count(*) FROM totp) + (SELECT count(*) FROM passkeys)") == (1,)


def test_a_factor_that_comes_while_the_password_is_checked_is_asked_for(
    alice: Browser, db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def late(*given: Any) -> bool:
        add_app(alice, clock)
        return matches(*given)

    monkeypatch.setattr(passwords, "matches", late)
    begun = login.log_in(db, Actor("203.0.113.7"), "alice@example.com", PASSWORD, False, None)
    assert begun.is_half and sessions.find(db, begun.token) is None


def test_an_ended_session_changes_no_factor(alice: Browser, db: Database, clock: Clock) -> None:
    """A thief's requests wait for the row while the owner undoes what the thief has done."""
    session = sessions.find(db, alice.cookie("session") or "")
    assert session
    actor, secret = Actor(user=session.user, session=session), totp.new_secret()
    key = Authenticator(SITE)
    made = key.add(challenge(alice.visit("/account/passkeys"), "passkeys-form"), b"x")
    standing.sign_out(db, COMMAND_LINE, session.user)
    for act in (
        lambda: totp.turn_on(db, actor, secret, totp.code_at(secret, totp.step_of(clock()))),
        lambda: passkeys.add(db, actor, made, "", SITE),
        lambda: totp.turn_off(db, actor, "none"),
        lambda: recovery_codes_rule.make_anew(db, actor),
    ):
        with pytest.raises(NoSession):
            act()
    assert not person(db, "alice").has_factor


def test_a_session_that_ended_meanwhile_leads_to_the_log_in(
    alice: Browser, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: Any) -> None:
        db.run("DELETE FROM sessions")
        raise NoSession

    monkeypatch.setattr(totp, "turn_on", late)
    alice.visit("/account/totp").submit("totp-form", code="123456")
    assert alice.path.startswith("/login?next=")
