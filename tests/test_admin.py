"""The admin's page."""

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from webapp.accounts import roles
from webapp.accounts.events import COMMAND_LINE


def test_it_lists_people_newest_first(grace: Browser, alice: Browser) -> None:
    grace.visit("/admin")
    assert [row.th.text for row in grace.page.select("tbody tr") if row.th] == ["alice", "grace"]
    assert "2 people, newest first" in grace.page.text


def test_25_a_page_by_links_that_work_without_javascript(grace: Browser, db: Database) -> None:
    with db.transaction():
        for number in range(60):
            users.add(db, f"user{number}", f"user{number}@example.com", "x")
    seen: list[str] = []
    grace.visit("/admin")
    while True:
        seen += [row.th.text for row in grace.page.select("tbody tr") if row.th]
        older = grace.page.find("a", string="Older")
        if older is None:
            break
        grace.visit(str(older["href"]))  # type: ignore[index]
    assert seen == [f"user{number}" for number in reversed(range(60))] + ["grace"]


@pytest.mark.parametrize("before", ["x", "-1", "0", "9" * 30, "1.5", "٣", "%00", "%ff", "1' OR 1=1"])
def test_an_edited_address_is_no_error(grace: Browser, before: str) -> None:
    assert grace.client.get(f"/admin?before={before}").status_code == 200


def test_a_plain_user_is_kept_out(alice: Browser) -> None:
    answer = alice.client.get("/admin")
    assert answer.status_code == 403 and "Not allowed" in answer.text


def test_a_stranger_is_asked_to_log_in_first(app: Flask) -> None:
    assert app.test_client().get("/admin").location == "/login?next=/admin"


def test_a_changed_role_bites_at_the_next_request(alice: Browser, db: Database) -> None:
    assert alice.client.get("/admin").status_code == 403
    roles.promote(db, COMMAND_LINE, "alice@example.com")
    assert alice.client.get("/admin").status_code == 200
    users.set_role(db, roles.promote(db, COMMAND_LINE, "alice@example.com").id, "user")
    assert alice.client.get("/admin").status_code == 403


def test_the_link_is_shown_to_admins_alone(alice: Browser, grace: Browser) -> None:
    assert not alice.visit("/dashboard").page.select("nav a[href='/admin']")
    assert grace.visit("/dashboard").page.select("nav a[href='/admin']")
