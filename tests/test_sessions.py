"""The life of a session: both of its ends; the list of them, and ending one."""

from collections.abc import Callable

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person, sign_up
from webapp import create_app
from webapp.accounts import events, roles, sessions, standing
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.events import Kind


def _is_in(browser: Browser) -> bool:
    return browser.client.get("/dashboard").status_code == 200


def _log_in(app: Flask, db: Database, *, remember: bool = False, admin: bool = False) -> Browser:
    browser = sign_up(Browser(app), "alice")
    if admin:
        roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    return log_in(browser, "alice", **({"remember": "yes"} if remember else {}))


@pytest.mark.parametrize(
    ("kind", "idle"),
    [
        ({}, {"hours": 1}),
        ({"remember": True}, {"days": 14}),
        ({"admin": True}, {"minutes": 30}),
        ({"admin": True, "remember": True}, {"minutes": 30}),
    ],
)
def test_it_ends_when_it_is_left_alone(app: Flask, db: Database, clock: Clock, kind: dict, idle: dict) -> None:
    browser = _log_in(app, db, **kind)
    clock.advance(**idle)
    clock.advance(seconds=-1)
    assert _is_in(browser)
    clock.advance(**idle)
    assert not _is_in(browser)


@pytest.mark.parametrize(
    ("kind", "absolute", "step"),
    [
        ({}, {"hours": 24}, {"minutes": 50}),
        ({"remember": True}, {"days": 30}, {"days": 5}),
        ({"admin": True, "remember": True}, {"hours": 12}, {"minutes": 25}),
    ],
)
def test_it_ends_however_busy_it_is(
    app: Flask, db: Database, clock: Clock, kind: dict, absolute: dict, step: dict
) -> None:
    browser = _log_in(app, db, **kind)
    end = Clock()
    end.advance(**absolute)
    while clock.time < end.time:
        assert _is_in(browser)
        clock.advance(**step)
    assert not _is_in(browser)


def test_a_clock_that_steps_back_logs_nobody_out(app: Flask, db: Database, clock: Clock) -> None:
    browser = _log_in(app, db)
    clock.advance(hours=-1)
    assert _is_in(browser)
    clock.advance(hours=1, minutes=59)
    assert _is_in(browser)
    clock.advance(hours=1)
    assert not _is_in(browser)


def test_being_seen_is_written_at_most_once_a_minute(app: Flask, db: Database, clock: Clock) -> None:
    browser = _log_in(app, db)
    seen = "SELECT last_seen_at FROM sessions"
    clock.advance(seconds=59)
    browser.visit("/dashboard")
    assert db.one(seen) == ("2026-03-14 15:09:26",)
    clock.advance(seconds=1)
    browser.visit("/dashboard")
    assert db.one(seen) == ("2026-03-14 15:10:26",)


def test_the_row_of_one_that_ended_by_itself_is_swept_after_a_week(app: Flask, db: Database, clock: Clock) -> None:
    _log_in(app, db)
    log_in(Browser(app), "alice", remember="yes")
    clock.advance(hours=2)
    log_in(Browser(app), "alice")
    ended = "SELECT ended_at FROM sessions WHERE ended_at IS NOT NULL"
    assert db.all(ended) == [("2026-03-14 16:09:26",)]
    clock.advance(days=6)
    log_in(Browser(app), "alice")
    assert db.all(ended + " ORDER BY ended_at") == [("2026-03-14 16:09:26",), ("2026-03-14 18:09:26",)]
    clock.advance(days=1, hours=2)
    log_in(Browser(app), "alice")
    assert db.all(ended) == [("2026-03-20 18:09:26",)]


def test_a_role_that_was_taken_away_lengthens_a_session_that_is_not_over(
    app: Flask, db: Database, clock: Clock
) -> None:
    browser = _log_in(app, db, admin=True)
    sign_up(Browser(app), "bob")
    roles.give(db, COMMAND_LINE, person(db, "bob"), "admin")
    roles.give(db, COMMAND_LINE, person(db, "alice"), "user")
    clock.advance(minutes=45)
    assert _is_in(browser)
    assert db.all("SELECT ended_at FROM sessions") == [(None,)]


