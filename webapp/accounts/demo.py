"""People who do not exist, and half a year of what they did: to look at the dashboards, and to measure them."""

import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from db import Database, events, moment, stored, users
from db import sessions as sessions_table
from db.sessions import Session
from db.users import User
from webapp.accounts import (
    deletion,
    drafts,
    factors,
    factors_reset,
    invitations,
    limits,
    outbox,
    passwords,
    people,
    sessions,
    standing,
    throttle,
    totp,
)
from webapp.accounts.actor import Actor
from webapp.accounts.drafts import Purpose
from webapp.accounts.events import Kind, record, sum_up_days
from webapp.accounts.sessions import REMEMBERED

DAYS = 182
# Some people have an authenticator app, among them neither ADMIN nor MEMBER: each log-in would ask for its code.
APPS = 40
ADMIN, MEMBER = "ada@example.com", "ben@example.com"
NAMES = "ada ben cleo dina emil fay gus hana ivo jana karl lea milo nora otis pia quin rosa sam tess uma vito wim yara"
DEVICES = ["Firefox on Windows", "Chrome on Android", "Safari on iOS", "Chrome on macOS", "Edge on Windows", "Lynx"]
# How many of a hundred events are of each kind.
KINDS = {Kind.LOGGED_IN: 62, Kind.LOGIN_FAILED: 14, Kind.LOGGED_OUT: 20, Kind.CONFIRMED: 3, Kind.PASSWORD_CHANGED: 1}
AT_ONCE = 10_000


class Place(NamedTuple):
    """A browser and where it is, with the time since it logged in and since it was last seen."""

    device: str
    address: str
    began: timedelta
    seen: timedelta


# An admin's sessions end within half a day, and after half an hour without a page.
PLACES = {
    ADMIN: (
        Place("Firefox on Linux", "198.51.100.1", timedelta(hours=9), timedelta(minutes=14)),
        Place("Chrome on macOS", "198.51.100.1", timedelta(hours=5), timedelta(minutes=9)),
        Place("Safari on iOS", "203.0.113.21", timedelta(hours=2), timedelta(minutes=5)),
        Place("Edge on Windows", "192.0.2.14", timedelta(minutes=40), timedelta(minutes=2)),
    ),
    MEMBER: (
        Place("Firefox on Windows", "198.51.100.2", timedelta(days=12), timedelta(days=2)),
        Place("Chrome on Android", "203.0.113.80", timedelta(days=6), timedelta(hours=20)),
        Place("Safari on iOS", "198.51.100.2", timedelta(days=2), timedelta(hours=3)),
        Place("Chrome on Linux", "192.0.2.31", timedelta(hours=5), timedelta(minutes=40)),
    ),
}
STRANGER = Actor("192.0.2.66", "Chrome on Linux")
# Slow enough that no shorter limit stops it first.
GUESSED_EVERY, GUESSES_ENDED = timedelta(minutes=50), timedelta(minutes=70)


class NotEmpty(Exception):
    """The database has a user already."""


class Filled(NamedTuple):
    """What to begin to look around with: everybody's `password`, and the address of a form that MEMBER left behind."""

    password: str
    draft: str = ""


