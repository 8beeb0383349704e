"""Passkeys over the pages, by an authenticator in software: each of the things that they do, and each fault."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from db import Database, by_name, passkeys
from db.passkeys import Passkey
from tests.authenticator import Authenticator
from tests.browser import Browser
from tests.factors import (
    SITE,
    add_app,
    add_passkey,
    challenge,
    code,
    half_in,
    options,
    recovery_codes,
    use_passkey,
)
from tests.fixtures import PASSWORD, Clock, logged_in, person
from webapp import create_app
from webapp.accounts import challenges, factors_reset, standing
from webapp.accounts import passkeys as rules
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.challenges import LIFE, Purpose
from webapp.accounts.passkeys import MOST
from webapp.auth import csrf
from webapp.auth import passkeys as auth_passkeys

UNKNOWN = "That passkey opens no account here."
NOT_ADDED = "That passkey could not be added. Try again."


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"PUBLIC_URL": SITE.origin}


@pytest.fixture
def key(alice: Browser) -> Authenticator:
    """Alice's, who is logged in."""
    made = Authenticator(SITE)
    add_passkey(alice, made)
    assert alice.path == "/account/recovery-codes", alice.flashes()
    return made


@pytest.fixture
def stranger(browser: Browser) -> Browser:
    return browser


def _kinds(db: Database) -> list[str]:
    return [kind for (kind,) in db.all("SELECT kind FROM events ORDER BY id")]


def test_one_is_added_and_is_named_after_its_maker(alice: Browser, key: Authenticator, db: Database) -> None:
    page = alice.visit("/account/passkeys").text()
    assert "Google Password Manager" in page and "Logs you in, on this device only" in page and "not used yet" in page
    assert "1 passkey" in alice.visit("/account/security").text()
    assert person(db, "alice").has_factor and len(recovery_codes(alice)) == 10


def test_what_the_browser_is_asked_for(alice: Browser, key: Authenticator) -> None:
    asked = options(alice.visit("/account/passkeys"), "passkeys-form")
    assert asked["rp"] == {"id": "localhost", "name": "Latchkey"}
    assert (asked["user"]["name"], asked["user"]["displayName"]) == ("alice@example.com", "alice")
    assert asked["authenticatorSelection"] == {"residentKey": "preferred", "userVerification": "preferred"}
    assert (asked["attestation"], len(asked["excludeCredentials"])) == ("none", 1)
    assert [one["alg"] for one in asked["pubKeyCredParams"]] == [-7, -8, -257]
    login = options(Browser(alice.app).visit("/login"), "passkey-form")
    assert (login["userVerification"], login["allowCredentials"], login["rpId"]) == ("required", [], "localhost")
    confirm = options(alice.visit("/confirm"), "confirm-passkey-form")
    assert (confirm["userVerification"], len(confirm["allowCredentials"])) == ("required", 1)
    second = options(half_in(Browser(alice.app)), "passkey-form")
    assert (second["userVerification"], len(second["allowCredentials"])) == ("discouraged", 1)