def test_it_goes_with_its_user(app: Flask, db: Database) -> None:
    browser = _log_in(app, db)
    db.run("DELETE FROM users")
    assert not _is_in(browser)
    assert db.all("SELECT * FROM sessions") == []


def test_whoever_gets_the_id_of_somebody_deleted_does_not_get_their_session(app: Flask, db: Database) -> None:
    browser = _log_in(app, db)
    alice = users.by_email(db, "alice@example.com")
    db.run("DELETE FROM users")
    sign_up(Browser(app), "bob")
    db.run("DELETE FROM events")
    db.run("UPDATE users SET id = :id", id=alice.id if alice else 0)
    assert not _is_in(browser)


def test_one_query_finds_the_session_and_its_user(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = _log_in(app, db)
    asked: list[str] = []
    for verb in ("one", "all", "run"):
        real = getattr(db, verb)
        monkeypatch.setattr(
            db, verb, lambda sql, *read, real=real, **values: asked.append(sql) or real(sql, *read, **values)
        )
    browser.client.get("/logout")
    assert asked == ["SELECT * FROM own_sessions_4 WHERE token_hash = :token_hash"]


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é", "a" * 5000, "' OR 1=1 --", "\x00"])
def test_a_made_up_token_opens_nothing(app: Flask, token: str) -> None:
    with app.test_request_context():
        assert sessions.find(app.extensions["database"], token) is None


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.4 Mobile/15E148 Safari/604.1"
)


def _elsewhere(app: Flask, name: str = "alice", agent: str = FIREFOX) -> Browser:
    """Logged in from another browser."""
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = agent
    return log_in(browser, name)


def _ids(browser: Browser) -> list[str]:
    return [str(row["id"]).removeprefix("session-") for row in browser.visit("/account/sessions").page.select(".row")]


def _end(browser: Browser, session_id: str) -> Browser:
    return browser.visit("/account/sessions").submit(f"end-{session_id}")


