"""How hard a password is to guess, what it costs to find out, and how often anybody may ask."""

import time
import unicodedata
from typing import Any

import pytest
import zxcvbn
from flask import Flask
from flask.testing import FlaskClient

from db import Database
from tests.browser import Browser
from tests.fixtures import BREACHED, PASSWORD, sign_up
from webapp.accounts import hashing, limits, passwords, strength
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.hashing import Busy

MIXTURE = "5@+0!$7!|+14" * 20
OWN = ["alice", "alice@example.com"]


def _objection(db: Database, password: str, least: int, context: list[str] | None = None) -> str | None:
    return strength.objection(db, COMMAND_LINE, password, least, context or [])


def _in_words(db: Database, password: str, least: int, context: list[str] | None = None) -> str | None:
    return strength.in_words(db, COMMAND_LINE, password, least, context or [])


@pytest.mark.parametrize(
    "password", ["\0" * 3 + "abcdefgh", "a\r\nb c d e f", "我的门钥匙很旧了", "🔑🚪🔒🏠🧱🪟🛎🐈", " lead and trail "]
)
def test_any_character_is_a_character(password: str, db: Database) -> None:
    assert _objection(db, password, 8) is None
    assert passwords.matches(passwords.hashed(password), password)
    assert not passwords.matches(passwords.hashed(password), password.strip() + "x")


def test_characters_are_counted_as_people_see_them(db: Database) -> None:
    assert _objection(db, "a\u0308" * 7, 8) == "Password must be at least 8 characters."
    assert _objection(db, "ab" * 128 + "c", 8) == "Password must be at most 256 characters."


@pytest.mark.parametrize("password", [PASSWORD, "penguins swim fast", "Tr0ub4dor&3", "blue-kettle-42", "x8#Lq0!vB2"])
def test_a_password_that_is_hard_to_guess_is_welcome(password: str, db: Database) -> None:
    assert _objection(db, password, 8, ["alice", "alice@example.com"]) is None


@pytest.mark.parametrize(
    "password",
    [
        "13{8|%64@5@${@3(!8<40%{32<2|19%33%%//@++[&!75%$@&5!5<5!283783[({@<!@@%8$",
        "+7$0+!516/%65{@7$([/<!354353$30{1(&8%5&55$2+476|2{{8+{2<09&6[{1|1(7{3622",
        "aA4@8" * 51,
        "a" * 256,
    ],
)
def test_judging_a_password_takes_no_longer_than_hashing_one(
    password: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attacker's 72 characters kept zxcvbn busy for 20 seconds."""
    monkeypatch.setattr(passwords, "ITERATIONS", 600_000)
    began = time.process_time()
    _in_words(db, password, 8, ["alice", "alice@example.com"])
    judged = time.process_time()
    passwords.hashed(password)
    assert judged - began <= time.process_time() - judged


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password", "This is a top-10 common password."),
        ("        ", 'Repeats like "aaa" are easy to guess.'),
        ("abcdefgh", 'Sequences like "abc" or "6543" are easy to guess.'),
        ("iloveyou1", "This is a very common password."),
        ("alice@example.com", "This one is made of your name, your address or the site's."),
    ],
)
def test_the_reason_is_said(password: str, reason: str, db: Database) -> None:
    sentence = _objection(db, password, 8, ["alice", "alice@example.com"])
    assert sentence == f"Choose a password that is harder to guess. {reason}"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("correct horse battery", "Hard to guess."),
        ("Tr0ub4dor&3", "Hard to guess."),
        ("x8#Lq0!vB2", "Hard to guess."),
        ("penguins1", "Fair. A longer one is better."),
        ("password", None),
        ("short", None),
        ("alice@example.com", None),
        ("alicealice", None),
    ],
)
def test_how_good_it_is_is_said_in_words(password: str, words: str | None, db: Database) -> None:
    assert _in_words(db, password, 8, ["alice", "alice@example.com"]) == words


def test_each_part_of_a_long_password_makes_it_harder(db: Database) -> None:
    assert _in_words(db, "penguins1", 8) == strength.FAIR
    assert _in_words(db, "penguins1".ljust(strength.PIECE, "1") + "elephant2", 8) == strength.HARD_TO_GUESS


def test_a_heap_of_accents_is_not_sorted(db: Database) -> None:
    """Half a second for each, and no other thread runs meanwhile; two of them would stop the server."""
    heap = "\u0315\u0300" * 16_000
    assert passwords.normal(heap) is heap
    assert _objection(db, heap, 8) == "Password must be at most 256 characters."
    most = "e\u0304\u0301\u0323" * passwords.MOST_CHARACTERS
    assert len(most) == passwords.MOST_CODE_POINTS and passwords.normal(most) != most


@pytest.mark.parametrize("password", ["administrator", "internationalization", "trustno1trustno1", "a1" * 30])
def test_a_word_that_is_longer_than_a_piece_or_repeated_is_not_taken_for_two(password: str, db: Database) -> None:
    assert str(_objection(db, password, 8)).startswith("Choose a password that is harder to guess.")


@pytest.mark.parametrize("password", [BREACHED, "asdfghjklñ", unicodedata.normalize("NFD", "asdfghjklñ")])
def test_one_that_was_in_a_breach_is_refused_in_any_spelling(password: str, db: Database) -> None:
    assert _objection(db, password, 8) == "This password has been in a data breach. Choose another one."
    assert _in_words(db, password, 8) is None


