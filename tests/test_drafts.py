"""A form that was sent after the session's end comes back after the log-in, with what was typed."""

import json

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser, text
from tests.fixtures import PASSWORD, Clock, log_in, logged_in


@pytest.fixture
def late(alice: Browser, clock: Clock) -> Browser:
    """Alice, who typed another name and sent it after her session was over."""
    alice.visit("/account")
    clock.advance(hours=2)
    return alice.submit("username-form", username="alicia")


def _log_in_here(browser: Browser, name: str) -> Browser:
    return browser.submit("login-form", email=f"{name}@example.com", password=PASSWORD)


def test_it_comes_back_with_what_was_typed_and_is_saved_when_it_is_sent_again(late: Browser, db: Database) -> None:
    assert (late.heading() == "Log in" and late.path.startswith("/login?next=/account/username?draft%3D")) or late.path
    _log_in_here(late, "alice")
    assert late.path.startswith("/account/username?draft=")
    assert late.value("username") == "alicia"
    assert late.flashes() == ["Nothing was done yet. Look at what you typed and send it again."]
    assert users.newest(db, 1)[0].username == "alice"
    late.submit("username-form")
    assert users.newest(db, 1)[0].username == "alicia"


def test_the_log_in_page_before_says_that_it_is_kept(late: Browser) -> None:
    assert "Log in to go on to that page. What you typed is kept." in late.text()
    for draft in ("x", "a" * 22, "%00", ""):
        assert "What you typed" not in late.visit(f"/login?next=/account/username?draft={draft}").text()


def test_its_field_is_marked_and_has_the_focus_and_nothing_is_an_error(late: Browser) -> None:
    _log_in_here(late, "alice")
    assert late.page.select_one("#flashes .flash:not(.error)")
    assert late.page.title is not None and not late.page.title.text.startswith("Error")
    assert [field["id"] for field in late.page.select("[autofocus]")] == ["username"]
    (marked,) = late.page.select(".field.restored")
    assert text(marked.select_one("#username-hint")).startswith("Not saved yet. ")
    assert not late.visit("/account").page.select(".restored, [autofocus]")


def test_it_is_still_there_after_the_page_is_loaded_again(late: Browser) -> None:
    _log_in_here(late, "alice")
    assert late.visit(late.path).value("username") == "alicia"
    assert late.visit("/account").value("username") == "alice"


def test_a_wrong_password_on_the_way_does_not_lose_it(late: Browser) -> None:
    late.submit("login-form", email="alice@example.com", password="wrong")
    _log_in_here(late, "alice")
    assert late.value("username") == "alicia"


def test_somebody_else_who_logs_in_there_does_not_see_it(late: Browser, app: Flask) -> None:
    logged_in(Browser(app), "bob")
    _log_in_here(late, "bob")
    assert late.path.startswith("/account/username?draft=")
    assert late.value("username") == "bob" and "alicia" not in late.answer.text


def test_no_password_is_kept(alice: Browser, clock: Clock, db: Database) -> None:
    alice.visit("/account/password")
    clock.advance(hours=2)
    alice.submit("password-change-form", current_password=PASSWORD, new_password="blue kettle on the hill")
    assert [json.loads(fields) for (fields,) in db.all("SELECT fields FROM drafts")] == [[]]
    _log_in_here(alice, "alice")
    assert alice.path.startswith("/account/password?draft=")


def test_several_forms_wait_each_for_its_own_page(alice: Browser, clock: Clock) -> None:
    first = alice.visit("/account").page
    clock.advance(hours=2)
    ways = []
    for form, typed in (("username-form", {"username": "alicia"}), ("email-form", {"email": "new@example.com"})):
        alice.page = first
        alice.submit(form, **typed)
        ways.append(alice.path)
    _log_in_here(alice, "alice")
    assert alice.value("email") == "new@example.com"
    alice.visit(ways[0])
    assert alice.value("username") == "alicia"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_what_another_site_sent_is_not_kept(app: Flask, clock: Clock, db: Database, headers: dict[str, str]) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    fields = {"csrf_token": alice.value("csrf_token"), "username": "mallory"}
    clock.advance(hours=2)
    answer = alice.client.post("/account/username", data=fields, headers=headers)
    assert (answer.status_code, answer.location) == (303, "/login?next=/account/username")
    alice.client.post("/account/username", data=fields | {"csrf_token": "ab" * 64})
    assert db.all("SELECT * FROM drafts") == []


def test_a_stranger_can_keep_nothing(app: Flask, db: Database) -> None:
    client = app.test_client()
    client.set_cookie("session", "made up")
    answer = client.post("/account/username", data={"username": "x" * 5000})
    assert (answer.status_code, answer.location) == (303, "/login?next=/account/username")
    assert db.all("SELECT * FROM drafts") == []


def test_after_a_log_out_nothing_is_kept_and_the_way_leads_back_to_the_form(alice: Browser, db: Database) -> None:
    page = alice.visit("/account").page
    alice.visit("/logout").submit("logout-form")
    alice.page = page
    alice.submit("username-form", username="alicia")
    assert alice.heading() == "Log in" and db.all("SELECT * FROM drafts") == []
    _log_in_here(alice, "alice")
    assert (alice.path, alice.value("username")) == ("/account/username", "alice")


def test_at_most_ten_wait_and_none_longer_than_a_day(alice: Browser, clock: Clock, db: Database) -> None:
    page = alice.visit("/account").page
    clock.advance(hours=2)
    for number in range(12):
        alice.page = page
        clock.advance(seconds=1)
        alice.submit("username-form", username=f"alicia{number}")
    kept = db.all("SELECT fields FROM drafts ORDER BY created_at")
    assert len(kept) == 10 and "alicia2" in kept[0][0]
    clock.advance(hours=25)
    alice.visit("/login")
    assert db.all("SELECT * FROM drafts") == []


def test_a_week_after_its_end_a_session_keeps_nothing_any_more(alice: Browser, clock: Clock, db: Database) -> None:
    page = alice.visit("/account").page
    clock.advance(days=8)
    alice.visit("/login")
    alice.page = page
    alice.submit("username-form", username="alicia")
    assert alice.heading() == "Log in" and db.all("SELECT * FROM drafts") == []


def test_bad_bytes_that_came_late_come_back_as_bad(app: Flask, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    body = f"csrf_token={alice.value('csrf_token')}&username=%ff%00"
    clock.advance(hours=2)
    answer = alice.client.post("/account/username", data=body, content_type="application/x-www-form-urlencoded")
    log_in(alice.visit(answer.location), "alice")
    assert alice.visit("/account").answer.status_code == 200
    way = answer.location.removeprefix("/login?next=").replace("%3D", "=").replace("%3F", "?")
    assert alice.visit(way).value("username") == "\ufffd\ufffd"


def test_an_act_without_a_page_of_its_own_leads_to_the_dashboard(alice: Browser, clock: Clock) -> None:
    clock.advance(hours=2)
    answer = alice.client.post("/account/username/check", data={"username": "x"})
    assert (answer.status_code, answer.location) == (303, "/login")


def test_a_field_that_is_checked_too_late_leaves_the_page_alone(app: Flask, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice")
    clock.advance(hours=2)
    for path in ("/account/username/check", "/account/password/check"):
        answer = alice.client.post(path, data={"username": "x"}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.text, answer.headers["HX-Reswap"]) == (401, "", "none")
        assert "HX-Redirect" not in answer.headers