def test_the_list_says_which_browser_where_and_since_when(alice: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(minutes=5)
    _elsewhere(app)
    clock.advance(hours=-1)
    clock.advance(hours=1, minutes=3)
    alice.visit("/account/sessions")
    here, other = alice.page.select(".row")
    assert "This device" in here.text and "This device" not in other.text
    words = " ".join(other.text.split())
    assert "Firefox on Windows" in words and "127.0.0.1" in words
    assert "Started 3 min ago Last seen 3 min ago" in words
    assert [time["datetime"] for time in other.select("time")] == ["2026-03-14T15:14:26Z"] * 2
    button = other.select_one("button")
    assert button is not None and " ".join(button.text.split()) == "Log out Firefox on Windows"


def test_one_is_ended_from_the_list(alice: Browser, app: Flask) -> None:
    other = _elsewhere(app)
    here, there = _ids(alice)
    _end(alice, there)
    assert alice.flashes() == ["Firefox on Windows is logged out."]
    assert not alice.page.select(f"#session-{there}") and alice.page.select(f"#session-{here}")
    assert not _is_in(other) and _is_in(alice)


def test_the_focus_goes_to_the_neighbour_or_to_what_says_that_there_is_none(app: Flask) -> None:
    alice = logged_in(Browser(app, htmx=True), "alice")
    for agent in (FIREFOX, SAFARI, ""):
        _elsewhere(app, agent=agent)
    _, first, second, third = _ids(alice)
    for gone, focused in ((second, third), (third, first)):
        _end(alice, gone)
        assert alice.page.select(f"#end-{focused} button[autofocus]") and len(alice.page.select("[autofocus]")) == 1
    _end(alice, first)
    assert [str(element["id"]) for element in alice.page.select("[autofocus]")] == ["alone"]


def test_two_tabs_that_end_one_session_are_no_error(alice: Browser, app: Flask) -> None:
    _elsewhere(app)
    _, there = _ids(alice)
    page = alice.page
    _end(alice, there)
    alice.page = page
    alice.submit(f"end-{there}")
    assert alice.answer.status_code == 200 and alice.flashes() == ["That session had ended already."]


def test_all_others_are_ended_at_once(alice: Browser, app: Flask) -> None:
    others = [_elsewhere(app, agent=agent) for agent in (FIREFOX, SAFARI)]
    alice.visit("/account/sessions").submit("end-others")
    assert alice.flashes() == ["2 other sessions ended."]
    assert "You are logged in nowhere else." in alice.text()
    assert [_is_in(browser) for browser in (*others, alice)] == [False, False, True]


def test_this_one_is_ended_by_logging_out(alice: Browser) -> None:
    (here,) = _ids(alice)
    fields = {"csrf_token": alice.visit("/logout").value("csrf_token")}
    answer = alice.client.post(f"/account/sessions/{here}", data=fields)
    assert (answer.status_code, answer.location) == (303, "/logout") and _is_in(alice)


def test_somebody_elses_session_is_not_found(alice: Browser, bob: Browser, app: Flask) -> None:
    (theirs,) = _ids(bob)
    token = alice.visit("/logout").value("csrf_token")
    assert alice.client.get(f"/account/sessions/{theirs}").status_code == 404
    assert alice.client.post(f"/account/sessions/{theirs}", data={"csrf_token": token}).status_code == 404
    assert app.test_client().get(f"/account/sessions/{theirs}").status_code == 303
    assert _is_in(bob)


@pytest.mark.parametrize("session_id", ["x", "%00", "%ff", "a" * 3000, "' OR 1=1 --", "\u202e"])
def test_an_edited_address_is_not_found(alice: Browser, session_id: str) -> None:
    assert alice.client.get(f"/account/sessions/{session_id}").status_code == 404


def test_one_has_a_page_of_its_own_also_after_its_end(alice: Browser, app: Flask) -> None:
    _elsewhere(app)
    _, there = _ids(alice)
    assert "Firefox on Windows" in alice.visit(f"/account/sessions/{there}").text()
    alice.submit("end-session")
    assert alice.path == "/account/sessions"
    text = alice.visit(f"/account/sessions/{there}").text()
    assert "This session has ended." in text and "A session was ended from the list of sessions" in text


def test_the_oldest_of_a_hundred_makes_room(alice: Browser, app: Flask, db: Database, clock: Clock) -> None:
    client = Actor("127.0.0.1", "Robot")
    user = users.by_email(db, "alice@example.com")
    assert user is not None
    for _ in range(100):
        clock.advance(seconds=1)
        with db.transaction():
            sessions.start(db, client, user, remember=True)
    assert len(sessions.live(db, user.id)) == 100 and not _is_in(alice)
    assert db.all("SELECT kind FROM events WHERE kind LIKE 'session%'") == [("session_crowded_out",)]


def test_they_are_listed_on_pages_of_25(alice: Browser, db: Database, clock: Clock) -> None:
    user = users.by_email(db, "alice@example.com")
    assert user is not None
    for number in range(26):
        clock.advance(seconds=1)
        with db.transaction():
            sessions.start(db, Actor("127.0.0.1", f"Robot {number}"), user, remember=True)
    assert "Robot 25" in alice.visit("/account/sessions").text() and "Robot 0" not in alice.text()
    assert "This device" in alice.text() and alice.page.find("a", string="Newest") is None
    alice.visit(alice.page.find("a", string="Older")["href"])
    assert "Robot 0" in alice.text() and "Robot 1" not in alice.text() and "This device" not in alice.text()
    alice.submit(alice.page.select_one("form[id^=end-]")["id"])
    assert "Robot 0 is logged out." in alice.text()
    assert "Robot 25" in alice.text() and alice.page.find("a", string="Older") is None


@pytest.mark.parametrize("page", ["99", "0", "-1", "x", "9" * 30])
def test_a_page_that_is_not_there_is_the_nearest(alice: Browser, page: str) -> None:
    assert "This device" in alice.visit(f"/account/sessions?page={page}").text()


def test_a_number_below_the_first_page_is_the_first(alice: Browser, app: Flask, db: Database) -> None:
    _elsewhere(app)
    here, _ = sessions.live(db, 1)
    assert len(sessions.others(db, here, 0).sessions) == len(sessions.others(db, here, -3).sessions) == 1


def test_ending_one_bites_on_every_server_process(alice: Browser, app: Flask, settings: dict, clock: Clock) -> None:
    other = _elsewhere(app)
    second = create_app(settings, clock)
    elsewhere = second.test_client()
    elsewhere.set_cookie("session", other.cookie("session") or "")
    assert elsewhere.get("/dashboard").status_code == 200
    _end(alice, _ids(alice)[1])
    assert elsewhere.get("/dashboard").status_code == 303
    second.extensions["database"].close()


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("logged out", "Logged out"),
        ("expired", "A session ended because its time was over"),
        ("ended from the list", "A session was ended from the list of sessions"),
        ("password changed", "A session was ended by a changed password"),
        ("signed out by an admin", "A session was ended by an admin"),
        ("disabled", None),
        ("demoted", None),
        ("deletion asked for", None),
        ("deleted", None),
    ],
)
def test_an_old_cookie_opens_nothing_any_more(
    app: Flask, db: Database, clock: Clock, end: str, told: str | None
) -> None:
    """Each of these left the tutorial's cookie working; each is told apart in the log of what happened."""
    alice = logged_in(Browser(app), "alice")
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    logged_in(Browser(app), "grace")
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    old = _elsewhere(app)
    (there,) = [one for one in _ids(alice) if one != alice.page.select(".row")[0]["id"].removeprefix("session-")]
    ENDS[end](app, db, clock, alice, old)
    if end == "demoted":
        assert old.client.get("/admin").status_code == 403
        return
    assert old.client.get("/dashboard").status_code == 303
    assert old.client.get("/admin").status_code == 303
    if told:
        happened = [events.SENTENCES[Kind(row[0])] for row in db.all(KINDS, id=there)]
        assert happened == ["Logged in", told]


