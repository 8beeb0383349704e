"""What happened in one's account, as a page and as files."""

import csv
import io
import json
import re

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person
from webapp import create_app
from webapp.accounts import events, roles, standing
from webapp.accounts.actor import COMMAND_LINE, NO_ACTOR
from webapp.accounts.events import Kind
from webapp.hypermedia.downloads import csv_lines


def _told(browser: Browser, address: str = "/account/activity") -> list[str]:
    return [" ".join(row.p.text.split()) for row in browser.visit(address).page.select(".event") if row.p]


def _kinds(db: Database) -> list[str]:
    return [kind for (kind,) in db.all("SELECT kind FROM events ORDER BY id")]


def test_each_event_is_a_sentence_with_its_time_and_where_it_came_from(alice: Browser, clock: Clock) -> None:
    clock.advance(minutes=3)
    rows = alice.visit("/account/activity").page.select(".event")
    words = [" ".join(row.text.split()) for row in rows]
    assert len(words) == 2 and words[0].startswith("Logged in 3 min ago")
    assert "127.0.0.1" in words[0] and words[1].startswith("Signed up")
    session = rows[0].select_one("a")
    assert session is not None and alice.visit(str(session["href"])).heading() == "Session"


def test_everything_that_somebody_does_is_in_it(alice: Browser, app: Flask, db: Database) -> None:
    log_in(Browser(app), "alice", password="wrong")
    alice.visit("/account").submit("username-form", username="alicia")
    alice.submit("email-form", email="alicia@example.com")
    alice.visit("/account/password").submit(
        "password-change-form", current_password=PASSWORD, new_password="blue kettle on the hill"
    )
    alice.visit("/confirm").submit("confirm-form", password="wrong")
    alice.submit("confirm-form", password="blue kettle on the hill")
    alice.visit("/account/data").submit("export-form")
    logged_in(Browser(app), "grace")
    for somebody in (person(db, "grace"), person(db, "alicia")):
        roles.give(db, COMMAND_LINE, somebody, "admin")
    roles.give(db, COMMAND_LINE, person(db, "alicia"), "user")
    told = _told(alice)
    assert told == [
        "Role changed (from admin to user) by command line",
        "Role changed (from user to admin) by command line",
        "All data downloaded",
        "Identity confirmed",
        "Identity not confirmed: wrong password, code or passkey",
        "Password changed",
        "Email address changed (from alice@example.com to alicia@example.com)",
        "User name changed (from alice to alicia)",
        "Failed log-in",
        "Logged in",
        "Signed up",
    ]


def test_disabling_and_enabling_are_told_by_whom(alice: Browser, app: Flask, db: Database) -> None:
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    log_in(alice, "alice")
    assert alice.errors() == {"email": "This account is disabled. An admin can enable it again."}
    standing.enable(db, COMMAND_LINE, person(db, "alice"))
    told = _told(log_in(alice, "alice"))
    assert told[:4] == [
        "Logged in",
        "Account enabled again by command line",
        "Failed log-in (disabled)",
        "Account disabled by command line",
    ]


def test_a_disabled_account_is_told_to_nobody_without_its_password(alice: Browser, db: Database) -> None:
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    assert log_in(alice, "alice", password="wrong").errors() == {"password": "Invalid credentials."}


