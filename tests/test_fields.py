"""Fields of a team's own: declared once, filled in at sign-up, changed by those who may, found by admins."""

import csv
import inspect
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from flask import Flask

import webapp
from db import Database, fields, users
from db.users import User
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, log_in, logged_in, person, sign_up
from tests.mailbox import Mailbox
from tests.test_security import ROWS
from webapp import create_app
from webapp.accounts import data, people, roles, signup
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.fields import Refused, values
from webapp.accounts.fields.declared import OURS, BadField, Field, checked
from webapp.accounts.fields.values import Filled
from webapp.accounts.people import Query
from webapp.accounts.roles import NotAllowed
from webapp.fields import BadFields
from webapp.languages.sentences import say

IMPORTS = "from webapp.accounts.fields.declared import Field\nfrom webapp.languages.sentences import say\n"
FIELDS = """
FIELDS = (
    Field("department", say("Department"), kind="choice", choices={"sales": say("Sales"), "support": say("Support")},
          required=True),
    Field("phone", say("Phone"), kind="tel", hint=say("With the code of the country.")),
    Field("site", say("Website"), kind="url"),
    Field("age", say("Age"), kind="number"),
    Field("born", say("Born"), kind="day"),
    Field("about", say("About you"), kind="lines"),
    Field("motto", say("Motto"), longest=20, seen_by="user", changed_by="user"),
    Field("remote", say("Works remotely"), kind="yes_no"),
    Field("grade", say("Grade"), seen_by="user", changed_by="admin"),
    Field("remark", say("Remark"), seen_by="admin", changed_by="admin", required=True),
    Field("desk", say("Desk"), seen_by="editor", changed_by="editor"),
)
"""
GERMAN = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Department"\nmsgstr "Abteilung"\n'
AT_SIGNUP = ["department", "phone", "site", "age", "born", "about", "motto", "remote"]
ANSWERS = {
    "department": "sales", "phone": "+49 30 12345", "site": "https://example.com/~a?b=c", "age": "-3.50",
    "born": "2024-02-29",
    "about": "One line.\nAnother.", "motto": "Carpe diem", "remote": "yes",
}  # fmt: skip


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: of each folder, what is found in it is kept for the next app."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "translations/de/LC_MESSAGES").mkdir(parents=True)
    (folder / "translations/de/LC_MESSAGES/messages.po").write_text(GERMAN)
    return folder


@pytest.fixture
def declare(
    folder: Path, settings: dict[str, Any], clock: Clock, cheap_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Flask]]:
    """Start an app with these fields; all apps of a test have one database."""
    apps: list[Flask] = []
    monkeypatch.setattr(webapp, "OWN", folder)

    def declare(text: str, **given: str) -> Flask:
        (folder / "fields.py").write_text(IMPORTS + text)
        apps.append(create_app(settings | given, clock))
        return apps[-1]

    yield declare
    for app in apps:
        app.extensions["database"].close()


@pytest.fixture
def app(declare: Callable[[str], Flask]) -> Flask:
    return declare(FIELDS)


def _sign_up(browser: Browser, name: str, **filled: str) -> Browser:
    typed = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    browser.visit("/signup")
    usual = {"department": "sales"} if browser.page.select_one("#department") else {}
    return browser.submit("signup-form", **typed | usual | filled)


def _came(browser: Browser, name: str, **filled: str) -> Browser:
    """Signed up and logged in."""
    return log_in(_sign_up(browser, name, **filled), name)


def _held(db: Database, name: str) -> dict[str, str]:
    return fields.of_user(db, person(db, name).id)


def _admin(db: Database) -> Actor:
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    return Actor(user=person(db, "grace"))


@pytest.fixture
def grace(app: Flask, htmx: bool, db: Database) -> Browser:
    browser = _came(Browser(app, htmx), "grace")
    _admin(db)
    return browser


