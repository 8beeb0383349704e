"""Rules check what they are given, whoever calls them: a page, a command, a program of a team's own."""

from collections.abc import Callable

import pytest

from db import Database
from tests.fixtures import PASSWORD, person
from webapp.accounts import blocks, login, password_change, profile, roles, sessions, standing
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.fields import Refused
from webapp.accounts.roles import NotAllowed
from webapp.accounts.signup import sign_up

ACTS: dict[str, Callable[[Database, Actor], object]] = {
    "give": lambda db, actor: roles.give(db, actor, person(db, "alice"), "admin", "asked for it"),
    "disable": lambda db, actor: standing.disable(db, actor, person(db, "alice"), "sends spam"),
    "enable": lambda db, actor: standing.enable(db, actor, person(db, "alice"), "promised to stop"),
    "sign_out": lambda db, actor: standing.sign_out(db, actor, person(db, "alice"), "lost a phone"),
    "sign_everybody_out": lambda db, actor: standing.sign_everybody_out(db, actor, "a new start"),
    "lift": lambda db, actor: blocks.lift(db, actor, "a" * 64),
    "lift_all": lambda db, actor: blocks.lift_all(db, actor, person(db, "alice")),
    "add": lambda db, actor: roles.add(db, actor, "editor"),
}
ON_ONESELF = ["give", "disable", "enable", "sign_out", "lift_all"]
WITHOUT_REASON: dict[str, Callable[[Database, Actor], object]] = {
    "give": lambda db, actor: roles.give(db, actor, person(db, "alice"), "admin"),
    "disable": lambda db, actor: standing.disable(db, actor, person(db, "alice")),
    "enable": lambda db, actor: standing.enable(db, actor, person(db, "alice"), "two\nlines"),
    "sign_out": lambda db, actor: standing.sign_out(db, actor, person(db, "alice"), "a" * 201),
}


@pytest.fixture
def alice(db: Database) -> Actor:
    """Logged in, with no page in between."""
    sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    return _actor(db, "alice")


def _actor(db: Database, name: str) -> Actor:
    begun = login.log_in(db, Actor("203.0.113.7"), f"{name}@example.com", PASSWORD, False, None)
    session = sessions.find(db, begun.token)
    assert session
    return Actor("203.0.113.7", user=session.user, session=session)


@pytest.mark.parametrize("actor", [Actor("203.0.113.7"), COMMAND_LINE], ids=["a stranger", "a program"])
def test_a_sign_up_is_refused_with_a_sentence_for_each_field(db: Database, actor: Actor) -> None:
    with pytest.raises(Refused) as refused:
        sign_up(db, actor, username="a b\n", email="no address", password="1")
    assert set(refused.value.errors) == {"username", "email", "password"}
    assert db.one("SELECT count(*) FROM users") == (0,)


def test_an_address_has_one_spelling(db: Database) -> None:
    sign_up(db, COMMAND_LINE, " bob ", " Bob@Example.com", PASSWORD)
    assert _actor(db, "BOB").own_session.user.username == "bob"
    with pytest.raises(Refused):
        sign_up(db, COMMAND_LINE, "bob2", "bob@example.com", PASSWORD)


@pytest.mark.parametrize("email", ["", "a\0b", "\udcff"])
def test_a_log_in_with_what_is_no_text_is_refused(db: Database, email: str) -> None:
    with pytest.raises(Refused):
        login.log_in(db, Actor("203.0.113.7"), email, PASSWORD, False, None)


def test_a_profile_takes_nothing_malformed(db: Database, alice: Actor) -> None:
    for save, value in ((profile.rename, "a b\n"), (profile.change_email, "no address")):
        with pytest.raises(Refused):
            save(db, alice, value)
    with pytest.raises(Refused):
        profile.set_language(db, alice, "tlh", known={"en", "de"})
    with pytest.raises(Refused) as refused:
        password_change.change(db, alice, PASSWORD, "1")
    assert set(refused.value.errors) == {"new_password"}


@pytest.mark.parametrize("act", ACTS)
def test_an_admins_act_is_for_admins(db: Database, alice: Actor, act: str) -> None:
    for actor in (Actor("203.0.113.7"), alice):
        with pytest.raises(NotAllowed):
            ACTS[act](db, actor)


@pytest.mark.parametrize("act", ON_ONESELF)
def test_no_admin_acts_on_their_own_account(db: Database, alice: Actor, act: str) -> None:
    roles.give(db, COMMAND_LINE, person(db, "alice"), "admin")
    with pytest.raises(NotAllowed):
        ACTS[act](db, alice)


@pytest.mark.parametrize("act", WITHOUT_REASON)
def test_an_admin_gives_a_reason_of_one_line(db: Database, alice: Actor, act: str) -> None:
    with pytest.raises(Refused) as refused:
        WITHOUT_REASON[act](db, alice)
    assert set(refused.value.errors) == {"reason"}