def test_the_log_in_page_makes_one_challenge(stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = [], challenges.make
    monkeypatch.setattr(challenges, "make", lambda *given: made.append(make(*given)) or made[-1])
    assert made == [challenge(stranger.visit("/login"), "passkey-form")]


def test_it_is_a_log_in_by_itself(stranger: Browser, key: Authenticator, db: Database) -> None:
    use_passkey(stranger.visit("/login?next=/account/data"), key)
    assert stranger.path == "/account/data"
    assert "by passkey" in stranger.visit("/account/activity").text()
    assert "last used" in stranger.visit("/account/passkeys").text()
    cookie = stranger.client.get_cookie("session")
    assert cookie and cookie.max_age is None


def test_it_is_remembered_if_the_box_says_so(stranger: Browser, key: Authenticator) -> None:
    stranger.visit("/login")
    stranger.submit("passkey-form", credential=key.sign(challenge(stranger, "passkey-form")), remember="yes")
    cookie = stranger.client.get_cookie("session")
    assert cookie and cookie.max_age == 30 * 24 * 3600


def test_it_is_a_second_step(stranger: Browser, key: Authenticator) -> None:
    half_in(stranger, path="/login?next=/account")
    assert stranger.page.select_one("#second_step-form") is None, "she has no app"
    use_passkey(stranger, key, without_user=True)
    assert stranger.path == "/account" and stranger.cookie("half") is None
    assert "by password and passkey" in stranger.visit("/account/activity").text()


def test_without_a_check_of_the_user_it_is_no_log_in(stranger: Browser, key: Authenticator, db: Database) -> None:
    use_passkey(stranger.visit("/login"), key, without_user=True)
    assert stranger.answer.status_code == 422 and stranger.flashes() == [UNKNOWN]
    assert stranger.heading() == "Log in" and stranger.cookie("session") is None
    assert _kinds(db)[-1] == "passkey_refused"


def test_it_confirms_and_the_act_goes_on(alice: Browser, key: Authenticator, clock: Clock, db: Database) -> None:
    clock.advance(minutes=20)
    alice.visit("/account").submit("username-form", username="alicia")
    assert alice.heading() == "Confirm it is you"
    use_passkey(alice, key, "confirm-passkey-form")
    assert alice.flashes() == ["Your user name is alicia now."]
    clock.advance(minutes=20)
    use_passkey(alice.visit("/confirm"), key, "confirm-passkey-form", without_user=True)
    assert alice.answer.status_code == 422 and _kinds(db)[-1] == "confirmation_failed"


def test_adding_one_goes_on_after_confirming(alice: Browser, key: Authenticator, clock: Clock) -> None:
    other = Authenticator(SITE)
    alice.visit("/account/passkeys")
    answer = other.add(challenge(alice, "passkeys-form"), b"x")
    clock.advance(minutes=20)
    alice.submit("passkeys-form", credential=answer)
    assert "Add a passkey." in alice.text()
    use_passkey(alice, key, "confirm-passkey-form")
    assert alice.flashes() == ["The passkey is added."] and "2 passkeys" in alice.visit("/account/security").text()


def test_who_was_not_confirmed_lately_confirms_before_one_is_made(alice: Browser, clock: Clock) -> None:
    clock.advance(minutes=20)
    alice.visit("/account/passkeys")
    assert alice.page.select_one("#passkeys-form") is None
    (link,) = [link for link in alice.page.select("#passkeys-panel a") if "Confirm" in link.text]
    alice.visit(str(link["href"])).submit("confirm-form", password=PASSWORD)
    assert alice.path == "/account/passkeys" and alice.page.select_one("#passkeys-form")


def test_it_is_renamed_and_removed(alice: Browser, key: Authenticator, db: Database, clock: Clock) -> None:
    (key_id,) = [row[0] for row in db.all("SELECT id FROM passkeys")]
    alice.visit("/account/passkeys").submit(f"passkey-{key_id}", name="Laptop <b>")
    assert alice.flashes() == ["The passkey is called Laptop <b> now."]
    for name, told in (("", "Enter a name for the passkey."), ("x" * 61, "A name must be at most 60 characters.")):
        alice.submit(f"passkey-{key_id}", name=name)
        assert alice.answer.status_code == 422 and alice.errors() == {f"name-{key_id}": told}
    clock.advance(minutes=20)
    alice.visit(f"/account/passkeys/{key_id}/remove").submit("passkey_removal-form")
    assert "Remove the passkey Laptop <b>." in alice.text()
    alice.submit("confirm-form", password=PASSWORD)
    assert alice.path == "/account/passkeys"
    assert alice.flashes() == ["The passkey Laptop <b> is removed."] and not person(db, "alice").has_factor
    assert alice.visit(f"/account/passkeys/{key_id}/remove").answer.status_code == 404


def test_anothers_passkey_is_not_there(alice: Browser, key: Authenticator, bob: Browser, db: Database) -> None:
    (key_id,) = [row[0] for row in db.all("SELECT id FROM passkeys")]
    token = bob.visit("/account").value("csrf_token")
    for path in (f"/account/passkeys/{key_id}", f"/account/passkeys/{key_id}/remove"):
        answer = bob.client.post(path, data={"csrf_token": token, "name": "mine"})
        assert answer.status_code == 404, path
    assert db.one("SELECT name FROM passkeys") == ("Google Password Manager",)


FAULTS: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://evil.example"},
    "another RP": {"rp_id": "evil.example"},
    "without UP": {"without_presence": True},
    "a bad signature": {"bad_signature": True},
    "a frame": {"cross_origin": True},
    "the other ceremony": {"type": "webauthn.create"},
    "another user's handle": {"user_handle": b"somebody else"},
    "no handle": {"user_handle": b""},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_answer_logs_nobody_in(stranger: Browser, key: Authenticator, db: Database, fault: str) -> None:
    before = len(_kinds(db))
    use_passkey(stranger.visit("/login"), key, **FAULTS[fault])
    assert stranger.answer.status_code == 422 and stranger.flashes() == [UNKNOWN]
    assert stranger.cookie("session") is None and _kinds(db)[before:] == ["passkey_refused"]


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "no handle"])
def test_a_faulty_answer_is_no_second_step(stranger: Browser, key: Authenticator, db: Database, fault: str) -> None:
    half_in(stranger)
    before = len(_kinds(db))
    use_passkey(stranger, key, **FAULTS[fault])
    assert stranger.answer.status_code == 422 and stranger.cookie("session") is None
    assert stranger.heading() == "Second step" and stranger.flashes() == [UNKNOWN]
    assert _kinds(db)[before:] == ["second_step_failed"]