def test_they_stand_in_the_sign_up_and_are_kept(browser: Browser, db: Database) -> None:
    _sign_up(browser, "alice", **ANSWERS)
    assert browser.heading() == "Log in" and _held(db, "alice") == ANSWERS


def test_a_required_one_is_asked_for_and_what_was_typed_stays(browser: Browser, db: Database) -> None:
    _sign_up(browser, "alice", department="", phone="12", motto="Carpe diem")
    assert browser.answer.status_code == 422
    assert browser.errors() == {
        "department": "Department is missing.",
        "phone": "Phone must be a telephone number, like +49 30 123456.",
    }
    linked = [link["href"] for link in browser.page.select(".summary a")]
    assert linked == ["#department", "#phone"] and browser.page.select(".summary[autofocus]")
    assert (browser.value("phone"), browser.value("motto")) == ("12", "Carpe diem")
    browser.submit("signup-form", department="support", phone="", password=PASSWORD)
    assert _held(db, "alice") == {"department": "support", "motto": "Carpe diem"}


def test_what_only_admins_change_stands_in_no_form_of_a_user_and_cannot_be_forged(app: Flask, db: Database) -> None:
    browser = Browser(app)
    page = browser.visit("/signup").page
    assert [str(one["name"]) for one in page.select("#signup-form [name]")][4:] == AT_SIGNUP
    forged = {"grade": "A", "remark": "good", "desk": "7", "unknown": "x"}
    typed = {"username": "alice", "email": "alice@example.com", "password": PASSWORD, "department": "sales"}
    assert browser.pass_by("/signup", **typed, **forged) == 303
    log_in(browser, "alice")
    assert browser.pass_by("/account/fields", department="support", **forged) == 303
    assert _held(db, "alice") == {"department": "support"}


def test_nothing_is_kept_of_a_sign_up_that_is_refused(browser: Browser, db: Database) -> None:
    _sign_up(browser, "alice")
    _sign_up(browser, "alice2", email="alice@example.com", motto="mine")
    assert browser.errors() == {"email": "Email already registered."}
    assert db.all("SELECT name, value FROM user_fields") == [("department", "sales")]


def test_a_person_changes_their_own_and_reads_of_it(browser: Browser, db: Database) -> None:
    _came(browser, "alice").visit("/account/fields").submit(
        "fields-form", department="support", site="https://a.example"
    )
    assert browser.heading() == "Profile" and browser.flashes() == ["The details are saved."]
    assert browser.page.select_one("#fields-panel a")["href"] == "https://a.example"
    told = browser.visit("/account/activity").text()
    assert "Details changed (Department)" in told and "Details changed (Website)" in told and "support" not in told
    browser.visit("/account/fields").submit("fields-form", department="support")
    assert browser.flashes() == ["Nothing has changed."] and _held(db, "alice")["site"] == "https://a.example"


def test_all_of_it_is_told_in_german(browser: Browser, db: Database) -> None:
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert _sign_up(browser, "alice", department="").errors() == {"department": "Fehler: Abteilung fehlt."}
    _came(browser, "alice").visit("/account/fields").submit("fields-form", department="support", remote="yes")
    assert "Angaben Abteilung Support" in browser.text() and "Works remotely Ja" in browser.text()
    assert "Angaben geändert (Abteilung)" in browser.visit("/account/activity").text()


BAD = {
    "phone": ["abc", "1", "+49 30 \0", "tel:12345", "1" * 40],
    "site": ["javascript:alert(1)", "example.com", "https://", "https://good.example@evil.example",
             "https://a b", "ftp://a", "https://a\u200d.example"],
    "age": ["1e999", "nan", "1,5", "٣", "1.", "0x10", "9" * 16],
    "born": ["2026-02-30", "0000-01-01", "14.3.2026", "2026-3-1", "20260314"],
    "about": ["a" * 10_000, "bell \a", "\u202eabc"],
    "motto": ["\u200d", "\u3164\u2800", "a" * 21, "two\nlines", "NUL \0"],
    "remote": ["maybe", "YES"],
    "department": ["legal", "Sales", "<script>"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, bad in BAD.items() for value in bad])
