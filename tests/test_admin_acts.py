"""What an admin can do to somebody."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copy

import pytest
from bs4 import Tag
from flask import Flask

from db import Database
from db.users import User
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person
from webapp import create_app
from webapp.accounts import admin_acts, events, roles, standing
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.fields import Refused
from webapp.auth import role_required

ACTS = ("role", "disable", "enable", "sign-out")


def _act(browser: Browser, db: Database, name: str, act: str, **typed: str | None) -> Browser:
    browser.visit(f"/admin/users/{person(db, name).id}/{act}")
    return browser.submit("act-form", **{"reason": "asked for it"} | typed)


def _ticked(db: Database, act: str, *names: str) -> str:
    """Where a browser goes when these people are ticked and the act's button is pressed."""
    return f"/admin/users/act?act={act}&" + "&".join(f"user_id={person(db, name).id}" for name in names)


def _told(browser: Browser) -> list[str]:
    return [" ".join(row.p.text.split()) for row in browser.visit("/account/activity").page.select(".event") if row.p]


def test_somebody_is_made_an_admin_and_a_plain_user_again(grace: Browser, alice: Browser, db: Database) -> None:
    _act(grace, db, "alice", "role", role="admin")
    assert (grace.heading(), grace.flashes()) == ("alice", ["alice has another role now."])
    assert alice.client.get("/admin").status_code == 200
    _act(grace, db, "alice", "role", role="user", reason="no longer needed")
    assert alice.client.get("/admin").status_code == 403
    assert _told(alice)[:2] == [
        "Role changed (from admin to user: no longer needed) by grace",
        "Role changed (from user to admin: asked for it) by grace",
    ]


def test_a_role_that_somebody_has_already_is_no_change(grace: Browser, alice: Browser, db: Database) -> None:
    _act(grace, db, "alice", "role", role="user")
    assert (grace.heading(), grace.flashes()) == ("alice", ["Nothing has changed."])
    assert not [told for told in _told(alice) if told.startswith("Role changed")]


def test_somebody_is_disabled_thrown_out_and_enabled_again(grace: Browser, alice: Browser, db: Database) -> None:
    _act(grace, db, "alice", "disable", reason="sends spam")
    assert "disabled since" in grace.text() and "0 sessions" in grace.text()
    assert alice.client.get("/dashboard").status_code == 303
    assert log_in(alice, "alice").errors() == {"email": "This account is disabled. An admin can enable it again."}
    _act(grace, db, "alice", "enable", reason="promised to stop")
    told = _told(log_in(alice, "alice"))
    assert "Account disabled (sends spam) by grace" in told
    assert "Account enabled again (promised to stop) by grace" in told
    assert "A session was ended by an admin (Unknown browser) by grace" in told


def test_somebody_is_logged_out_everywhere(grace: Browser, alice: Browser, app: Flask, db: Database) -> None:
    other = log_in(Browser(app), "alice")
    _act(grace, db, "alice", "sign-out")
    assert {browser.client.get("/dashboard").status_code for browser in (alice, other)} == {303}
    assert "Logged out everywhere (asked for it) by grace" in _told(log_in(alice, "alice"))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "a" * 201}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"reason": "a\u202eb"}, "reason"),
        ({"role": "superuser"}, "role"),
        ({"role": ""}, "role"),
        ({"role": None}, "role"),
        ({"role": "a" * 5000}, "role"),
        ({"role": "\0"}, "role"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_the_field(
    grace: Browser, alice: Browser, db: Database, typed: dict, field: str
) -> None:
    _act(grace, db, "alice", "role", **{"role": "admin"} | typed)
    assert grace.answer.status_code == 422 and list(grace.errors()) == [field]
    assert not person(db, "alice").is_admin


def test_nobody_can_act_on_themselves(grace: Browser, db: Database) -> None:
    own = person(db, "grace").id
    assert "This is you." in grace.visit(f"/admin/users/{own}").text()
    assert not grace.page.select(f"main a[href^='/admin/users/{own}/']")
    for act in ACTS:
        assert grace.client.get(f"/admin/users/{own}/{act}").status_code == 403
        fields = {"csrf_token": grace.visit("/logout").value("csrf_token"), "reason": "x", "role": "user"}
        assert grace.client.post(f"/admin/users/{own}/{act}", data=fields).status_code == 403
    assert person(db, "grace").is_admin


def test_the_last_admin_stays_also_when_two_take_each_other_away_at_once(app: Flask, db: Database) -> None:
    names = ("grace", "heidi")
    browsers = [logged_in(Browser(app), name) for name in names]
    for name in names:
        roles.give(db, COMMAND_LINE, person(db, name), "admin")
    ids = [person(db, name).id for name in names]
    tokens = [browser.visit("/logout").value("csrf_token") for browser in browsers]

    def demote(number: int) -> int:
        fields = {"csrf_token": tokens[number], "role": "user", "reason": "x"}
        return browsers[number].client.post(f"/admin/users/{ids[1 - number]}/role", data=fields).status_code

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(demote, range(2)))
    assert answers.count(303) == 1 and {*answers} <= {303, 422, 403}
    assert [person(db, name).is_admin for name in names].count(True) == 1