def test_it_is_looked_up_letter_by_letter(db: Database) -> None:
    assert _objection(db, BREACHED.title(), 8) is None
    assert _objection(db, f" {BREACHED}", 8) is None


@pytest.mark.parametrize("password", ["x8#Lq0!vB", unicodedata.normalize("NFD", "kätzchen1")])
def test_one_of_less_than_ten_characters_is_not_looked_up(password: str, db: Database) -> None:
    """The list would say yes to each of them."""
    assert _objection(db, password, 8) is None


@pytest.mark.parametrize(
    "password", ["\0\n\r\t~\x7f" * 2, "\uffff\U0010ffff\u202e" * 4, "x8#Lq0!vB2🔑" * 22, "\ue000" * 256]
)
def test_odd_text_is_looked_up_too(password: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strength, "FEWEST_GUESSES", 0)
    assert _objection(db, password, 8) is None


def test_what_is_no_text_is_not_looked_up(db: Database) -> None:
    assert _objection(db, "\udcff" * 12, 8) == "This holds bytes that are not text."
    assert _in_words(db, "\udcff" * 12, 8) is None


@pytest.fixture
def rated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every piece that zxcvbn has been given since."""
    pieces: list[str] = []
    real = zxcvbn.zxcvbn
    monkeypatch.setattr(zxcvbn, "zxcvbn", lambda text, **more: pieces.append(text) or real(text, **more))
    return pieces


def test_at_most_forty_characters_are_rated_in_pieces_of_twelve_and_each_of_them_once(
    db: Database, rated: list[str]
) -> None:
    weak = "passwordpassqwertyqwertyabcdefghijkl111122223333dragondragon"
    _in_words(db, weak, 8)
    assert rated == [weak[start : min(start + 12, 40)] for start in (0, 12, 24, 36)]
    rated.clear()
    _objection(db, MIXTURE, 8)
    assert rated == [MIXTURE[:12]]


def _ask(client: FlaskClient, over_htmx: bool = True) -> tuple[int, str]:
    headers = {"HX-Request": "true"} if over_htmx else {}
    answer = client.post("/signup/password/strength", data={"password": PASSWORD}, headers=headers)
    return answer.status_code, answer.text


def test_a_rating_goes_through_the_pool_as_strangers_do(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(hashing.pool, "done", lambda work, *turn: asked.append(turn) or work())
    _ask(browser.client)
    browser.client.post("/signup/password", data={"password": PASSWORD})
    assert asked == [(False, ("rating 127.0.0.1",))] * 2


def test_who_is_logged_in_is_kept_from_it_by_no_neighbour(
    alice: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RATINGS", limits.RATINGS._replace(most=3))
    assert _ask(app.test_client())[0] == 200 and _ask(app.test_client())[0] == 200
    assert _ask(app.test_client())[0] == 429
    statuses = [alice.client.post("/account/password/strength", data={"new_password": PASSWORD}) for _ in range(4)]
    assert [answer.status_code for answer in statuses] == [200] * 3 + [429]


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def done(*_: object) -> None:
        raise Busy

    monkeypatch.setattr(hashing.pool, "done", done)


def test_while_the_pool_is_busy_nothing_is_rated_and_nothing_is_wrong(alice: Browser, busy: None) -> None:
    assert _ask(alice.client) == (200, "")
    for path, field in (("/signup/password", "password"), ("/account/password/check", "new_password")):
        answer = alice.client.post(path, data={field: "password"}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.text.strip()) == (200, "")
    answer = alice.client.post("/account/password/strength", data={"new_password": PASSWORD})
    assert (answer.status_code, answer.text) == (200, "")


def test_a_form_that_is_sent_meanwhile_comes_back_filled_in(browser: Browser, busy: None, db: Database) -> None:
    sign_up(browser, "alice")
    assert browser.answer.status_code == 503 and browser.value("username") == "alice"
    assert db.all("SELECT id FROM users") == []


@pytest.fixture
def rated_out(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    """Somebody else in this network has asked for two ratings, which is all that it may."""
    monkeypatch.setattr(limits, "RATINGS", limits.RATINGS._replace(most=2))
    client = app.test_client()
    assert [_ask(client)[0] for _ in range(2)] == [200, 200]


def test_a_network_may_ask_for_so_many_ratings_and_no_more(browser: Browser, rated_out: None) -> None:
    for address in ("/signup/password/strength", "/signup/password"):
        answer = browser.client.post(address, data={"password": PASSWORD})
        assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 60


def test_it_counts_whichever_form_asks(app: Flask, htmx: bool, rated_out: None, db: Database) -> None:
    browser = sign_up(Browser(app, htmx), "alice")
    assert browser.answer.status_code == 429 and browser.value("username") == "alice"
    assert browser.flashes()[0].startswith("Too many passwords were tried out from your network.")
    assert db.all("SELECT id FROM users") == []


def test_no_rating_is_made_of_what_is_too_short_or_too_long_or_no_text(browser: Browser, rated_out: None) -> None:
    for password in ("short", "x" * 257, "%ff" * 12):
        form = "application/x-www-form-urlencoded"
        answer = browser.client.post("/signup/password/strength", data=f"password={password}", content_type=form)
        assert (answer.status_code, answer.text) == (200, "")


def test_who_is_logged_in_waits_for_no_stranger(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(hashing.pool, "done", lambda work, known, keys=(): asked.append(known) or work())
    alice.client.post("/account/password/strength", data={"new_password": PASSWORD})
    assert asked == [True]