KINDS = "SELECT kind FROM events WHERE session_id = :id ORDER BY created_at, id"


def _change_password(alice: Browser) -> None:
    alice.visit("/account/password").submit(
        "password-change-form", current_password=PASSWORD, new_password="blue kettle on the hill"
    )


ENDS: dict[str, Callable[[Flask, Database, Clock, Browser, Browser], object]] = {
    "logged out": lambda app, db, clock, alice, old: _keeping_its_cookie(
        old, lambda: old.visit("/logout").submit("logout-form")
    ),
    "expired": lambda app, db, clock, alice, old: clock.advance(hours=2),
    "ended from the list": lambda app, db, clock, alice, old: alice.visit("/account/sessions").submit("end-others"),
    "password changed": lambda app, db, clock, alice, old: _change_password(alice),
    "signed out by an admin": lambda app, db, clock, alice, old: _disable_and_enable(db),
    "disabled": lambda app, db, clock, alice, old: standing.disable(db, COMMAND_LINE, person(db, "alice")),
    "demoted": lambda app, db, clock, alice, old: roles.give(db, COMMAND_LINE, person(db, "alice"), "user"),
    "deletion asked for": lambda app, db, clock, alice, old: alice.visit("/account/delete").submit(
        "deletion-form", password=PASSWORD
    ),
    "deleted": lambda app, db, clock, alice, old: db.run("DELETE FROM users WHERE username = 'alice'"),
}


def _disable_and_enable(db: Database) -> None:
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    standing.enable(db, COMMAND_LINE, person(db, "alice"))


def _keeping_its_cookie(browser: Browser, act: Callable[[], object]) -> None:
    token = browser.cookie("session")
    act()
    browser.client.set_cookie("session", token or "")
