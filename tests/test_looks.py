"""What needs a look of an admin, and how today stands to the usual, in words."""

import pytest
from flask import Flask

from db import Database, deletion
from tests.browser import Browser
from tests.fixtures import Clock, coming_from, guess, log_in, logged_in, person
from webapp.accounts import standing, usual
from webapp.accounts.actor import COMMAND_LINE
from webapp.hypermedia.looks import Look, Notice
from webapp.languages.reader import known
from webapp.languages.sentences import say

FROM = ("198.51.100.50", 12)


def _notices(browser: Browser) -> dict[str, str]:
    return {link.text: str(link["href"]) for link in browser.page.select("#admin-cards .looks a")}


def test_where_all_is_well_nothing_needs_a_look(grace: Browser) -> None:
    assert _notices(grace.visit("/admin")) == {} and "Nothing needs you." in grace.text()
    assert _notices(grace.visit("/admin/cards")) == {} and "Nothing needs you." in grace.text()


def test_accounts_that_are_about_to_go_are_told_of(grace: Browser, alice: Browser, db: Database) -> None:
    deletion.schedule(db, person(db, "alice").id, "2026-03-20 00:00:00")
    assert _notices(grace.visit("/admin")) == {"1 account is about to be deleted": "/admin/users?state=leaving"}
    rows = grace.visit("/admin/users?state=leaving").text()
    assert "alice@example.com" in rows and "grace@example.com" not in rows
    deletion.cancel(db, person(db, "alice").id)
    assert _notices(grace.visit("/admin")) == {}


def test_accounts_disabled_this_week_are_told_of(grace: Browser, app: Flask, db: Database, clock: Clock) -> None:
    for name in ("alice", "bob"):
        logged_in(Browser(app), name)
        standing.disable(db, COMMAND_LINE, person(db, name), "Left us.")
    standing.enable(db, COMMAND_LINE, person(db, "bob"), "Came back.")
    standing.disable(db, COMMAND_LINE, person(db, "bob"), "Left again.")
    (told, address), *others = _notices(grace.visit("/admin")).items()
    assert (told, others) == ("2 accounts were disabled this week", [])
    listed = grace.visit(address).page.select(".event strong")
    assert [event.text for event in listed] == ["Account disabled"] * 3
    clock.advance(days=7)
    assert _notices(log_in(Browser(app), "grace").visit("/admin")) == {}


def test_failures_above_the_usual_are_told_of_and_listed(grace: Browser, app: Flask) -> None:
    for number in range(6):
        guess(coming_from(app, "203.0.113.7" if number < 4 else "198.51.100.1"), f"user{number}", 1)
    notices = _notices(grace.visit("/admin"))
    told = "6 failed log-ins today, usually none; 4 from 203.0.113.7."
    assert notices == {told: "/admin/events?kind=login_failed&since=2026-03-14&until=2026-03-14"}
    assert told in [sentence.text for sentence in grace.page.select("#logins-chart .gist")]
    assert len(grace.visit(notices[told]).page.select(".event")) == 6


def test_the_numbers_that_are_asked_for_again_bring_what_needs_a_look(grace: Browser, app: Flask) -> None:
    grace.visit("/admin")
    for number in range(5):
        guess(coming_from(app, "203.0.113.7"), f"user{number}", 1)
    headers = {"HX-Request": "true"} if grace.htmx else {}
    answer = grace.client.get("/admin/cards", headers=headers)
    assert "5 failed log-ins today, usually none; 5 from 203.0.113.7." in answer.text


def test_other_rooms_and_teams_have_looks_of_their_own(grace: Browser, app: Flask) -> None:
    ours = app.extensions["looks"]
    given_up = Look(lambda numbers: Notice(say("3 mails were given up"), "/admin/mails"), 5)
    app.extensions["looks"] = [given_up, Look(lambda numbers: None, 6), *ours]
    assert _notices(grace.visit("/admin")) == {"3 mails were given up": "/admin/mails"}


@pytest.mark.parametrize(
    ("number", "mean", "is_above"),
    [(0, 0, False), (4, 0, False), (5, 0, True), (5, 4, False), (10, 4, True), (6, 1, True), (9, 4.5, True),
     (8, 4.5, False), (105, 100, False), (125, 100, False), (126, 100, True), (1249, 1000, False), (1251, 1000, True)],
)  # fmt: skip
def test_a_number_is_above_the_usual_if_that_is_no_chance(number: int, mean: float, is_above: bool) -> None:
    assert usual.is_above(number, mean) is is_above


@pytest.mark.parametrize(
    ("number", "mean", "loudest", "told"),
    [
        (0, 0, None, "No failed log-in today."),
        (0, 9.5, None, "No failed log-in today."),
        (1, 0, ("203.0.113.7", 1), "1 failed log-in today, usually none."),
        (28, 21, FROM, "28 failed log-ins today, a third more than usual; 12 from 198.51.100.50."),
        (28, 21, ("198.51.100.50", 6), "28 failed log-ins today, a third more than usual."),
        (10, 20, ("198.51.100.50", 2), "10 failed log-ins today, fewer than usual so far."),
        (20, 20, None, "20 failed log-ins today, about as many as usual."),
        (24, 20, None, "24 failed log-ins today, a quarter more than usual."),
        (30, 20, None, "30 failed log-ins today, half as many again as usual."),
        (40, 20, None, "40 failed log-ins today, twice as many as usual."),
        (70, 20, None, "70 failed log-ins today, 4 times as many as usual."),
        (50, 20, None, "50 failed log-ins today, 3 times as many as usual."),
        (9000, 20, ("198.51.100.50", 1000),
         "9000 failed log-ins today, 450 times as many as usual; at least 1000 from 198.51.100.50."),
    ],
)  # fmt: skip
def test_failures_are_told_in_a_sentence(number: int, mean: float, loudest: tuple[str, int], told: str) -> None:
    assert usual.failures(number, mean, loudest, 1000) == told


def test_sign_ups_are_told_in_a_sentence(app: Flask) -> None:
    assert usual.signups(0, 2) == "No sign-up today."
    assert usual.signups(1, 1) == "1 sign-up today, about as many as usual."
    assert usual.signups(3, 0) == "3 sign-ups today, usually none."


def test_the_sentence_is_whole_in_german_too(app: Flask) -> None:
    with app.app_context():
        german = known()["de"]
        told = german.say(usual.failures(1028, 771, ("198.51.100.50", 500), 2000))
        assert told == "1.028 fehlgeschlagene Anmeldungen heute, ein Drittel mehr als sonst; 500 von 198.51.100.50."
        assert german.say(usual.signups(1, 0)) == "1 Registrierung heute, sonst keine."
