"""Every link that is mailed, in every state that its token and its account can be in."""

from collections.abc import Callable

import pytest
from flask import Flask

from db import Database
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock, person
from webapp.accounts import reset, signup, standing, tokens
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.tokens import Purpose

WAYS = {
    Purpose.SIGNUP: "/verify/{}", Purpose.VERIFY: "/verify/{}", Purpose.NEW_EMAIL: "/verify/{}",
    Purpose.RESET: "/reset/{}", Purpose.LOGIN: "/login/link/{}", Purpose.INVITATION: "/invitation/{}",
    Purpose.UNDO: "/undo/{}",
}  # fmt: skip
OF_STRANGERS = {Purpose.SIGNUP, Purpose.INVITATION}
FACTS = {
    Purpose.SIGNUP: {"username": "bob", "password": "", "fields": {}},
    Purpose.LOGIN: {"remember": False, "next": "", "device": "Lynx", "address": "203.0.113.7"},
    Purpose.INVITATION: {"role": "user", "by": 0, "by_name": "", "is_proof": True},
    Purpose.UNDO: {"kind": "password_changed", "device": "Lynx", "address": "203.0.113.7", "username": "alice"},
}


@pytest.fixture
def db(mailing: Flask) -> Database:
    database: Database = mailing.extensions["database"]
    signup.sign_up(database, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    return database


def _made(db: Database, purpose: Purpose, of_nobody: bool = False) -> str:
    is_strangers = purpose in OF_STRANGERS
    sent_to = "bob@example.com" if is_strangers or purpose == Purpose.NEW_EMAIL else "alice@example.com"
    user_id = None if is_strangers or of_nobody else person(db, "alice").id
    with db.transaction():
        made = tokens.make(db, purpose, sent_to, user_id, **FACTS.get(purpose, {}))
    return next(tokens.of_seed(db, made.seed))


def _disable(db: Database) -> None:
    db.run("UPDATE users SET disabled_at = :now", now=db.now())


def _leave(db: Database) -> None:
    db.run("UPDATE users SET deletion_at = '2026-03-21 15:09:26'")


def _go(db: Database) -> None:
    db.run("UPDATE users SET deletion_at = '2026-03-14 15:09:26'")


def _change_address(db: Database) -> None:
    with db.transaction():
        tokens.end_all(db, person(db, "alice").id)


# What happened meanwhile, and the status of the link then: of a user's token, of a stranger's, of one that undoes.
STATES: dict[str, tuple[Callable[[Database], object], int, int, int]] = {
    "live": (lambda db: None, 200, 200, 200),
    "the address or the password is another": (_change_address, 404, 200, 200),
    "disabled": (_disable, 422, 200, 422),
    "disabled by an admin": (lambda db: standing.disable(db, COMMAND_LINE, person(db, "alice")), 404, 200, 422),
    "leaving": (_leave, 200, 200, 200),
    "gone": (_go, 404, 200, 404),
    "deleted": (lambda db: db.run("DELETE FROM users"), 404, 200, 404),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("purpose", WAYS)
def test_a_link_opens_what_its_account_allows(mailing: Flask, db: Database, purpose: Purpose, state: str) -> None:
    path = WAYS[purpose].format(_made(db, purpose))
    happens, of_user, of_stranger, of_undo = STATES[state]
    happens(db)
    wanted = of_stranger if purpose in OF_STRANGERS else of_undo if purpose == Purpose.UNDO else of_user
    browser = Browser(mailing).visit(path)
    assert browser.answer.status_code == wanted
    if wanted == 404:
        assert browser.heading() == "This link no longer works." and browser.page.select_one("form #email")
    if wanted == 422:
        assert "This account is disabled. An admin can enable it again." in browser.text()


@pytest.mark.parametrize("purpose", WAYS)
def test_a_dead_link_is_dead_in_the_same_way_for_whatever_reason(
    mailing: Flask, db: Database, purpose: Purpose, clock: Clock
) -> None:
    text, browser = _made(db, purpose), Browser(mailing)
    foreign = [WAYS[other].format(text) for other in WAYS if WAYS[other] != WAYS[purpose]]
    odd = [WAYS[purpose].format(part) for part in ("x" * 43, text[:-1], text + "x", "%00" * 43, "é" * 43, "x" * 2000)]
    for path in foreign + odd:
        assert browser.visit(path).answer.status_code == 404, path
    clock.advance(days=7)
    assert browser.visit(WAYS[purpose].format(text)).answer.status_code == 404


@pytest.mark.parametrize("purpose", [Purpose.RESET, Purpose.LOGIN, Purpose.VERIFY, Purpose.UNDO])
def test_a_token_of_nobody_opens_nothing(mailing: Flask, db: Database, purpose: Purpose) -> None:
    path = WAYS[purpose].format(_made(db, purpose, of_nobody=True))
    assert Browser(mailing).visit(path).answer.status_code == 404


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_form_whose_link_died_meanwhile_says_so(mailing: Flask, db: Database, htmx: bool) -> None:
    browser = Browser(mailing, htmx).visit(WAYS[Purpose.RESET].format(_made(db, Purpose.RESET)))
    _change_address(db)
    browser.submit("new_password-form", password="another horse battery")
    assert browser.answer.status_code == 404
    assert "This link no longer works." in (browser.flashes()[0] if htmx else browser.heading())


def test_one_that_is_used_is_gone(db: Database) -> None:
    text = _made(db, Purpose.VERIFY)
    with db.transaction():
        tokens.spend(db, tokens.find(db, text, Purpose.VERIFY))
    with pytest.raises(tokens.NoSuchToken):
        tokens.find(db, text, Purpose.VERIFY)


def test_a_refused_act_leaves_it(mailing: Flask, db: Database) -> None:
    browser = Browser(mailing).visit(WAYS[Purpose.RESET].format(_made(db, Purpose.RESET)))
    browser.submit("new_password-form", password="1").submit("new_password-form", password="another horse battery")
    assert browser.path == "/login"


def test_only_hashes_are_stored(db: Database) -> None:
    texts = [_made(db, purpose) for purpose in WAYS]
    stored = str(db.all("SELECT * FROM tokens")) + str(db.all("SELECT * FROM outbox"))
    assert not [text for text in texts if text in stored]


def test_without_the_key_a_copy_of_the_tables_opens_nothing(db: Database) -> None:
    with db.transaction():
        made = tokens.make(db, Purpose.RESET, "alice@example.com", person(db, "alice").id)
    live = tokens.live_of_seed(db, made.seed)
    assert live is not None and reset.owner(db, live.text).username == "alice"
    db._keys = (b"another key",)
    assert tokens.live_of_seed(db, made.seed) is None


def test_codes_are_of_twenty_letters_that_are_equally_likely(db: Database) -> None:
    codes = [next(tokens.codes_of_seed(db, str(number))) for number in range(2000)]
    letters = "".join(codes)
    assert {len(code) for code in codes} == {8} and set(letters) == set("BCDFGHJKLMNPQRSTVWXZ")
    assert all(600 < letters.count(letter) < 1000 for letter in tokens.LETTERS)


def test_what_is_over_is_swept(mailing: Flask, db: Database, clock: Clock) -> None:
    for purpose in WAYS:
        _made(db, purpose)
    clock.advance(days=7)
    Browser(mailing).visit("/")
    assert db.one("SELECT count(*) FROM tokens") == (0,)
