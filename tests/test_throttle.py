"""The throttle: guessing is hopeless."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from db import Conflict, Database, Unavailable
from tests.browser import Browser
from tests.fixtures import PASSWORD, WRONG, Clock, coming_from, guess, log_in, logged_in, person, sign_up
from webapp import create_app
from webapp.accounts import confirm, hashing, limits, passwords, strength, throttle
from webapp.accounts.throttle import Bucket


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_after_five_failures_strangers_must_wait_whether_or_not_somebody_has_the_address(
    app: Flask, browser: Browser, clock: Clock, name: str
) -> None:
    sign_up(Browser(app), "alice")
    assert guess(browser, name, 7) == [422] * 5 + [429] * 2
    assert 290 <= int(browser.answer.headers["Retry-After"]) <= 300
    refusal = browser.page.select_one("#flashes [data-retry-after]")
    assert refusal is not None and refusal["data-retry-after"] == browser.answer.headers["Retry-After"]
    assert browser.value("email") == f"{name}@example.com" and WRONG not in browser.answer.text
    assert browser.flashes() == [
        "There were too many failed log-ins. A browser that has logged in to the account before can still log in."
        " From this one, try again in 5 minutes."
    ]
    clock.advance(minutes=5, seconds=1)
    assert guess(browser, name, 1) == [422]


def test_a_refused_try_is_none(blocked: Browser, db: Database, clock: Clock) -> None:
    """Neither the right password gets in, nor is a failure noted, nor does trying on make it longer."""
    clock.advance(minutes=4)
    assert log_in(blocked, "alice").answer.status_code == 429
    assert db.one("SELECT count(*) FROM events WHERE kind = 'login_failed'") == (5,)
    clock.advance(minutes=1, seconds=1)
    assert log_in(blocked, "alice").path == "/dashboard"


def test_the_answer_tells_nobody_who_has_an_account(app: Flask) -> None:
    sign_up(Browser(app), "alice")
    answers = []
    for name in ("alice", "nobody"):
        browser = coming_from(app, f"203.0.113.{len(name)}")
        guess(browser, name, 6)
        page = re.sub(r'csrf_token" value="\w+"|(alice|nobody)@', "", browser.answer.text)
        answers.append((browser.answer.status_code, browser.answer.headers["Retry-After"], page))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2:3::4", "2001:db8:1:3:3::4", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7:4711", "203.0.113.7", True),
        ("[2001:db8:1:2:3::4]:4711", "2001:db8:1:2:3::4", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("nonsense", "more nonsense", True),
    ],
)
def test_whoever_has_a_network_of_addresses_is_one(app: Flask, first: str, second: str, together: bool) -> None:
    guesser = coming_from(app, first)
    assert [guess(guesser, f"user{number}", 1)[0] for number in range(11)][-1] == 429
    assert (guess(coming_from(app, second), "other", 1) == [429]) is together


def test_an_address_gets_no_more_than_a_hundred_failures_an_hour(app: Flask, clock: Clock) -> None:
    browser, statuses = coming_from(app, "203.0.113.7"), []
    for number in range(101):
        clock.advance(seconds=7)
        statuses += guess(browser, f"user{number}", 1)
    assert statuses == [422] * 100 + [429]
    clock.advance(hours=1)
    assert guess(browser, "other", 1) == [422]


def test_after_a_hundred_failures_in_a_row_only_known_browsers_get_in(app: Flask, db: Database, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice").visit("/logout").submit("logout-form")
    for number in range(20):
        assert 429 not in guess(coming_from(app, f"203.0.113.{number}"), "alice", 5)
        clock.advance(minutes=6)
    stranger = coming_from(app, "198.51.100.1")
    assert log_in(stranger, "alice").answer.status_code == 429
    clock.advance(days=1)
    assert log_in(stranger, "alice").answer.status_code == 429
    assert log_in(alice, "alice").path == "/dashboard"
    assert log_in(stranger, "alice").path == "/dashboard"


@pytest.fixture
def shut(app: Flask, clock: Clock) -> None:
    """Alice's account, at which strangers have failed a hundred times in a row."""
    sign_up(Browser(app), "alice")
    for number in range(20):
        assert 429 not in guess(coming_from(app, f"203.0.113.{number}"), "alice", 5)
        clock.advance(minutes=6)