def test_a_renewed_hash_is_noted_silently(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = logged_in(Browser(app), "alice")
    monkeypatch.setattr("webapp.accounts.passwords.ITERATIONS", 2000)
    alice = log_in(Browser(app), "alice")
    assert Kind.HASH_RENEWED in _kinds(db)
    assert not [sentence for sentence in _told(alice) if "hash" in sentence]


def test_a_failed_log_in_of_nobody_is_noted_too_so_that_both_take_the_same_time(app: Flask, db: Database) -> None:
    log_in(Browser(app), "nobody")
    assert db.all("SELECT user_id, kind FROM events") == [(None, "login_failed")]


def test_an_act_that_fails_leaves_no_event(alice: Browser, bob: Browser, db: Database) -> None:
    before = _kinds(db)
    alice.visit("/account").submit("username-form", username="bob")
    alice.submit("email-form", email="bob@example.com")
    assert _kinds(db) == before


def test_it_is_filtered_by_kind(alice: Browser, app: Flask) -> None:
    log_in(Browser(app), "alice", password="wrong")
    assert _told(alice, "/account/activity?kind=login_failed") == ["Failed log-in"]
    assert alice.page.select_one("option[selected][value=login_failed]")
    assert "Nothing of that kind has happened" in alice.visit("/account/activity?kind=exported").text()
    assert len(_told(alice, "/account/activity?kind=nonsense")) == 3


def test_it_is_filtered_by_day_as_charts_ask_for_it(alice: Browser, app: Flask, clock: Clock) -> None:
    clock.advance(days=1)
    log_in(Browser(app), "alice", password="wrong")
    log_in(alice, "alice")
    late, early = ["Logged in", "Failed log-in"], ["Logged in", "Signed up"]
    assert [told for told in _told(alice, "/account/activity?since=2026-03-15") if told in late] == late
    assert "2026-03-15 – today All days" in alice.text()
    assert _told(alice, "/account/activity?until=2026-03-14")[-2:] == early
    assert "Failed log-in" not in alice.page.select_one("#activity-list").text  # type: ignore[union-attr]
    assert _told(alice, "/account/activity?kind=login_failed&since=2026-03-14&until=2026-03-14") == []
    assert _told(alice, "/account/activity?since=2026-02-30&until=soon")[-2:] == early
    rows = list(csv.DictReader(io.StringIO(alice.client.get("/account/activity.csv?until=2026-03-14").text)))
    assert [row["sentence"] for row in rows][-2:] == early


def test_another_kind_keeps_the_days(alice: Browser) -> None:
    alice.visit("/account/activity?since=2026-03-14&kind=logged_in")
    kept = {one["name"]: one["value"] for one in alice.page.select("input[form=activity-filter]")}
    assert kept == {"since": "2026-03-14"}


def test_a_session_leads_back_to_the_same_activity(alice: Browser) -> None:
    link = alice.visit("/account/activity?kind=logged_in").page.select_one(".event a")
    assert link is not None
    back = alice.visit(str(link["href"])).page.select_one(".back a")
    assert back is not None
    assert (back.text, back["href"]) == ("Activity: Logged in", "/account/activity?kind=logged_in")


def test_25_fill_a_page_and_links_lead_to_all_of_them(alice: Browser, db: Database, clock: Clock) -> None:
    _fill(db, clock, 60)
    seen = _told(alice)
    assert len(seen) == 25
    while older := alice.page.find("a", string="Older"):
        seen += _told(alice, str(older["href"]))  # type: ignore[index]
    assert len(seen) == 62 and seen[0] == "Failed log-in (59)" and seen[-1] == "Signed up"


def test_pages_of_one_kind_stay_of_that_kind(alice: Browser, db: Database, clock: Clock) -> None:
    _fill(db, clock, 30)
    _told(alice, "/account/activity?kind=login_failed")
    older = alice.page.find("a", string="Older")
    assert len(_told(alice, str(older["href"]))) == 5  # type: ignore[index]


def test_somebody_elses_page_of_events_is_not_found(alice: Browser, bob: Browser, db: Database) -> None:
    (theirs,) = db.all("SELECT min(events.id) FROM events JOIN users ON users.id = user_id WHERE username = 'bob'")
    assert alice.client.get(f"/account/activity?before={theirs[0]}").status_code == 404
    assert bob.client.get(f"/account/activity?before={theirs[0]}").status_code == 200


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=", "before=%ff", "kind=%00", "kind=" + "x" * 3000])
def test_an_edited_address_is_no_error(alice: Browser, query: str) -> None:
    assert alice.client.get(f"/account/activity?{query}").status_code == 200


def test_an_event_that_never_was_is_not_found(alice: Browser) -> None:
    assert alice.client.get(f"/account/activity?before={10**18 - 1}").status_code == 404


def test_it_can_be_taken_along(alice: Browser, bob: Browser, db: Database, clock: Clock) -> None:
    _fill(db, clock, 1200)
    answer = alice.client.get("/account/activity.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=activity.csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    held = json.loads(alice.client.get("/account/activity.json").text)
    assert len(rows) == len(held) == 1202
    assert rows[0]["sentence"] == held[0]["sentence"] == "Failed log-in" and held[0]["kind"] == "login_failed"
    assert rows[-1]["kind"] == "signed_up" and rows[-1]["created_at"] == "2026-03-14T15:09:26Z"
    assert len(json.loads(alice.client.get("/account/activity.json?kind=signed_up").text)) == 1
    assert json.loads(bob.client.get("/account/activity.json?kind=exported").text) == []


def test_a_spreadsheet_runs_nothing_of_it(alice: Browser) -> None:
    alice.visit("/account").submit("email-form", email="=cmd@example.com")
    alice.visit("/account").submit("email-form", email="a@example.com")
    text = alice.client.get("/account/activity.csv").text
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if "=cmd" in cell]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert all(re.fullmatch(r'"([^"]*",")*[^"]*"', line) for line in text.splitlines())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", '"=', '" "=', "  =", "\r=", "\n@"])
def test_nor_does_one_that_takes_something_else_for_what_separates_cells(separator: str, start: str) -> None:
    cell = f"a,b;c\td{separator}{start}cmd"
    _, line = csv_lines(["a", "b"], [{"a": start, "b": cell}])
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        read = csv.reader(io.StringIO(line, newline=""), delimiter=separator, quoting=quoting)
        cells = [found.lstrip('" ') for row in read for found in row]
        assert not [found for found in cells if found.startswith(("=", "+", "-", "@", "\uff1d"))]


def test_every_field_is_quoted_and_comes_back_as_it_was() -> None:
    cells = {"plain": "x", "empty": "", "quoted": 'say "x"', "separated": "a,b;c\td", "formula": "=1"}
    names, line = csv_lines(list(cells), [cells])
    assert names == '"plain","empty","quoted","separated","formula"\r\n'
    assert line == '"x","","say ""x""","a,b;c\td","\'=1"\r\n'


@pytest.mark.parametrize("path", ["/account/activity", "/account/activity.csv", "/account/activity.json"])
def test_a_stranger_is_asked_to_log_in_first(app: Flask, path: str) -> None:
    assert app.test_client().get(path).location == f"/login?next={path}"


def test_events_are_kept_for_400_days(app: Flask, db: Database, clock: Clock) -> None:
    alice = logged_in(Browser(app), "alice")
    clock.advance(days=399)
    alice.visit("/login")
    assert Kind.SIGNED_UP in _kinds(db)
    clock.advance(days=2)
    alice.visit("/login")
    assert Kind.SIGNED_UP not in _kinds(db)


def test_how_long_they_are_kept_is_a_setting(settings: dict, clock: Clock, cheap_hashes: None) -> None:
    app = create_app(settings | {"EVENT_DAYS": "10"}, clock)
    alice = logged_in(Browser(app), "alice")
    clock.advance(days=9)
    alice.visit("/login")
    assert Kind.SIGNED_UP in _kinds(app.extensions["database"])
    clock.advance(days=2)
    alice.visit("/login")
    assert _kinds(app.extensions["database"]) == []
    app.extensions["database"].close()


def test_a_clock_that_steps_back_does_not_hide_what_happened(alice: Browser, clock: Clock, app: Flask) -> None:
    clock.advance(hours=-1)
    log_in(Browser(app), "alice", password="wrong")
    assert sorted(_told(alice)) == ["Failed log-in", "Logged in", "Signed up"]


def _fill(db: Database, clock: Clock, number: int) -> None:
    alice = users.by_email(db, "alice@example.com")
    assert alice is not None
    with db.transaction():
        for count in range(number):
            clock.advance(seconds=1 if count % 2 else 0)
            events.record(db, NO_ACTOR, Kind.LOGIN_FAILED, alice.id, why=str(count))
