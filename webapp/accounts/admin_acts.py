"""What an admin does to other users: each act in words, on one of them or on several at once."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from db import Database
from db.users import User
from webapp.accounts import factors_reset, reset, roles, standing
from webapp.accounts.actor import Actor
from webapp.languages.sentences import Sentence, say, say_number

log = logging.getLogger("latchkey")

# Four pages of the list; their ids still make an address that every proxy takes.
MOST = 100

Count = Callable[[int], Sentence]


class Act(NamedTuple):
    """An act in words: on one user, by `name`, and on a number of users. `do` returns False if nothing has changed."""

    title: Sentence
    titles: Count
    consequence: Sentence
    done: Sentence
    all_done: Count
    do: Callable[[Database, Actor, User, dict[str, str]], bool]


ACTS = {
    "role": Act(
        say("Change the role of %(name)s"),
        lambda n: say_number("Change the role of %(number)s person", "Change the role of %(number)s people", n),
        say("The new role counts from the next page on."),
        say("%(name)s has another role now."),
        lambda n: say_number("%(number)s person has another role now.", "%(number)s people have another role now.", n),
        lambda db, actor, user, typed: roles.give(db, actor, user, typed["role"], typed["reason"]),
    ),
    "disable": Act(
        say("Disable %(name)s"),
        lambda n: say_number("Disable %(number)s person", "Disable %(number)s people", n),
        say("All sessions end at once, and nobody can log in to the account until an admin enables it again."),
        say("%(name)s is disabled."),
        lambda n: say_number("%(number)s person is disabled.", "%(number)s people are disabled.", n),
        lambda db, actor, user, typed: standing.disable(db, actor, user, typed["reason"]),
    ),
    "enable": Act(
        say("Enable %(name)s"),
        lambda n: say_number("Enable %(number)s person", "Enable %(number)s people", n),
        say("Whoever knows the password can log in again."),
        say("%(name)s is enabled again."),
        lambda n: say_number("%(number)s person is enabled again.", "%(number)s people are enabled again.", n),
        lambda db, actor, user, typed: standing.enable(db, actor, user, typed["reason"]),
    ),
    "sign-out": Act(
        say("Log %(name)s out everywhere"),
        lambda n: say_number("Log %(number)s person out everywhere", "Log %(number)s people out everywhere", n),
        say("All sessions end at once. The person can log in again."),
        say("%(name)s is logged out everywhere."),
        lambda n: say_number(
            "%(number)s person is logged out everywhere.", "%(number)s people are logged out everywhere.", n
        ),
        lambda db, actor, user, typed: standing.sign_out(db, actor, user, typed["reason"]) > 0,
    ),
    "reset": Act(
        say("Mail %(name)s a link to choose a new password"),
        lambda n: say_number(
            "Mail %(number)s person a link to choose a new password",
            "Mail %(number)s people a link to choose a new password",
            n,
        ),
        say("The link goes to the account's address and works once, for an hour. Nothing changes unless it is opened."),
        say("A link is on its way to %(name)s."),
        lambda n: say_number(
            "A link is on its way to %(number)s person.", "A link is on its way to %(number)s people.", n
        ),
        lambda db, actor, user, typed: reset.send(db, actor, user, typed["reason"]),
    ),
    "factors-reset": Act(
        say("Remove all second factors of %(name)s"),
        lambda n: say_number(
            "Remove all second factors of %(number)s person", "Remove all second factors of %(number)s people", n
        ),
        say(
            "The authenticator app, the passkeys and the recovery codes go once the waiting time is over, if this site"
            " has one, and all sessions end. Until then the person reads of it on every page, and can stop it. You see"
            " no secret."
        ),
        say("The removal of the second factors of %(name)s is asked for."),
        lambda n: say_number(
            "The removal of the second factors of %(number)s person is asked for.",
            "The removal of the second factors of %(number)s people is asked for.",
            n,
        ),
        lambda db, actor, user, typed: factors_reset.ask(db, actor, user, int(typed["hours"]), typed["reason"]),
    ),
}


def is_there(db: Database, act: str) -> bool:
    """Whether there is such an act on this site: what is mailed needs mail."""
    return act in ACTS and (db.mails or act != "reset")


def title(act: str, users: list[User]) -> Sentence:
    return ACTS[act].titles(len(users)) if len(users) > 1 else say(ACTS[act].title, name=users[0].name)


def done(act: str, users: list[User]) -> Sentence:
    return ACTS[act].all_done(len(users)) if len(users) > 1 else say(ACTS[act].done, name=users[0].name)


def do(db: Database, actor: Actor, act: str, users: list[User], typed: dict[str, str]) -> bool:
    """Do the act on all of these users or, if one is refused, on none; return False if nothing has changed.

    `typed` holds `reason` and perhaps `role`, and `hours`, for which a removal of factors waits. Raises Refused,
    LastAdmin, Throttled, and NotAllowed, also for more users than an admin may act on at once.
    """
    if len(users) > MOST:
        raise roles.NotAllowed
    try:
        with db.transaction():
            # Two admins who act on the same people lock their rows in the same order.
            in_order = sorted(users, key=lambda user: user.id)
            done = [ACTS[act].do(db, actor, user, typed) for user in in_order]
            return any(done)
    except Exception as error:
        # Lines of single users may stand before this one.
        log.info("%s of %d users was given up, and done to none of them: %s", act, len(users), type(error).__name__)
        raise


def promise(act: str, users: list[User], role: str) -> Sentence:
    """What will be done, and to whom, for the page that asks for the password."""
    if len(users) > 1:
        return _promise_to_all(act, users, role)
    if act != "role":
        return title(act, users)
    if role == "admin":
        return say("Make %(name)s an admin.", name=users[0].name)
    return say("Give %(name)s the role: %(role)s.", name=users[0].name, role=roles.in_words(role))


def _promise_to_all(act: str, users: list[User], role: str) -> Sentence:
    told = {"act": title(act, users), "names": ", ".join(user.name for user in users)}
    if act != "role":
        return say("%(act)s: %(names)s", **told)
    return say("%(act)s: %(names)s. The new role: %(role)s.", **told, role=roles.in_words(role))