def test_a_week_later_new_browsers_may_try_again(app: Flask, shut: None, clock: Clock) -> None:
    stranger = coming_from(app, "198.51.100.1")
    clock.advance(days=6, hours=23)
    assert log_in(stranger, "alice").answer.status_code == 429
    clock.advance(hours=1)
    assert log_in(stranger, "alice").path == "/dashboard"


def test_a_guesser_who_comes_back_each_week_does_not_get_far_in_a_year() -> None:
    assert limits.IN_A_ROW.most * timedelta(days=365) / limits.IN_A_ROW.within < strength.FEWEST_GUESSES


def test_the_owner_lets_new_browsers_try_again(alice: Browser, app: Flask, clock: Clock, db: Database) -> None:
    alice.visit("/account/sessions")
    assert alice.page.select_one("#new-browsers") is None
    clock.advance(minutes=20)
    assert guess(coming_from(app, "203.0.113.7"), "alice", 6)[-1] == 429
    alice.visit("/account/sessions")
    assert "logged in to it before; that ends at 15:34 UTC (in about 5 minutes)" in alice.text()
    alice.submit("new-browsers")
    assert "What will be done: Let new browsers try again." in alice.text()
    alice.submit("confirm-form", password=PASSWORD)
    assert (alice.path, alice.flashes()) == ("/account/sessions", ["New browsers can try to log in again."])
    assert alice.page.select_one("#new-browsers") is None
    assert "A block after too many tries was lifted" in alice.visit("/account/activity").text()
    assert log_in(coming_from(app, "203.0.113.8"), "alice").path == "/dashboard"


def test_that_is_done_in_place_and_no_error_where_none_is_kept_out(alice: Browser, app: Flask) -> None:
    assert guess(coming_from(app, "203.0.113.7"), "alice", 6)[-1] == 429
    alice.visit("/account/sessions").submit("new-browsers")
    assert alice.flashes() == ["New browsers can try to log in again."]
    token = alice.visit("/logout").value("csrf_token")
    assert alice.client.post("/account/sessions/new-browsers", data={"csrf_token": token}).status_code == 303
    assert alice.visit("/account/sessions/new-browsers").flashes() == ["No new browser is kept out."]


def test_of_twenty_guesses_at_once_five_are_made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MOST_WAITING", 100)
    # Of one account one password is checked and one waits; here the bucket alone must hold the others off.
    monkeypatch.setattr(throttle, "turn", lambda *_: hashing.Turn())
    browsers = [Browser(app).visit("/login") for _ in range(20)]

    def guess(browser: Browser) -> int:
        return browser.submit("login-form", email="nobody@example.com", password=WRONG).answer.status_code

    with ThreadPoolExecutor(20) as threads:
        statuses = sorted(threads.map(guess, browsers))
    assert statuses == [422] * 5 + [429] * 15


def test_all_servers_count_together(blocked: Browser, settings: dict[str, object], clock: Clock) -> None:
    other = create_app(settings, clock)
    assert log_in(Browser(other), "alice").answer.status_code == 429
    other.extensions["database"].close()


def test_what_was_typed_is_kept_nowhere_readable(blocked: Browser, db: Database) -> None:
    log_in(blocked, "my secret passphrase", password=WRONG)
    kept = str(db.all("SELECT * FROM throttles"))
    assert "203.0.113.7" in kept and "passphrase" not in kept and "alice" not in kept and WRONG not in kept


def test_buckets_whose_time_is_over_are_swept(blocked: Browser, db: Database, app: Flask, clock: Clock) -> None:
    clock.advance(days=40)
    blocked.visit("/login")
    assert db.all("SELECT * FROM throttles") == []


def test_twenty_sign_ups_an_hour_from_one_network(app: Flask, browser: Browser, clock: Clock) -> None:
    statuses = [sign_up(Browser(app), f"user{number}").path for number in range(20)]
    assert statuses == ["/login"] * 20
    sign_up(browser, "alice")
    assert browser.answer.status_code == 429 and browser.value("username") == "alice"
    assert "Too many accounts were made from your network. Try again in 1 hour." in browser.flashes()
    assert sign_up(coming_from(app, "203.0.113.9"), "bob").path == "/login"
    clock.advance(hours=1, seconds=1)
    assert sign_up(browser, "alice").path == "/login"


def test_refused_sign_ups_do_not_count(app: Flask) -> None:
    sign_up(Browser(app), "alice")
    browser = Browser(app)
    assert {sign_up(browser, "alice").answer.status_code for _ in range(25)} == {422}
    assert sign_up(browser, "bob").path == "/login"


