"""The demo: people who do not exist, to look at."""

import re

from flask import Flask

from db import Database, users
from tests.browser import Browser


def test_a_newcomer_sees_the_dashboards_alive(app: Flask, db: Database) -> None:
    done = app.test_cli_runner().invoke(args=["demo", "--people", "60", "--events", "900"])
    password = re.search(r"with the password  (\w+)", done.output)
    assert done.exit_code == 0 and password is not None
    assert users.count(db) == 60
    ada = Browser(app).visit("/login").submit("login-form", email="ada@example.com", password=password[1])
    assert ada.heading() == "Welcome back, ada!"
    ada.visit("/admin?days=90")
    assert len(ada.page.select("#logins-chart rect.logins")) == 13 and len(ada.page.select("rect.failed")) > 8
    assert ada.page.select("rect.signups") and len(ada.page.select(".event")) == 10
    ben = Browser(app).visit("/login").submit("login-form", email="ben@example.com", password=password[1])
    assert ben.heading() == "Welcome back, ben!" and ben.client.get("/admin").status_code == 403


def test_nothing_happened_before_its_person_signed_up_or_after_today(app: Flask, db: Database) -> None:
    app.test_cli_runner().invoke(args=["demo", "--people", "30", "--events", "600"])
    odd = """SELECT count(*) FROM events JOIN users ON users.id = user_id
             WHERE events.created_at < users.created_at OR events.created_at > :now"""
    assert db.one(odd, now=db.now()) == (0,)
    assert db.one("SELECT count(*) FROM events") == (630,)


def test_it_touches_no_database_that_somebody_uses(app: Flask, db: Database) -> None:
    with db.transaction():
        users.add(db, "alice", "alice@example.com", "x")
    refused = app.test_cli_runner().invoke(args=["demo"])
    assert refused.exit_code == 1 and "wants an empty database" in refused.output
    assert users.count(db) == 1