def test_several_are_ticked_and_acted_on_at_once(grace: Browser, alice: Browser, bob: Browser, db: Database) -> None:
    grace.visit(_ticked(db, "disable", "alice", "bob"))
    assert grace.heading() == "Disable 2 people"
    assert {"alice, alice@example.com", "bob, bob@example.com"} <= {item.text for item in grace.page.select("main li")}
    grace.submit("act-form", reason="sent spam")
    assert grace.flashes() == ["2 people are disabled."] and grace.heading() == "People"
    assert all(person(db, name).disabled_at for name in ("alice", "bob"))
    grace.visit(_ticked(db, "enable", "alice", "bob")).submit("act-form", reason="promised to stop")
    for name, browser in (("alice", alice), ("bob", bob)):
        told = _told(log_in(browser, name))
        assert "Account disabled (sent spam) by grace" in told
        assert "Account enabled again (promised to stop) by grace" in told


def test_several_get_one_role(grace: Browser, alice: Browser, bob: Browser, db: Database) -> None:
    grace.visit(_ticked(db, "role", "alice", "bob")).submit("act-form", role="admin", reason="new in the team")
    assert grace.flashes() == ["2 people have another role now."]
    assert person(db, "alice").is_admin and person(db, "bob").is_admin


def test_it_is_done_to_all_or_to_none(grace: Browser, alice: Browser, bob: Browser, db: Database) -> None:
    """A program has no account of its own, so it may take the last admin away, but for the rule."""
    everybody = [person(db, name) for name in ("alice", "bob", "grace")]
    with pytest.raises(roles.LastAdmin):
        admin_acts.do(db, COMMAND_LINE, "disable", everybody, {"reason": "x"})
    assert not any(person(db, user.username).disabled_at for user in everybody)
    assert not [told for told in _told(alice) if told.startswith("Account disabled")]


def test_the_page_that_asks_for_the_password_names_them(
    grace: Browser, alice: Browser, bob: Browser, db: Database, clock: Clock
) -> None:
    clock.advance(minutes=20)
    grace.visit(_ticked(db, "role", "alice", "bob")).submit("act-form", role="admin", reason="new in the team")
    assert "Change the role of 2 people: alice, bob. The new role: admin." in grace.text()
    grace.submit("confirm-form", password=PASSWORD)
    assert person(db, "alice").is_admin and person(db, "bob").is_admin


def test_who_is_gone_is_left_out(grace: Browser, alice: Browser, bob: Browser, db: Database) -> None:
    address = f"/admin/users/{person(db, 'alice').id},{person(db, 'bob').id},999999/disable"
    assert grace.visit(address).heading() == "Disable 2 people"
    db.run("DELETE FROM users WHERE username = 'bob'")
    grace.submit("act-form", reason="sent spam")
    assert grace.flashes() == ["alice is disabled."]
    assert grace.client.get("/admin/users/999998,999999/disable").status_code == 404