def test_who_sits_down_at_an_open_session_cannot_guess_on(alice: Browser, app: Flask) -> None:
    fields = {"password": WRONG, "current_password": WRONG, "new_password": "staple horse battery"}
    token = alice.visit("/confirm").value("csrf_token")
    addresses = ["/confirm", "/account/password", "/account/delete"] * 2
    statuses = [alice.client.post(path, data=fields | {"csrf_token": token}).status_code for path in addresses]
    assert statuses == [422] * 5 + [429]
    alice.visit("/confirm").submit("confirm-form", password=PASSWORD)
    assert alice.answer.status_code == 429 and "try again in 5 minutes" in alice.text().lower()
    other = log_in(Browser(app), "alice").visit("/confirm").submit("confirm-form", password=PASSWORD)
    assert other.path == "/dashboard"


def test_the_command_line_signs_up_as_many_as_it_likes(app: Flask) -> None:
    for number in range(22):
        typed = f"{PASSWORD}\n"
        done = app.test_cli_runner().invoke(args=["user", "create", f"user{number}@example.com"], input=typed)
        assert done.exit_code == 0, done.output


def test_each_limit_has_a_kind_of_its_own() -> None:
    found = [value for value in vars(limits).values() if isinstance(value, limits.Limit)]
    assert {limit.kind: limit for limit in found} == limits.LIMITS and len(found) == len(limits.LIMITS)


def test_a_form_that_is_sent_again_is_no_way_around(app: Flask, db: Database, clock: Clock) -> None:
    """It asks for the password of an account that was made a moment ago, and so is a log-in."""
    sign_up(Browser(app), "alice")
    browser = coming_from(app, "203.0.113.9").visit("/signup")

    def again(password: str) -> int:
        fields = {"csrf_token": browser.value("csrf_token"), "username": "alice", "email": "alice@example.com"}
        return browser.client.post("/signup", data=fields | {"password": password, "again": "yes"}).status_code

    assert [again(WRONG) for _ in range(6)] == [422] * 5 + [429]
    clock.advance(minutes=5, seconds=1)
    assert again(PASSWORD) == 303
    clock.advance(minutes=6)
    assert again(PASSWORD) == 422


def test_what_is_taken_is_not_told_without_end(app: Flask) -> None:
    sign_up(Browser(app), "alice")
    browser = coming_from(app, "203.0.113.9")
    assert [sign_up(browser, "alice").answer.status_code for _ in range(101)] == [422] * 100 + [429]
    assert "Too many names and addresses that are taken were tried" in browser.flashes()[0]


@pytest.mark.parametrize("by", ["sign-up", "change of address"])
def test_who_gets_an_address_is_not_held_for_what_was_guessed_before(app: Flask, clock: Clock, by: str) -> None:
    for number in range(20):
        assert 429 not in guess(coming_from(app, f"203.0.113.{number}"), "alice", 5)
        clock.advance(minutes=6)
    assert guess(coming_from(app, "198.51.100.1"), "alice", 1) == [429]
    if by == "sign-up":
        sign_up(Browser(app), "alice")
    else:
        bob = logged_in(Browser(app), "bob").visit("/account")
        bob.submit("email-form", email="alice@example.com")
        assert "alice@example.com" in bob.text()
    assert log_in(coming_from(app, "198.51.100.2"), "alice").path == "/dashboard"


def test_a_session_that_guesses_on_gets_no_further(alice: Browser, clock: Clock) -> None:
    token = alice.visit("/confirm").value("csrf_token")
    statuses = []
    for _ in range(51):
        clock.advance(seconds=61)
        alice.visit("/dashboard")
        answer = alice.client.post("/confirm", data={"csrf_token": token, "password": WRONG})
        statuses.append(answer.status_code)
    assert statuses == [422] * 50 + [429] and int(answer.headers["Retry-After"]) > 86_400


def _times(browser: Browser, path: str, fields: Callable[[int], dict[str, str]], times: int) -> list[int]:
    """Send a form so often, each time filled in as `fields` says; give the statuses."""
    token = browser.visit("/logout").value("csrf_token")
    sent = ({"csrf_token": token} | fields(number) for number in range(times))
    return [browser.client.post(path, data=form).status_code for form in sent]


