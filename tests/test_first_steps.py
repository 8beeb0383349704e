"""The first steps on a newcomer's dashboard, until they are done or put away."""

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database, connect
from db.migrate import FOLDER, migrate
from tests.browser import Browser, text
from tests.fixtures import log_in, person
from webapp import create_app
from webapp.accounts import first_steps, limits
from webapp.accounts.data import account
from webapp.auth import first_steps as registry
from webapp.auth.first_steps import Step
from webapp.languages.sentences import say

DATA = Path(__file__).parent / "data" / "tutorial.db"
ALL = [
    "To do: Choose your language and time zone",
    "To do: Give this session a name, such as “work laptop”",
    "To do: Look at where you are logged in",
    "To do: Look at what protects your account beside the password",
]


def steps(browser: Browser) -> list[str]:
    return [text(step) for step in browser.visit("/dashboard").page.select("ol.steps li")]


def done(browser: Browser) -> list[bool]:
    return [step.startswith("Done:") for step in steps(browser)]


def name_session(browser: Browser, name: str) -> None:
    address = str(browser.visit("/dashboard").page.select("ol.steps a")[1]["href"]).partition("#")[0]
    browser.visit(address).submit("session_name-form", name=name)


def test_a_newcomer_finds_them_below_the_heading_each_with_its_way(alice: Browser) -> None:
    assert steps(alice) == ALL
    assert alice.heading() == "Welcome back, alice!"
    links = [str(link["href"]) for link in alice.page.select("ol.steps a")]
    assert links[0] == "/account#language" and links[2] == "/account/sessions"
    for link in links:
        address, _, field = link.partition("#")
        assert not field or alice.visit(address).page.select_one(f"#{field}")


@pytest.mark.parametrize(("field", "value"), [("language", "de"), ("time_zone", "Europe/Berlin")])
def test_a_language_or_a_time_zone_is_a_step(alice: Browser, field: str, value: str) -> None:
    alice.visit("/account").submit(f"{field}-form", **{field: value})
    alice.visit("/dashboard")
    classes = [str(step["class"]) for step in alice.page.select("ol.steps li")]
    assert ["done" in found for found in classes] == [True, False, False, False]


def test_a_step_that_was_done_stays_done_in_other_sessions(alice: Browser, app: Flask) -> None:
    name_session(alice, "work laptop")
    assert done(alice) == [False, True, False, False]
    assert done(log_in(Browser(app), "alice")) == [False, True, False, False]


def test_a_look_at_the_sessions_is_a_step_and_is_written_once(
    alice: Browser, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.visit("/account/sessions")
    assert done(alice) == [False, False, True, False]
    monkeypatch.setattr(first_steps.users, "set_first_steps", lambda *_: pytest.fail("was written again"))
    assert done(alice.visit("/account/sessions")) == [False, False, True, False]
    assert person(db, "alice").first_steps == "sessions"


def test_who_has_done_all_never_sees_them_again(alice: Browser, app: Flask, db: Database) -> None:
    name_session(alice, "work laptop")
    alice.visit("/account/sessions")
    alice.visit("/account/security")
    alice.visit("/account").submit("time_zone-form", time_zone="Europe/Berlin")
    assert not steps(alice) and person(db, "alice").first_steps == "away"
    alice.visit("/account").submit("time_zone-form", time_zone="browser")
    assert not steps(alice) and not steps(log_in(Browser(app), "alice"))


def test_they_can_be_put_away(alice: Browser, bob: Browser, app: Flask) -> None:
    alice.visit("/dashboard").submit("first-steps-form")
    assert alice.path == "/dashboard" and alice.flashes() == ["The first steps are hidden."]
    assert not steps(alice) and not steps(log_in(Browser(app), "alice"))
    assert steps(bob) == ALL


def test_putting_them_away_again_in_another_tab_does_no_harm(alice: Browser) -> None:
    alice.visit("/dashboard")
    form = alice.page.select_one("#first-steps-form input[name=csrf_token]")
    assert form
    for _ in range(limits.ACTS.most + 1):
        answer = alice.client.post("/dashboard/steps", data={"csrf_token": str(form["value"])})
        assert answer.status_code == 303 and answer.headers["Location"] == "/dashboard"


def test_a_form_without_a_token_comes_back_to_them_and_its_address_leads_on_once_they_are_away(alice: Browser) -> None:
    answer = alice.client.post("/dashboard/steps", data={})
    assert answer.status_code == 422 and 'id="first-steps-form"' in answer.text
    part = alice.client.get("/dashboard/steps", headers={"HX-Request": "true"}).text
    assert "<html" not in part and 'id="first-steps"' in part
    alice.visit("/dashboard").submit("first-steps-form")
    assert alice.visit("/dashboard/steps").path == "/dashboard"


def test_a_page_that_is_older_than_a_put_away_list_does_not_bring_it_back(alice: Browser, db: Database) -> None:
    before = person(db, "alice")
    alice.visit("/dashboard").submit("first-steps-form")
    first_steps.visited(db, before, "sessions")
    assert person(db, "alice").first_steps == "away"


def test_users_who_were_there_before_see_none(
    first_settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in FOLDER.glob("*.sql"):
        if path.name < "0014":
            (tmp_path / path.name).write_text(path.read_text())
    db = connect(first_settings["DATABASE_URL"])
    with monkeypatch.context() as patch:
        patch.setattr("db.migrate.FOLDER", tmp_path)
        migrate(db)
    db.run("INSERT INTO users (username, email, password, role) VALUES ('old', 'old@example.com', 'x', 'user')")
    migrate(db)
    assert first_steps.are_away(person(db, "old"))
    db.close()


def test_who_came_with_a_tutorial_sees_none(settings: dict[str, Any], tmp_path: Path, cheap_hashes: None) -> None:
    shutil.copy(DATA, tmp_path / "tutorial.db")
    app = create_app(settings | {"DATABASE_URL": f"sqlite:///{tmp_path}/tutorial.db"})
    grace = log_in(Browser(app), "grace")
    assert grace.path == "/dashboard" and not grace.page.select("#first-steps")
    app.extensions["database"].close()


def test_all_data_of_a_user_tells_which_were_done(alice: Browser, db: Database) -> None:
    alice.visit("/account/sessions")
    assert account(person(db, "alice"))["first_steps"] == "sessions"


def test_views_add_steps_of_their_own_in_their_order(alice: Browser, app: Flask) -> None:
    ours = app.extensions["first_steps"]
    assert all(one.order < other.order for one, other in pairwise(ours))
    registry.register(app, [*ours, Step("post", say("Write a post"), lambda _: "/board", 15)])
    assert steps(alice) == [ALL[0], "To do: Write a post", *ALL[1:]]


def test_names_that_do_not_fit_their_column_stop_the_start(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="STEPS"):
        registry.register(app, [Step("x" * 251, say("Write a post"), lambda _: "/board", 15)])
    for name in ("two words", "away", ""):
        with pytest.raises(RuntimeError, match="STEPS"):
            registry.register(app, [Step(name, say("Write a post"), lambda _: "/board", 15)])