def test_the_passkey_of_another_user_is_no_second_step_and_confirms_nothing(
    alice: Browser, stranger: Browser, key: Authenticator, bob: Browser, db: Database
) -> None:
    add_passkey(bob, bobs := Authenticator(SITE))
    half_in(stranger)
    use_passkey(stranger, bobs)
    assert stranger.answer.status_code == 422 and stranger.cookie("session") is None
    use_passkey(alice.visit("/confirm"), bobs, "confirm-passkey-form")
    assert alice.answer.status_code == 422 and _kinds(db)[-1] == "confirmation_failed"
    assert use_passkey(stranger.visit("/login/second"), key).path == "/dashboard"


JUNK = [
    "",
    "x",
    "{}",
    "[]",
    "null",
    '{"id":"',
    "9" * 60_000,
    "[" * 20_000,
    '{"id":"AA","response":{}}',
    "\0",
    "\udcff",
    "ö",
]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_what_is_no_credential_is_no_error(
    alice: Browser, key: Authenticator, stranger: Browser, db: Database, junk: str
) -> None:
    for browser, path, form in (
        (stranger, "/login", "passkey-form"),
        (alice, "/account/passkeys", "passkeys-form"),
        (alice, "/confirm", "confirm-passkey-form"),
    ):
        before = len(_kinds(db))
        sent = {
            "credential": junk.encode("utf-8", "surrogateescape"),
            "csrf_token": browser.visit(path).value("csrf_token"),
        }
        address = str(browser.page.select_one(f"#{form}")["action"])  # type: ignore[index]
        browser.answer = browser.client.post(address, data=sent)
        assert browser.answer.status_code == 422, (path, browser.answer.status_code)
        assert junk or "A passkey needs JavaScript" in browser.answer.text
        assert len(_kinds(db)) - before == 1, "one event"
    half_in(stranger)
    token = stranger.value("csrf_token")
    assert (
        stranger.client.post(
            "/login/passkey", data={"credential": junk.encode("utf-8", "surrogateescape"), "csrf_token": token}
        ).status_code
        == 422
    )


def test_an_answer_is_good_once(stranger: Browser, key: Authenticator, db: Database, app: Flask) -> None:
    stranger.visit("/login")
    answer = key.sign(challenge(stranger, "passkey-form"))
    visitor = stranger.client.get_cookie("visitor")
    assert visitor is not None
    token = stranger.value("csrf_token")
    assert stranger.submit("passkey-form", credential=answer).path == "/dashboard"
    thief = Browser(app)
    thief.client.set_cookie("visitor", visitor.value)
    again = thief.client.post("/login/passkey", data={"credential": answer, "csrf_token": token})
    assert again.status_code == 422 and _kinds(db)[-1] == "passkey_refused"
    assert "its answer was sent twice" in stranger.visit("/account/activity").text()


def test_a_challenge_is_for_one_purpose_one_browser_and_an_hour(
    alice: Browser, stranger: Browser, key: Authenticator, app: Flask, clock: Clock, db: Database
) -> None:
    other = Browser(app)
    answers = {
        "another browser's": key.sign(challenge(other.visit("/login"), "passkey-form")),
        "for confirming": key.sign(challenge(alice.visit("/confirm"), "confirm-passkey-form")),
        "for the second step of another": key.sign(challenge(half_in(other), "passkey-form")),
        "ours by nobody": key.sign(b"x" * 56),
        "too short": key.sign(b""),
    }
    for told, answer in answers.items():
        stranger.visit("/login").submit("passkey-form", credential=answer)
        assert stranger.answer.status_code == 422 and stranger.cookie("session") is None, told
        assert db.one("SELECT detail FROM events ORDER BY id DESC LIMIT 1") == ('{"refused": "challenge"}',), told
    old = key.sign(challenge(stranger.visit("/login"), "passkey-form"))
    clock.advance(seconds=LIFE.total_seconds())
    stranger.visit("/login").submit("passkey-form", credential=old)
    assert stranger.answer.status_code == 422 and stranger.cookie("session") is None