@pytest.mark.parametrize(
    ("path", "fields", "done"),
    [
        ("/account/username", lambda number: {"username": f"alice{number}"}, 303),
        ("/account/email", lambda number: {"email": f"alice{number}@example.com"}, 303),
        ("/account/language", lambda number: {"language": ("de", "en")[number % 2]}, 303),
        ("/account/time_zone", lambda number: {"time_zone": ("UTC", "Asia/Kolkata")[number % 2]}, 303),
        ("/account/data", lambda number: {}, 200),
        ("/confirm", lambda number: {"password": PASSWORD}, 303),
    ],
)
def test_each_act_on_ones_own_account_may_be_done_twenty_times_an_hour(
    alice: Browser,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    fields: Callable[[int], dict[str, str]],
    done: int,
) -> None:
    monkeypatch.setattr(confirm, "FRESH", timedelta(days=1))
    assert _times(alice, path, fields, 21) == [done] * 20 + [429]
    clock.advance(minutes=59)
    assert _times(alice, path, fields, 1) == [429]
    clock.advance(minutes=1, seconds=1)
    assert _times(alice, path, fields, 1) == [done]


def test_what_was_typed_comes_back_when_it_was_done_too_often(alice: Browser, db: Database) -> None:
    _times(alice, "/account/username", lambda number: {"username": f"alice{number}"}, 20)
    alice.visit("/account").submit("username-form", username="alicia")
    assert alice.answer.status_code == 429 and alice.value("username") == "alicia"
    assert alice.flashes() == ["You have done this too often. Try again in 1 hour."]
    assert db.one("SELECT username FROM users") == ("alice19",)
    alice.visit("/account").submit("email-form", email="alicia@example.com")
    assert alice.flashes() == ["Your email address is alicia@example.com now. Log in with it from the next time on."]


def test_drafts_are_kept_twenty_times_an_hour(alice: Browser, clock: Clock) -> None:
    clock.advance(minutes=20)
    assert _times(alice, "/account/email", lambda _: {"email": "new@example.com"}, 21) == [303] * 20 + [429]