def fill(db: Database, number: int, happened: int) -> Filled:
    """Make `number` people, about `happened` events and what the pages have to show of both. Raises NotEmpty."""
    if users.count(db):
        raise NotEmpty
    password, chance = secrets.token_hex(8), random.Random(number)  # noqa: S311
    with db.transaction():
        users.add_many(db, _people(db, number, passwords.hashed(password), chance))
    everybody = list(people.every(db))
    _write(db, (_event(chance, user, Kind.SIGNED_UP, user.created_at) for user in everybody))
    _write(db, (_happened(db, chance, chance.choice(everybody)) for _ in range(happened)))
    with db.transaction():
        sessions_table.add_many(db, (_session(db, chance, user) for user in everybody[: number // 3]))
    draft = _stage(db, everybody[::-1], password)
    sum_up_days(db)
    return Filled(password, draft)


def _people(db: Database, number: int, hashed: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Rows of `number` people; more of them signed up lately than long ago, as on a site that grows."""
    ages = sorted((DAYS * (1 - chance.random() ** 0.6) for _ in range(number)), reverse=True)
    for count, age in enumerate(ages):
        email = {0: ADMIN, 1: MEMBER}.get(count, f"{chance.choice(NAMES.split())}{count}@example.com")
        yield {
            "username": email.partition("@")[0],
            "email": email,
            "password": hashed,
            "role": "admin" if count == 0 else "user",
            "created_at": stored(db.clock() - timedelta(days=age)),
        }


def _happened(db: Database, chance: random.Random, user: User) -> dict[str, Any]:
    """An event on a day since the sign-up, more likely in the evening than at night."""
    since = stored(db.clock() - timedelta(days=chance.random() * DAYS))
    at = f"{max(since[:10], user.created_at[:10])} {min(23, int(chance.triangular(0, 24, 19))):02}{since[13:]}"
    kind = chance.choices([*KINDS], [*KINDS.values()])[0]
    return _event(chance, user, kind, min(max(at, user.created_at), db.now()))


def _event(chance: random.Random, user: User, kind: Kind, at: str) -> dict[str, Any]:
    address = f"198.51.100.{user.id % 250 + 1}" if chance.random() < 0.9 else f"203.0.113.{chance.randrange(1, 250)}"
    origin = {"address": address, "device": DEVICES[user.id % len(DEVICES)]}
    return {"user_id": user.id, "kind": kind, "session_id": None, "actor": "", "detail": "", "created_at": at} | origin


def _session(db: Database, chance: random.Random, user: User) -> dict[str, Any]:
    seen = db.clock() - timedelta(days=chance.random() * 10)
    return {
        "id": secrets.token_hex(8), "token_hash": secrets.token_hex(32), "user_id": user.id, "seen_at": stored(seen),
        "ends_at": stored(seen + REMEMBERED.idle), "device": DEVICES[user.id % len(DEVICES)], "address": "198.51.100.7",
    }  # fmt: skip


def _write(db: Database, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, AT_ONCE)):
        with db.transaction():
            events.add_many(db, some)


def _stage(db: Database, oldest: Sequence[User], password: str) -> str:
    """Let happen, by the rules, what a page is for; give the address of the draft. A person who is missing is left out.

    ADMIN and MEMBER are the two oldest accounts.
    """
    logged_in = [_log_in(db, user) for user in oldest[: len(PLACES)]]
    for user, number in zip(oldest[2:4], (limits.IN_A_ROW.most, limits.KNOWN_IN_A_ROW.most), strict=False):
        _guess(db, user, number, is_known=number == limits.KNOWN_IN_A_ROW.most)
    for user in oldest[4:][-2:-1]:
        _leave(db, user, password)
    for user in oldest[6:][-4:-3]:
        standing.disable(db, logged_in[0], user, "address of somebody else, who wrote to us")
    _add_apps(db, logged_in[0], oldest[8 : 8 + APPS])
    if db.mails:
        _mail(db, logged_in[0])
    return _leave_form(db, logged_in[1].own_session) if len(logged_in) > 1 else ""


def _add_apps(db: Database, admin: Actor, people: Sequence[User]) -> None:
    """Give these people authenticator apps; let one of them have lost the phone and asked an admin for help."""
    with db.transaction():
        for user in people:
            totp.keep(db, user, totp.new_secret(), last_step=0)
            factors.added(db, user)
    for user in people[:1]:
        factors_reset.ask(db, admin, user, 24, "lost the phone, and showed a passport")


def _mail(db: Database, admin: Actor) -> None:
    """Invite somebody, and write a mail that will be given up: an earlier version took such an address."""
    invitations.invite(db, admin, "nora@example.org")
    with db.transaction():
        outbox.add(db, STRANGER, outbox.Kind.NO_ACCOUNT, "lea..old@example.com")


def _log_in(db: Database, user: User) -> Actor:
    """Log the user in on each device, and give the last one; then let a stranger fail to log in."""
    actors = [_come(db, user, place) for place in PLACES[user.email]]
    with _at(db, user, timedelta(minutes=25)):
        _fail(db, STRANGER, user, is_known=False)
    return actors[-1]


def _come(db: Database, user: User, place: Place) -> Actor:
    visitor = Actor(place.address, place.device)
    with _at(db, user, place.began), db.transaction():
        session = sessions.find(db, sessions.start(db, visitor, user, remember=True))
    assert session is not None
    with _at(db, user, place.seen):
        return visitor._replace(user=user, session=sessions.put_off(db, session))


def _guess(db: Database, user: User, number: int, is_known: bool) -> None:
    """Guess at the user's password until nobody else may, unless the account is younger than that takes."""
    if db.clock() - moment(user.created_at) < GUESSES_ENDED + number * GUESSED_EVERY:
        return
    guesser = Actor("203.0.113.66", "Firefox on Windows", browser="flat", known_to={user.id: ""} if is_known else {})
    with db.transaction():
        for count in range(number, 0, -1):
            with _at(db, user, GUESSES_ENDED + count * GUESSED_EVERY):
                _fail(db, guesser, user, is_known)


def _fail(db: Database, actor: Actor, user: User, is_known: bool) -> None:
    """Fail to log in, without the hash that this takes a tenth of a second for."""
    with db.transaction():
        throttle.take(db, throttle.of_login(actor, user.email, user, is_known))
        record(db, actor, Kind.LOGIN_FAILED, user.id)


def _leave(db: Database, user: User, password: str) -> None:
    place = Place("Safari on macOS", "198.51.100.9", timedelta(hours=3), timedelta(hours=2))
    deletion.ask(db, _come(db, user, place), password, days=7)


def _leave_form(db: Database, session: Session) -> str:
    """Type into a form and send it too late; give the address where it waits."""
    path = "/account/email"
    return f"{path}?draft={drafts.keep(db, session, Purpose.RETYPE, path, [('email', 'ben@work.example.com')])}"


@contextmanager
def _at(db: Database, user: User, ago: timedelta) -> Iterator[None]:
    """Set the clock back so far, but not to before the user's sign-up."""
    clock: Any = db.clock
    then: datetime = max(clock() - ago, moment(user.created_at))
    db.clock = lambda: then
    try:
        yield
    finally:
        db.clock = clock