def test_a_counter_that_goes_back_may_be_a_copy(stranger: Browser, key: Authenticator, db: Database) -> None:
    use_passkey(stranger.visit("/login"), key, counter=5)
    assert stranger.path == "/dashboard"
    other = Browser(stranger.app, stranger.htmx)
    for counter in (5, 4):
        use_passkey(other.visit("/login"), key, counter=counter)
        assert other.answer.status_code == 422
    assert "it may be a copy" in stranger.visit("/account/activity").text()
    use_passkey(half_in(other), key, counter=5)
    assert _kinds(db)[-1] == "passkey_refused"
    use_passkey(other.visit("/login"), key, counter=6)
    assert other.path == "/dashboard"


def test_of_two_answers_with_one_counter_one_is_taken(
    stranger: Browser, key: Authenticator, app: Flask, db: Database
) -> None:
    """A copy and its original answer at once, each a challenge of its own."""
    answers = []
    for browser in (stranger, Browser(app)):
        with browser.client:
            made = key.sign(challenge(browser.visit("/login"), "passkey-form"), counter=5)
            answers.append(rules.verified(db, made, Purpose.LOGIN, csrf.visitor(), SITE))
    with db.transaction():
        rules.spend(db, answers[0])
    with pytest.raises(rules.WrongPasskey), db.transaction():
        rules.spend(db, answers[1])


def test_a_challenge_fits_no_other_purpose(db: Database) -> None:
    made = challenges.make(db, Purpose.LOGIN, "whom")
    assert [challenges.is_good(db, made, purpose, "whom") for purpose in Purpose] == [False, True, False, False]


def test_a_passkey_whose_removal_is_due_logs_nobody_in(
    stranger: Browser, key: Authenticator, db: Database, clock: Clock
) -> None:
    factors_reset.ask(db, COMMAND_LINE, person(db, "alice"), 24, "lost")
    clock.advance(hours=24)
    # No sweep comes before.
    stranger.app.extensions["swept"] = clock(), timedelta(days=1)
    use_passkey(stranger.visit("/login"), key)
    assert stranger.answer.status_code == 422 and stranger.cookie("session") is None


def test_the_passkey_of_a_shut_account_opens_nothing(stranger: Browser, key: Authenticator, db: Database) -> None:
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    use_passkey(stranger.visit("/login"), key)
    assert stranger.flashes() == ["This account is disabled. An admin can enable it again."]
    standing.enable(db, COMMAND_LINE, person(db, "alice"))
    db.run("UPDATE users SET password = ''")
    use_passkey(stranger.visit("/login"), key)
    assert stranger.answer.status_code == 422 and stranger.flashes() == [UNKNOWN]


def test_an_unknown_one_is_told_to_the_password_manager(stranger: Browser, db: Database) -> None:
    other = Authenticator(SITE)
    use_passkey(stranger.visit("/login"), other)
    told = stranger.page.select_one("[data-unknown]")
    assert told and json.loads(str(told["data-unknown"]))["rpId"] == "localhost"
    assert db.one("SELECT user_id, kind FROM events ORDER BY id DESC LIMIT 1") == (None, "passkey_refused")


def test_one_that_an_account_has_is_not_added_again(
    alice: Browser, bob: Browser, key: Authenticator, db: Database
) -> None:
    for browser in (alice, bob):
        add_passkey(browser, key)
        assert browser.answer.status_code == 422
        assert browser.flashes() == ["This device has a passkey for your account already."]
    assert db.one("SELECT count(*) FROM passkeys") == (1,)


@pytest.mark.parametrize("fault", ["another origin", "another RP", "without UP", "a frame"])
def test_a_faulty_one_is_not_added(alice: Browser, db: Database, fault: str) -> None:
    add_passkey(alice, Authenticator(SITE), **FAULTS[fault])
    assert alice.answer.status_code == 422 and alice.flashes() == [NOT_ADDED]
    assert _kinds(db)[-1] == "passkey_refused" and not person(db, "alice").has_factor


