"""People who do not exist, and half a year of what they did: to look at the dashboards, and to measure them."""

import random
import secrets
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from db import Database, events, sessions, stored, users
from db.users import User
from webapp.accounts import passwords, people
from webapp.accounts.events import Kind, sum_up_days
from webapp.accounts.sessions import REMEMBERED

DAYS = 182
ADMIN, MEMBER = "ada@example.com", "ben@example.com"
NAMES = "ada ben cleo dina emil fay gus hana ivo jana karl lea milo nora otis pia quin rosa sam tess uma vito wim yara"
DEVICES = ["Firefox on Windows", "Chrome on Android", "Safari on iOS", "Chrome on macOS", "Edge on Windows", "Lynx"]
# How many of a hundred events are of each kind.
KINDS = {Kind.LOGGED_IN: 62, Kind.LOGIN_FAILED: 14, Kind.LOGGED_OUT: 20, Kind.CONFIRMED: 3, Kind.PASSWORD_CHANGED: 1}
AT_ONCE = 10_000


class NotEmpty(Exception):
    """The database has a user already."""


def fill(db: Database, number: int, happened: int) -> str:
    """Make `number` people and about `happened` events; give the password that all of them have. Raises NotEmpty."""
    if users.count(db):
        raise NotEmpty
    password, chance = secrets.token_hex(8), random.Random(number)  # noqa: S311
    with db.transaction():
        users.add_many(db, _people(db, number, passwords.hashed(password), chance))
    everybody = list(people.every(db))
    _write(db, (_event(chance, user, Kind.SIGNED_UP, user.created_at) for user in everybody))
    _write(db, (_happened(db, chance, chance.choice(everybody)) for _ in range(happened)))
    with db.transaction():
        sessions.add_many(db, (_session(db, chance, user) for user in everybody[: number // 3]))
        sum_up_days(db)
    return password


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