def test_a_form_that_came_too_late_is_refused_where_too_many_wait(
    alice: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ACTS", limits.ACTS._replace(within=timedelta(hours=3)))
    clock.advance(minutes=20)
    assert _times(alice, "/account/email", lambda _: {"email": "new@example.com"}, 20) == [303] * 20
    token = alice.visit("/account").value("csrf_token")
    clock.advance(minutes=61)
    answer = alice.client.post("/account/email", data={"csrf_token": token, "email": "late@example.com"})
    assert answer.status_code == 429 and "You have done this too often." in answer.text


def test_a_thiefs_session_keeps_the_owner_from_no_confirmation(alice: Browser, app: Flask, clock: Clock) -> None:
    thief = log_in(Browser(app), "alice")
    alice.visit("/account")
    clock.advance(minutes=20)
    assert alice.visit("/account").submit("email-form", email="new@example.com").heading() == "Confirm it is you"
    assert _times(thief, "/account/email", lambda _: {"email": "thief@example.com"}, 21)[-1] == 429
    alice.submit("confirm-form", password=PASSWORD)
    assert "new@example.com" in alice.flashes()[0]


def test_an_admin_does_no_more_than_500_acts_an_hour(
    grace: Browser, app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.ADMIN_ACTS.most == 500
    monkeypatch.setattr(limits, "ADMIN_ACTS", limits.ADMIN_ACTS._replace(most=2))
    bob = person(db, sign_up(Browser(app), "bob") and "bob")
    path, fields = f"/admin/users/{bob.id}/sign-out", {"reason": "because"}
    assert _times(grace, path, lambda _: fields, 3) == [303, 303, 429]
    assert _times(grace, "/admin/blocks", lambda _: {"key": "0" * 64}, 1) == [429]
    assert app.test_cli_runner().invoke(args=["user", "sign-out", "bob@example.com"]).exit_code == 0


def test_every_place_that_tells_what_is_taken_counts_in_one_bucket(
    app: Flask, htmx: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TAKEN", limits.TAKEN._replace(most=4))
    sign_up(Browser(app), "alice")
    bob = logged_in(Browser(app, htmx), "bob")
    assert sign_up(Browser(app), "alice").answer.status_code == 422
    assert bob.client.post("/signup/username", data={"username": "Alice"}).status_code == 200
    assert bob.client.post("/account/username/check", data={"username": "alice"}).status_code == 200
    assert bob.client.post("/signup/username", data={"username": "free"}).status_code == 200
    bob.visit("/account").submit("email-form", email="alice@example.com")
    assert bob.errors() == {"email": "Email already registered."}
    bob.submit("email-form", email="alice@example.com")
    assert bob.answer.status_code == 429 and bob.value("email") == "alice@example.com"
    for path in ("/signup/username", "/account/username/check"):
        assert bob.client.post(path, data={"username": "alice"}).status_code == 429
    bob.visit("/account").submit("username-form", username="alice")
    assert bob.answer.status_code == 429
    assert sign_up(Browser(app), "alice").answer.status_code == 429


def test_an_account_that_asks_from_many_networks_what_is_taken_is_one(
    alice: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TAKEN", limits.TAKEN._replace(most=2))
    sign_up(Browser(app), "bob")
    statuses = []
    for number in range(3):
        alice.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        statuses += _times(alice, "/account/email", lambda _: {"email": "bob@example.com"}, 1)
    assert statuses == [422, 422, 429]


def test_log_ins_that_succeed_are_counted_for_each_account(
    app: Flask, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    assert limits.LOGINS_OF_ACCOUNT.most == 200
    monkeypatch.setattr(limits, "LOGINS_OF_ACCOUNT", limits.LOGINS_OF_ACCOUNT._replace(most=2))
    for name in ("alice", "bob"):
        sign_up(Browser(app), name)
    browser = log_in(Browser(app), "alice")
    log_in(Browser(app), "alice")
    browser.visit("/logout").submit("logout-form")
    for other in (browser, coming_from(app, "203.0.113.7")):
        assert log_in(other, "alice").answer.status_code == 429
        assert other.flashes() == ["There were too many log-ins. Try again in 1 hour."]
    assert log_in(Browser(app), "bob").path == "/dashboard"
    clock.advance(hours=1, seconds=1)
    assert log_in(browser, "alice").path == "/dashboard"


def test_and_for_each_network_but_those_of_known_browsers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.LOGINS_OF_NETWORK.most == 3000
    monkeypatch.setattr(limits, "LOGINS_OF_NETWORK", limits.LOGINS_OF_NETWORK._replace(most=2))
    for name in ("alice", "bob"):
        sign_up(Browser(app), name)
    known = log_in(Browser(app), "alice")
    for _ in range(3):
        known.visit("/logout").submit("logout-form")
        assert log_in(known, "alice").path == "/dashboard"
    assert log_in(Browser(app), "bob").path == "/dashboard"
    assert log_in(Browser(app), "bob").answer.status_code == 429
    assert log_in(coming_from(app, "203.0.113.7"), "bob").path == "/dashboard"


def test_a_full_bucket_costs_no_hash(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ACTS", limits.ACTS._replace(most=1))
    typed = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    assert _times(alice, "/account/password", lambda _: typed, 1) == [303]
    assert _times(alice, "/confirm", lambda _: {"password": PASSWORD + "!"}, 1) == [303]
    asked: list[object] = []
    monkeypatch.setattr(passwords, "matches", lambda *given: asked.append(given))
    assert _times(alice, "/confirm", lambda _: {"password": PASSWORD}, 2) == [429] * 2
    assert _times(alice, "/account/password", lambda _: typed, 2) == [429] * 2
    assert asked == []


def test_a_stolen_session_lifts_no_block_after_every_fifth_guess(alice: Browser, app: Flask) -> None:
    statuses = []
    for number in range(21):
        assert guess(coming_from(app, f"203.0.113.{number}"), "alice", 6)[-1] == 429
        statuses += _times(alice, "/account/sessions/new-browsers", lambda _: {}, 1)
    assert statuses == [303] * 20 + [429]


@pytest.mark.parametrize(("trouble", "counted"), [(Unavailable("standby away"), 1), (Conflict("in the way"), None)])
def test_a_guess_whose_failure_could_not_be_written_down_stays_counted(
    db: Database, trouble: Unavailable, counted: int | None
) -> None:
    """While commits wait for a standby, a password could be guessed for free; after a conflict the try is made anew."""
    buckets = [Bucket(limits.IN_SESSION, "here", "here")]
    with pytest.raises(type(trouble)), throttle.trying(db, buckets, ValueError):
        raise trouble
    number = "SELECT number FROM throttles WHERE number > 0"
    assert db.one(number) == (None if counted is None else (counted,))