def test_two_pages_at_once_make_no_two_handles(alice: Browser, db: Database) -> None:
    first, second = Authenticator(SITE), Authenticator(SITE)
    alice.visit("/account/passkeys")
    late = second.add(challenge(alice, "passkeys-form"), b"another handle")
    page = alice.page
    add_passkey(alice, first)
    alice.page = page
    alice.submit("passkeys-form", credential=late)
    assert alice.flashes()[-1:] == [NOT_ADDED] and db.one("SELECT count(*) FROM passkeys") == (1,)


def test_there_are_twenty_at_most(alice: Browser, key: Authenticator, db: Database) -> None:
    (row,) = db.all("SELECT * FROM passkeys", by_name(Passkey))
    for number in range(1, MOST):
        passkeys.add(db, row._replace(id=f"k{number}", credential_id=f"c{number}"))
    add_passkey(alice, Authenticator(SITE))
    assert alice.answer.status_code == 422 and alice.flashes()[0].startswith("You have as many passkeys as")


def test_under_an_address_of_numbers_the_page_leads_to_localhost(
    settings: dict[str, Any], clock: Clock, cheap_hashes: None
) -> None:
    """The app calls itself http://127.0.0.1:8000 unless a public address is set."""
    app = create_app(settings | {"PUBLIC_URL": ""}, clock)
    page = (browser := Browser(app)).visit("/login")
    assert page.page.select_one("#passkey-form") is None
    link = page.page.select_one('a[href="http://localhost:8000/login"]')
    assert link and "Passkeys work under http://localhost:8000" in page.text()
    logged_in(browser, "alice").visit("/account/passkeys")
    assert browser.page.select_one('a[href="http://localhost:8000/account/passkeys"]')
    app.extensions["database"].close()


@pytest.mark.parametrize("address", ["https://203.0.113.7", "http://latchkey.example"])
def test_an_address_for_which_no_browser_makes_any_has_none(
    settings: dict[str, Any], clock: Clock, cheap_hashes: None, address: str, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(auth_passkeys.log, "propagate", True)
    app = create_app(settings | {"PUBLIC_URL": address, "INSECURE": "1"}, clock)
    assert any(line.startswith("no passkeys: browsers want") for line in caplog.messages)
    with app.test_request_context("/login", base_url=address):
        assert auth_passkeys.site() is None and auth_passkeys.elsewhere() == auth_passkeys.login_options() == ""
    client = app.test_client()
    page = client.get("/login", base_url=address).text
    assert "passkey" not in page and "Passkeys work under" not in page
    app.extensions["database"].close()


def test_the_log_in_writes_nothing_until_somebody_answers(stranger: Browser, db: Database) -> None:
    for _ in range(3):
        stranger.visit("/login")
    assert db.all("SELECT * FROM used_challenges") == [] and db.all("SELECT * FROM half_logins") == []


def test_password_managers_find_the_page(app: Flask) -> None:
    answer = app.test_client().get("/.well-known/passkey-endpoints")
    assert answer.json == {
        "enroll": "http://localhost/account/passkeys",
        "manage": "http://localhost/account/passkeys",
    }


def test_confirming_takes_one_of_three(alice: Browser, key: Authenticator, clock: Clock, app: Flask) -> None:
    secret = add_app(alice, clock)
    alice.visit("/confirm")
    forms = [str(form["id"]) for form in alice.page.select("main form")]
    assert forms == ["confirm-form", "confirm-code-form", "confirm-passkey-form"]
    field = alice.page.select_one("#code")
    assert field and field["autocomplete"] == "one-time-code" and not field.has_attr("inputmode")
    alice.submit("confirm-code-form", code=code(secret, clock()))
    assert alice.path == "/dashboard"
    codes = recovery_codes(alice)
    alice.visit("/confirm").submit("confirm-code-form", code=codes[0])
    assert alice.path == "/dashboard"
    alice.visit("/confirm").submit("confirm-code-form", code=codes[0])
    assert alice.answer.status_code == 422 and alice.errors()["code"] == "This recovery code was used already."
    bob = logged_in(Browser(app), "bob").visit("/confirm")
    assert [str(form["id"]) for form in bob.page.select("main form")] == ["confirm-form"]
