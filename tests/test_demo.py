"""The demo: people who do not exist, to look at."""

import re

import pytest
from flask import Flask

from db import Database, users
from tests.browser import Browser
from tests.mailbox import Mailbox
from webapp.accounts import demo


class Demo:
    """What `just demo` shows, in two browsers: those of an admin and of a plain user."""

    def __init__(self, app: Flask, people: int = 60, events: int = 900) -> None:
        done = app.test_cli_runner().invoke(args=["demo", "--people", str(people), "--events", str(events)])
        assert done.exit_code == 0, done.output
        self.said, self.error = done.stdout, done.stderr
        self.password = re.findall(r"with the password  (\w+)", self.said)[0]
        self.ada, self.ben = (self._log_in(app, email) for email in (demo.ADMIN, demo.MEMBER))

    def _log_in(self, app: Flask, email: str) -> Browser:
        return Browser(app).visit("/login").submit("login-form", email=email, password=self.password)


@pytest.fixture
def shown(app: Flask) -> Demo:
    return Demo(app)


def test_a_newcomer_sees_the_dashboards_alive(shown: Demo, db: Database) -> None:
    assert users.count(db) == 60
    ada, ben = shown.ada, shown.ben
    assert ada.heading() == "Welcome back, ada!"
    ada.visit("/admin?days=90")
    assert len(ada.page.select("#logins-chart rect.logins")) == 13 and len(ada.page.select("rect.failed")) > 8
    assert ada.page.select("rect.signups") and len(ada.page.select(".event")) == 10
    assert ben.heading() == "Welcome back, ben!" and ben.client.get("/admin").status_code == 403


@pytest.mark.parametrize(("who", "email"), [("ada", demo.ADMIN), ("ben", demo.MEMBER)])
def test_each_account_to_log_in_with_has_four_devices_and_a_failed_log_in(shown: Demo, who: str, email: str) -> None:
    browser = getattr(shown, who)
    listed = browser.visit("/account/sessions").text()
    assert len({place.device for place in demo.PLACES[email] if place.device in listed}) == 4
    failed = browser.visit("/account/activity?kind=login_failed").text()
    assert f"{demo.STRANGER.device}" in failed and demo.STRANGER.address in failed


def test_an_admin_has_blocks_to_lift_and_people_to_look_after(shown: Demo) -> None:
    blocks = shown.ada.visit("/admin/blocks").text()
    assert "100 failed log-ins in a row from unknown browsers" in blocks
    assert "A browser that is no longer known" in blocks
    for state in ("leaving", "disabled"):
        assert len(shown.ada.visit(f"/admin/users?state={state}").page.select("tbody tr")) == 1


def test_a_form_that_was_left_behind_waits_where_the_demo_says(shown: Demo) -> None:
    left = re.findall(r"http://127\.0\.0\.1:8000(\S+)", shown.said)
    assert shown.ben.visit(left[0]).value("email") == "ben@work.example.com"


def test_it_says_nothing_but_how_to_look_around(shown: Demo) -> None:
    assert len(shown.said.splitlines()) == 2 and shown.error == ""


@pytest.mark.parametrize("people", [2, 3, 5, 30])
def test_nothing_happened_before_its_person_signed_up_or_after_today(app: Flask, db: Database, people: int) -> None:
    Demo(app, people, 600)
    odd = """SELECT count(*) FROM events JOIN users ON users.id = user_id
             WHERE events.created_at < users.created_at OR events.created_at > :now"""
    assert db.one(odd, now=db.now()) == (0,)
    assert db.one("SELECT count(*) FROM events WHERE kind = 'signed_up'") == (people,)


def test_what_is_counted_by_day_is_what_happened(app: Flask, db: Database) -> None:
    Demo(app, 30, 600)
    counted = """SELECT count(*) FROM (
                   SELECT substr(created_at, 1, 10) AS day, kind, count(*) AS number FROM events
                   WHERE substr(created_at, 1, 10) < :yesterday GROUP BY 1, 2
                 ) AS happened LEFT JOIN event_days USING (day, kind)
                 WHERE happened.number <> coalesce(event_days.number, 0)"""
    assert db.one(counted, yesterday=db.days(2)[0]) == (0,)


def test_it_touches_no_database_that_somebody_uses(app: Flask, db: Database) -> None:
    with db.transaction():
        users.add(db, "alice", "alice@example.com", "x")
    refused = app.test_cli_runner().invoke(args=["demo"])
    assert refused.exit_code == 1 and "wants an empty database" in refused.output
    assert users.count(db) == 1


def test_on_a_site_that_sends_mail_there_are_mails_and_an_invitation(mailing: Flask, mailbox: Mailbox) -> None:
    shown = Demo(mailing)
    subjects = {letter.subject for letter in mailbox.new()}
    assert {"You are invited to 127.0.0.1", "Your account at 127.0.0.1 will be deleted"} <= subjects
    ada = shown.ada.visit("/admin")
    assert "1 mail was given up" in ada.text()
    assert "no mail can be written to this address" in ada.visit("/admin/mail").text()
    assert "nora@example.org" in ada.visit("/admin/invitations").text()