def test_what_does_not_fit_is_refused_beside_its_field_and_kept(
    app: Flask, db: Database, name: str, value: str
) -> None:
    browser = _came(Browser(app, htmx=True), "alice").visit("/account/fields")
    browser.submit("fields-form", **{"department": "sales", name: value})
    assert browser.answer.status_code == 422 and list(browser.errors()) == [name]
    assert _held(db, "alice") == {"department": "sales"}
    shown = browser.page.select_one(f"#{name}")
    kept = shown.select_one("[selected]")["value"] if shown.name == "select" else shown.get("value", shown.text)
    assert kept.strip("\n") == value.replace("\0", "\ufffd").replace("\a", "\ufffd") and shown.has_attr("autofocus")


def test_bytes_that_are_no_text_are_refused(app: Flask) -> None:
    browser = _came(Browser(app), "alice").visit("/account/fields")
    body = f"csrf_token={browser.value('csrf_token')}&department=sales&motto=%ed%a0%80&about=%ff"
    answer = browser.client.post("/account/fields", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422 and answer.text.count("This holds bytes that are not text.") == 4


@pytest.mark.parametrize("bad", [b"%ff", b"%00", b"%1b"])
def test_bytes_that_are_no_text_are_refused_where_there_is_a_list(browser: Browser, bad: bytes) -> None:
    token = browser.visit("/signup").value("csrf_token").encode()
    answer = browser.client.post(
        "/signup", data=b"csrf_token=" + token + b"&department=" + bad,
        content_type="application/x-www-form-urlencoded", headers={"Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    assert answer.status_code == 422 and not {"\0", "\x1b"} & set(answer.text)


def test_lines_are_kept_as_a_browser_sends_them(browser: Browser, db: Database) -> None:
    _came(browser, "alice").visit("/account/fields").submit(
        "fields-form", department="sales", about="One line.\nAnother."
    )
    assert browser.flashes() == ["The details are saved."]
    assert _held(db, "alice")["about"] == "One line.\nAnother."


def test_a_day_is_exported_as_it_is(declare: Callable[[str], Flask], db: Database) -> None:
    browser = _came(Browser(declare('FIELDS = [Field("hired_at", say("Hired"), kind="day")]')), "alice")
    users.set_time_zone(db, person(db, "alice").id, "America/New_York")
    fields.keep(db, person(db, "alice").id, "hired_at", "2026-03-14")
    browser.visit("/account/data").submit("export-form")
    assert browser.answer.json is not None and browser.answer.json["fields"] == {"hired_at": "2026-03-14"}


def test_no_declared_name_stands_for_something_else_in_an_address(app: Flask) -> None:
    known = set(inspect.signature(Flask.url_for).parameters) - {"self"}
    for one in app.extensions["lists"].values():
        known |= {*one.filters, *one.order, one.place}
    assert {name for name in known if not name.startswith("_")} <= OURS
    assert set(User._fields) <= OURS


def test_one_is_checked_when_it_is_left(app: Flask, grace: Browser) -> None:
    stranger = app.test_client()
    assert "must be a telephone number" in stranger.post("/fields/phone", data={"phone": "x"}).text
    assert stranger.post("/fields/phone", data={"phone": "12345"}).text == ""
    for name in ("grade", "remark", "username", "none", "a" * 100):
        assert stranger.post(f"/fields/{name}", data={name: "x"}).status_code == 404
    assert "must be one line" in grace.client.post("/admin/fields/grade", data={"grade": "a\nb"}).text
    assert stranger.post("/admin/fields/grade", data={"grade": "a\nb"}).status_code == 303


def test_an_admin_changes_anothers_with_a_reason(grace: Browser, app: Flask, db: Database) -> None:
    alice = _came(Browser(app), "alice", motto="mine alone")
    address = f"/admin/users/{person(db, 'alice').id}"
    assert "mine alone" not in grace.visit(address).text() + grace.visit(f"{address}/fields").text()
    grace.submit("fields-form", department="sales", grade="A", remark="late")
    assert list(grace.errors()) == ["reason"] and grace.value("grade") == "A"
    grace.submit("fields-form", department="sales", grade="A", remark="late", reason="asked for it")
    assert grace.heading() == "alice" and "Grade A" in grace.text() and "Remark late" in grace.text()
    assert _held(db, "alice") == {"department": "sales", "grade": "A", "motto": "mine alone", "remark": "late"}
    told = alice.visit("/account").text() + alice.visit("/account/activity").text()
    assert "Grade A" in told and "Details changed (Grade: asked for it) by grace" in told
    assert "Details changed (asked for it) by grace" in told and "emark" not in told and "late" not in told


def test_a_reason_is_asked_for_and_what_admins_alone_fill_in_is_asked_of_them(grace: Browser, db: Database) -> None:
    signup.sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    grace.visit(f"/admin/users/{person(db, 'alice').id}/fields").submit("fields-form", reason="a look")
    assert grace.errors() == {"remark": "Remark is missing."}


def test_nobody_else_changes_them(grace: Browser, app: Flask, db: Database) -> None:
    alice = _came(Browser(app), "alice")
    ids = {name: person(db, name).id for name in ("alice", "grace")}
    typed = {"csrf_token": alice.visit("/account").value("csrf_token"), "department": "support", "reason": "x"}
    for user_id in ids.values():
        assert alice.client.get(f"/admin/users/{user_id}/fields").status_code == 403
        assert alice.client.post(f"/admin/users/{user_id}/fields", data=typed).status_code == 403
    for user_id, status in {ids["grace"]: 403, "99": 404, "x": 404, "9" * 30: 404}.items():
        assert grace.client.get(f"/admin/users/{user_id}/fields").status_code == status
    assert "emark" not in grace.visit(f"/admin/users/{ids['grace']}").text(), "of oneself one is a user like all"
    assert _held(db, "grace") == _held(db, "alice") == {"department": "sales"}


def test_rules_let_nobody_else_do_it_whoever_calls(app: Flask, db: Database) -> None:
    declared = {field.name: field for field in app.extensions["fields"]}
    for name in ("alice", "bob", "grace"):
        signup.sign_up(db, COMMAND_LINE, name, f"{name}@example.com", PASSWORD)
    alice, bob, grace = Actor(user=person(db, "alice")), Actor(user=person(db, "bob")), _admin(db)

    def save(actor: Actor, name: str) -> bool:
        return values.save(db, actor, person(db, "alice"), Filled((declared[name],), {name: "it"}), "x")

    for actor, name in ((bob, "about"), (Actor(), "about"), (alice, "grade"), (alice, "desk"), (grace, "motto")):
        with pytest.raises(NotAllowed):
            save(actor, name)
    with pytest.raises(NotAllowed):
        signup.sign_up(db, Actor("1.2.3.4"), "eve", "eve@example.com", PASSWORD, filled=Filled((declared["grade"],)))
    roles.add(db, COMMAND_LINE, "editor")
    roles.give(db, COMMAND_LINE, person(db, "bob"), "editor")
    with pytest.raises(NotAllowed):
        save(bob, "desk")
    editor = Actor(user=person(db, "bob"))
    assert save(editor, "desk") and save(grace, "grade")
    every = app.extensions["fields"]
    assert [one.field.name for one in values.seen(db, editor, person(db, "alice"), every)] == ["desk"]
    assert "desk" not in [one.field.name for one in values.seen(db, alice, person(db, "alice"), every)]
    assert values.seen(db, Actor(), person(db, "alice"), every) == []


def test_the_export_holds_every_value(browser: Browser, db: Database) -> None:
    _came(browser, "alice", motto="mine")
    fields.keep(db, person(db, "alice").id, "remark", "late")
    fields.keep(db, person(db, "alice").id, "gone", "no longer declared")
    browser.visit("/account/data").submit("export-form")
    held = {"department": "sales", "gone": "no longer declared", "motto": "mine", "remark": "late"}
    assert json.loads(browser.answer.text)["fields"] == held


def test_they_go_with_their_user(browser: Browser, db: Database) -> None:
    _sign_up(browser, "alice", **ANSWERS)
    db.run("DELETE FROM users")
    assert db.all("SELECT 1 FROM user_fields") == []


def test_each_form_has_its_line_about_what_it_costs(declare: Callable[..., Flask], tmp_path: Path) -> None:
    app = declare(FIELDS, MAIL_URL=f"folder:{tmp_path}/mail")
    posts = {
        rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules() if "POST" in rule.methods
    }
    assert posts.keys() == ROWS.keys()
    for path, view in posts.items():
        assert hasattr(view, "told") is (ROWS[path][2].strip() == "asks"), path


def test_an_admins_change_asks_for_the_password_and_goes_on(
    grace: Browser, app: Flask, db: Database, clock: Clock
) -> None:
    _sign_up(Browser(app), "alice")
    clock.advance(minutes=20)
    assert grace.client.post("/admin/fields/grade", data={"grade": "A"}).status_code == 200, "leaving a field does not"
    grace.visit(f"/admin/users/{person(db, 'alice').id}/fields")
    grace.submit("fields-form", department="support", remark="late", reason="asked for it")
    assert grace.heading() == "Confirm it is you" and "Change the details of alice." in grace.text()
    grace.submit("confirm-form", password=PASSWORD)
    assert grace.heading() == "alice" and _held(db, "alice")["remark"] == "late"


def test_who_signed_up_before_is_told_and_not_locked_out(declare: Callable[[str], Flask], htmx: bool) -> None:
    before = declare("FIELDS = ()")
    assert not [rule for rule in before.url_map.iter_rules() if "fields" in rule.rule]
    alice = logged_in(Browser(before, htmx), "alice")
    app = declare(FIELDS)
    alice.app, alice.client = app, _moved(alice, app)
    assert alice.visit("/dashboard").answer.status_code == 200
    assert "Department missing" in alice.visit("/account").text() and "Phone not given" in alice.text()
    alice.visit("/account/fields").submit("fields-form", phone="12345")
    assert alice.errors() == {"department": "Department is missing."}


def test_people_of_a_tutorials_database_fill_them_in(
    declare: Callable[[str], Flask], settings: dict[str, Any], tmp_path: Path, htmx: bool
) -> None:
    copy(Path(__file__).parent / "data/tutorial.db", tmp_path / "tutorial.db")
    settings["DATABASE_URL"] = f"sqlite:///{tmp_path}/tutorial.db"
    browser = Browser(declare(FIELDS), htmx)
    browser.visit("/login").submit("login-form", email="oddrole@example.com", password="plain sailing now")
    assert "Department missing" in browser.visit("/account").text()
    browser.visit("/account/fields").submit("fields-form", department="sales")
    assert "Department Sales" in browser.text()


def _moved(browser: Browser, app: Flask) -> Any:
    """The browser's client with its cookies, at another app."""
    client = app.test_client()
    client._cookies = browser.client._cookies  # type: ignore[attr-defined]
    return client


def test_a_field_that_is_removed_keeps_its_values_and_comes_back(declare: Callable[[str], Flask]) -> None:
    browser = _came(Browser(declare(FIELDS)), "alice", motto="mine alone")
    for text, is_there in (("FIELDS = ()", False), (FIELDS, True)):
        browser.app = declare(text)
        browser.client = _moved(browser, browser.app)
        assert ("mine alone" in browser.visit("/account").text()) == is_there
        assert _held(browser.app.extensions["database"], "alice")["motto"] == "mine alone"


def test_a_value_of_another_kind_is_shown_as_it_is_and_refused_when_saved(
    declare: Callable[[str], Flask],
) -> None:
    old = 'FIELDS = [Field("%s", say("It"))]'
    new = 'FIELDS = [Field("when", say("When"), kind="day"), Field("what", say("What"), kind="choice", choices=["a"])]'
    browser = Browser(declare(old % "when"))
    _sign_up(browser, "alice", when="javascript:1")
    log_in(browser, "alice")
    browser.app = declare(new)
    browser.client = _moved(browser, browser.app)
    fields.keep(browser.app.extensions["database"], 1, "what", "b")
    assert "When javascript:1" in browser.visit("/account").text() and "What b" in browser.text()
    browser.visit("/account/fields")
    assert browser.page.select_one("#when")["type"] == "text" and browser.value("when") == "javascript:1"
    browser.submit("fields-form", what=browser.page.select_one("#what [selected]")["value"])
    assert set(browser.errors()) == {"when", "what"}


@pytest.mark.parametrize("few", [1000, 1])
def test_admins_find_people_by_them(
    grace: Browser, app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(people, "FEW", few)
    for name, answers in {"ann": ("sales", "yes"), "bea": ("support", "yes"), "cleo": ("support", "no")}.items():
        filled = dict(zip(("department", "remote"), answers, strict=True))
        _sign_up(Browser(app), name, **filled)
    asked = {
        "department=support": ["cleo", "bea"],
        "department=support&sort=username": ["bea", "cleo"],
        "department=support&sort=created": ["bea", "cleo"],
        "department=support&remote=yes": ["bea"],
        "department=support&remote=yes&sort=email&dir=desc": ["bea"],
        "remote=yes&q=an": ["ann"],
        "remote=yes&role=user&state=active&sort=username&dir=desc": ["bea", "ann"],
        "remote=yes&role=admin": [],
        "motto=x&remote=%00": ["cleo", "bea", "ann", "grace"],
        "department=none": [],
        "state=no_more": [],
        f"department=support&after={person(db, 'cleo').id}": ["bea"],
    }
    for query, names in asked.items():
        found = [row.text for row in grace.visit(f"/admin/users?{query}").page.select("tbody th")]
        assert found == names, query
    assert "motto" not in {one.get("name") for one in grace.page.select("#users-search select")}
    grace.visit("/admin/users?department=support&remote=yes")
    chosen = [one["value"] for one in grace.page.select("#users-search [selected]")]
    assert chosen == ["support", "yes"]
    assert all("department=support&remote=yes" in link["href"] for link in grace.page.select("thead a"))


def test_a_choice_that_is_no_more_finds_those_who_have_it_and_says_so(grace: Browser, app: Flask, db: Database) -> None:
    _sign_up(Browser(app), "ann")
    fields.keep(db, person(db, "ann").id, "department", "post")
    grace.visit("/admin/users?department=post")
    assert [row.text for row in grace.page.select("tbody th")] == ["ann"]
    assert grace.errors() == {"department": "There is no such choice any more: post"}
    rows = list(csv.DictReader(io.StringIO(grace.client.get("/admin/users.csv?department=post").text)))
    assert [row["username"] for row in rows] == ["ann"]
    assert grace.client.get("/admin/users.csv?no_such_filter=post").status_code == 404


def test_an_admin_does_not_download_what_others_alone_may_see_of_them(grace: Browser, app: Flask, db: Database) -> None:
    bea = person(db, _sign_up(Browser(app), "bea") and "bea")
    for user in (person(db, "grace"), bea):
        fields.keep(db, user.id, "remark", "Talks a lot.")
    rows = csv.DictReader(io.StringIO(grace.client.get("/admin/users.csv").text))
    assert {row["username"]: row["remark"] for row in rows} == {"bea": "Talks a lot.", "grace": ""}


def test_admins_download_them_with_the_people_who_fit(grace: Browser, app: Flask, db: Database) -> None:
    _sign_up(Browser(app), "ann", phone="+49 30 12345", motto="Carpe diem")
    bea = _sign_up(Browser(app), "bea", department="support")
    assert bea.client.get("/admin/users.csv").status_code == 303
    rows = list(csv.DictReader(io.StringIO(grace.client.get("/admin/users.csv?q=example").text)))
    assert [(row["username"], row["department"], row["phone"]) for row in rows] == [
        ("bea", "support", ""), ("ann", "sales", "'+49 30 12345"), ("grace", "sales", ""),
    ]  # fmt: skip
    assert {"motto", "password"}.isdisjoint(rows[0]) and {"grade", "remark", "desk"} < rows[0].keys()
    (ann,) = json.loads(grace.client.get("/admin/users.json?q=ann&department=sales").text)
    assert (ann["email"], ann["phone"], ann["remark"]) == ("ann@example.com", "+49 30 12345", "")
    assert "motto" not in ann


def test_each_is_read_beside_its_user_a_step_at_a_time(app: Flask, db: Database) -> None:
    for name in "abcde":
        user_id = signup.sign_up(db, COMMAND_LINE, f"{name}{name}", f"{name}@example.com", PASSWORD)
        if name != "c":
            fields.keep(db, user_id, "phone", f"123{name}")
    found = list(values.beside(db, people.every(db), step=2))
    assert [(user.username, held) for user, held in found] == [
        (f"{name}{name}", {} if name == "c" else {"phone": f"123{name}"}) for name in "edcba"
    ]
    assert fields.of_users(db, []) == {}


def test_a_walk_goes_on_from_page_to_page(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "FEW", 1)
    monkeypatch.setattr(people, "PAGE", 2)
    for name in "abcdef":
        user_id = signup.sign_up(db, COMMAND_LINE, f"{name}{name}", f"{name}@example.com", PASSWORD)
        fields.keep(db, user_id, "department", "sales" if name != "c" else "support")
    for sort, is_descending in (("created", True), ("created", False), ("username", True), ("email", False)):
        names, after = [], None
        while True:
            query = Query(sort=sort, is_descending=is_descending, after=after, fields=(("department", "sales"),))
            page = people.page(db, query)
            names += [user.username for user in page.people]
            if (after := page.next) is None:
                break
        assert names == sorted(["aa", "bb", "dd", "ee", "ff"], reverse=is_descending)


def test_the_command_line_fills_them_in_and_shows_them(app: Flask, db: Database) -> None:
    def run(*words: str) -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=["user", *words], input=f"{PASSWORD}\n")
        return result.exit_code, result.stdout or result.output

    assert run("create", "a@example.com", "--username", "alice", "--field", "grade=A=1")[0] == 0
    assert run("set", "a@example.com", "phone=12345", "grade=")[1] == "The details of alice are saved.\n"
    assert run("set", "a@example.com", "phone=12345")[1] == "Nothing has changed.\n"
    assert "\nphone: 12345\n" in run("show", "a@example.com")[1]
    assert json.loads(run("show", "a@example.com", "--json")[1])["fields"] == {"phone": "12345"}
    assert json.loads(run("list", "--json")[1])[0]["fields"] == {"phone": "12345"}
    assert run("set", "a@example.com", "phone=x") == (
        1, "Error: Phone must be a telephone number, like +49 30 123456.\n",
    )  # fmt: skip
    assert run("set", "a@example.com", "phone")[1].startswith("Error: Say NAME=VALUE, or NAME= to empty a field")
    code, told = run("set", "a@example.com", "fone=1")
    assert code == 1 and told.startswith("Error: There is no field fone; own/fields.py declares: department, phone")
    assert (
        run("set", "a@example.com", "motto=\udcff")[0] == 0 and data.fields(db, people.by_id(db, 1))["fields"]["motto"]
    )


def test_where_none_is_declared_the_database_is_not_asked(
    declare: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = logged_in(Browser(declare("FIELDS = ()")), "alice")
    monkeypatch.setattr(fields, "of_user", lambda *_: pytest.fail("it was asked"))
    for path in ("/signup", "/dashboard", "/account"):
        assert "fields" not in browser.visit(path).answer.text
    sign_up(Browser(browser.app), "bob")


WRONG: dict[str, dict[str, Any]] = {
    "is no name": {"name": "Phone"},
    "is no name: it": {"name": "a" * 41},
    "is no name: it has": {"name": "_external"},
    "is a name that our own pages have": {"name": "reason"},
    "is a name that our own pages have:": {"name": "door_password"},
    "has the kind 'colour'": {"kind": "colour"},
    "has no choices": {"kind": "choice"},
    "has choices, which": {"choices": ["a"]},
    "has the choice ''": {"kind": "choice", "choices": ["a", ""]},
    "has the choice 'a": {"kind": "choice", "choices": ["a\nb"]},
    "has 2001 as the most": {"longest": 2001},
    "has seen_by='Everybody'": {"seen_by": "Everybody"},
    "has changed_by=''": {"changed_by": ""},
    "has no label": {"label": "Phone"},
}


@pytest.mark.parametrize(("told", "given"), WRONG.items())
def test_a_bad_declaration_is_refused_by_its_name(told: str, given: dict[str, Any]) -> None:
    field = Field(**{"name": "phone", "label": say("Phone")} | given)
    with pytest.raises(BadField, match=told) as refused:
        checked([field])
    assert repr(field.name) in str(refused.value)


def test_a_bad_declaration_stops_the_start(declare: Callable[[str], Flask]) -> None:
    for text, told in {
        'FIELDS = [Field("phone", say("Phone")), Field("phone", say("Phone"))]': "'phone' is declared twice",
        'FIELDS = ["phone"]': "'phone' is no Field",
        'FELDS = [Field("phone", say("Phone"))]': "'FIELDS' is not declared",
        "FIELDS = None": "not iterable",
        'FIELDS = [Field("phone", lable=say("Phone"))]': "unexpected keyword argument 'lable'",
        'FIELDS = [Field("phone", say("Phone"), longest="20")]': "not supported between",
        'FIELDS = [Field("unit", say("Unit"), kind="choice", choices=["a", 3])]': "'unit' has the choice 3",
        'FIELDS = [Field("a" * n, say("A")) for n in range(1, 50)]': "is no name|one too many",
    }.items():
        with pytest.raises(BadFields, match=told) as stopped:
            declare(text)
        assert str(stopped.value.message).startswith("own/fields.py: ")


def test_a_program_may_leave_out_what_is_required_and_nothing_else(app: Flask, db: Database) -> None:
    department = app.extensions["fields"][0]
    signup.sign_up(db, COMMAND_LINE, "bob", "bob@example.com", PASSWORD, filled=Filled((department,)))
    filled = Filled((department,), {"department": "legal"})
    with pytest.raises(Refused, match="department"):
        signup.sign_up(db, COMMAND_LINE, "eve", "eve@example.com", PASSWORD, filled=filled)
    with pytest.raises(Refused, match="department"):
        signup.sign_up(db, Actor("1.2.3.4"), "eve", "eve@example.com", PASSWORD, filled=Filled((department,)))
    assert _held(db, "bob") == {}


def test_on_a_site_that_sends_mail_they_wait_for_the_link(declare: Callable[..., Flask], tmp_path: Path) -> None:
    app = declare(FIELDS, MAIL_URL=f"folder:{tmp_path}/mail")
    browser = Browser(app)
    _sign_up(browser, "alice", department="")
    assert browser.answer.status_code == 422 and "department" in browser.errors()
    _sign_up(browser, "alice", **ANSWERS)
    browser.visit(Mailbox(app, tmp_path / "mail").one().link).submit("verify-form")
    assert _held(app.extensions["database"], "alice") == ANSWERS