def test_the_rule_itself_bounds_how_many(grace: Browser, alice: Browser, db: Database) -> None:
    with pytest.raises(roles.NotAllowed):
        admin_acts.do(db, COMMAND_LINE, "disable", [person(db, "alice")] * 101, {"reason": "sent spam"})
    assert person(db, "alice").disabled_at is None


def test_what_is_so_already_is_not_done_again(grace: Browser, alice: Browser, bob: Browser, db: Database) -> None:
    one, both = str(person(db, "alice").id), f"{person(db, 'alice').id},{person(db, 'bob').id}"
    told = []
    for ids, act in ((one, "disable"), (one, "disable"), (both, "disable"), (both, "disable"), (both, "sign-out")):
        told += grace.visit(f"/admin/users/{ids}/{act}").submit("act-form", reason="sent spam").flashes()
    assert told == [
        "alice is disabled.", "Nothing has changed.", "2 people are disabled.", "Nothing has changed.",
        "Nothing has changed.",
    ]  # fmt: skip
    assert len(db.all("SELECT 1 FROM events WHERE kind = 'disabled'")) == 2


def test_nobody_is_among_those_whom_they_tick(grace: Browser, alice: Browser, db: Database) -> None:
    own = person(db, "grace").id
    grace.visit("/admin/users")
    assert [box["value"] for box in grace.page.select("input[name=user_id]")] == [str(person(db, "alice").id)]
    fields = {"csrf_token": grace.visit("/logout").value("csrf_token"), "reason": "x"}
    both = f"/admin/users/{person(db, 'alice').id},{own}/disable"
    assert grace.client.get(both).status_code == 403
    assert grace.client.post(both, data=fields).status_code == 403
    assert person(db, "alice").disabled_at is None


@pytest.mark.parametrize("ticked", ["", "&".join(f"user_id={number}" for number in range(1000))])
def test_none_and_too_many_are_told_so(grace: Browser, ticked: str) -> None:
    grace.visit(f"/admin/users/act?act=disable&q=ali&{ticked}")
    assert grace.path == "/admin/users?q=ali" and grace.flashes() == ["Tick 1 to 100 people first."]


@pytest.mark.parametrize("ids", ["x,1", "1,", ",", "1,,2", "1;2", ",".join(map(str, range(101)))])
def test_an_address_that_names_nobody_is_not_found(grace: Browser, ids: str) -> None:
    assert grace.client.get(f"/admin/users/{ids}/disable").status_code == 404
    assert grace.client.get("/admin/users/act?act=delete&user_id=1").status_code == 404


def test_an_act_leads_back_to_the_same_list(grace: Browser, alice: Browser, bob: Browser, db: Database) -> None:
    link = grace.visit("/admin/users?q=a&state=active").page.find("a", string="alice")
    assert isinstance(link, Tag)
    grace.visit(str(link["href"]))
    back = grace.page.select_one(".back a")
    assert back is not None
    assert (back.text, back["href"]) == ("People: a, active", "/admin/users?q=a&state=active")
    grace.visit(str(grace.page.find("a", string="Disable")["href"])).submit("act-form", reason="x")  # type: ignore[index]
    assert grace.page.select_one(".back a")["href"] == "/admin/users?q=a&state=active"  # type: ignore[index]
    grace.visit(_ticked(db, "sign-out", "alice", "bob") + "&q=a").submit("act-form", reason="x")
    assert grace.path == "/admin/users?q=a"


def test_an_admin_who_is_disabled_leaves_one_who_is_not(grace: Browser, alice: Browser, db: Database) -> None:
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    standing.disable(db, COMMAND_LINE, person(db, "alice"))
    with pytest.raises(roles.LastAdmin):
        standing.disable(db, COMMAND_LINE, person(db, "grace"))


def test_it_asks_for_the_password_and_goes_on(grace: Browser, alice: Browser, db: Database, clock: Clock) -> None:
    clock.advance(minutes=20)
    _act(grace, db, "alice", "disable", reason="sends spam")
    assert grace.heading() == "Confirm it is you" and person(db, "alice").disabled_at is None
    grace.submit("confirm-form", password=PASSWORD)
    assert grace.heading() == "alice" and person(db, "alice").disabled_at is not None


def test_a_plain_user_can_do_nothing(alice: Browser, bob: Browser, db: Database) -> None:
    token = bob.visit("/logout").value("csrf_token")
    for act in ACTS:
        address = f"/admin/users/{person(db, 'alice').id}/{act}"
        assert bob.client.get(address).status_code == 403
        fields = {"csrf_token": token, "reason": "x", "role": "admin"}
        assert bob.client.post(address, data=fields).status_code == 403
    assert alice.client.get("/dashboard").status_code == 200


def test_a_team_adds_a_role_of_its_own(grace: Browser, alice: Browser, db: Database) -> None:
    roles.add(db, COMMAND_LINE, "editor")
    _act(grace, db, "alice", "role", role="editor")
    assert "Role: editor" in alice.visit("/dashboard").text()
    for name in ("editor", "admin", "public", "login", "", "x", "A", "a b", "é", "a" * 40):
        with pytest.raises(Refused):
            roles.add(db, COMMAND_LINE, name)


def test_where_the_admin_sat_is_nothing_to_the_person(grace: Browser, alice: Browser, db: Database) -> None:
    grace.client.environ_base |= {"REMOTE_ADDR": "198.51.100.99", "HTTP_USER_AGENT": "Lynx/2.9"}
    _act(grace, db, "alice", "role", role="admin")
    for path in ("/account/activity", "/account/activity.csv", "/account/activity.json"):
        assert "198.51.100.99" not in alice.client.get(path).text
    alice.visit("/account/data").submit("export-form")
    assert "198.51.100.99" not in alice.answer.text and "asked for it" in alice.answer.text
    assert "198.51.100.99" in grace.client.get("/admin/events.csv").text


def test_an_admin_who_is_none_any_more_does_nothing(
    grace: Browser, alice: Browser, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Demoted after the door let the request through, and before the act."""
    real = roles.check_admin

    def check_admin(db: Database, actor: Actor, user: User) -> None:
        db.run("UPDATE users SET role = 'user' WHERE username = 'grace'")
        real(db, actor, user)

    monkeypatch.setattr(roles, "check_admin", check_admin)
    for act in ACTS:
        db.run("UPDATE users SET role = 'admin' WHERE username = 'grace'")
        _act(grace, db, "alice", act, **({"role": "admin"} if act == "role" else {}))
        assert grace.answer.status_code == 403
    assert person(db, "alice").state == "active" and not person(db, "alice").is_admin


def test_a_role_that_nobody_gave_a_meaning_is_taken_away_for_good(
    settings: dict, tmp_path: Path, cheap_hashes: None
) -> None:
    copy(Path(__file__).parent / "data/tutorial.db", tmp_path / "tutorial.db")
    app = create_app(settings | {"DATABASE_URL": f"sqlite:///{tmp_path}/tutorial.db"})
    db = app.extensions["database"]
    roles.give(db, COMMAND_LINE, person(db, "oddrole"), "user")
    roles.add(db, COMMAND_LINE, "superuser")
    assert person(db, "oddrole").role == "user"
    assert db.all("SELECT detail FROM events") == [('{"old": "superuser", "new": "user"}',)]
    db.close()


@pytest.mark.parametrize("name", ["public", "login", "nobody"])
def test_a_door_of_another_kind_is_no_role(name: str) -> None:
    with pytest.raises(ValueError, match="no role"):
        role_required(name)


def test_a_kind_that_a_team_added_is_shown_as_it_is(grace: Browser, db: Database) -> None:
    with db.transaction():
        events.record(db, COMMAND_LINE, "note_written", person(db, "grace").id)  # type: ignore[arg-type]
    for path in ("/admin", "/admin/events", "/account/activity", "/admin/events.csv"):
        assert "note_written" in grace.client.get(path).text
