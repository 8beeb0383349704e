"""The throttle: how often something may be tried, so that guessing is hopeless and the owner is not locked out.

Failures are counted in buckets. Strangers share one for each account; a browser that has logged in to the account
before has its own (OWASP, device cookies), so guessing from anywhere never shuts it out. Whether somebody has the
address that was typed changes nothing.
"""

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import NamedTuple

from db import Database, Unavailable, moment, stored, throttles
from db.sessions import Session
from db.users import User
from webapp.accounts.events import Client
from webapp.sentences import Sentence, say

log = logging.getLogger("latchkey")

# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000


class Limit(NamedTuple):
    """So many within so long after the first; or, with `in_a_row`, with less than so long between them.

    `sentence` tells whoever runs into it, `about` the admins.
    """

    kind: str
    most: int
    within: timedelta
    sentence: Sentence
    about: Sentence
    in_a_row: bool = False


LOGINS = say(
    "There were too many failed log-ins. A browser that has logged in to the account before can still log in."
    " From this one, try again %(when)s."
)
GUESSES = say("The password was wrong too often. Try again %(when)s.")

# Whoever mistypes needs two or three; a guesser gets 1,440 a day, and what may be a password takes 10,000 guesses.
STRANGERS = Limit("account", 5, timedelta(minutes=5), LOGINS, say("Failed log-ins from unknown browsers"))
# NIST SP 800-63B-4 3.2.2: no more than 100 in a row on one account. After that only known browsers get in.
IN_A_ROW = Limit(
    "row", 100, timedelta(days=30), LOGINS, say("100 failed log-ins in a row from unknown browsers"), in_a_row=True
)
# One machine that tries one password on many accounts. A school behind one address still gets in.
A_MINUTE = Limit("minute", 10, timedelta(minutes=1), LOGINS, say("Failed log-ins in a minute"))
AN_HOUR = Limit("hour", 100, timedelta(hours=1), LOGINS, say("Failed log-ins in an hour"))
# Somebody who took the cookie as well gets no further than a stranger.
KNOWN = Limit("device", 5, timedelta(minutes=5), GUESSES, say("Failed log-ins from a known browser"))
KNOWN_IN_A_ROW = Limit("device row", 50, timedelta(days=30), GUESSES, say("A browser that is no longer known"), True)
# Whoever sits down at an open session does not know the password.
IN_SESSION = Limit("session", 5, timedelta(minutes=5), GUESSES, say("Wrong passwords in an open session"))
IN_SESSION_IN_A_ROW = Limit(
    "session row", 50, timedelta(days=30), GUESSES, say("An open session that guesses on"), in_a_row=True
)
# A class that signs up together; a program would want thousands. Those that are refused do not count.
CROWD = say("Too many accounts were made from your network. Try again %(when)s.")
SIGNUPS = Limit("sign-ups", 20, timedelta(hours=1), CROWD, say("Sign-ups"))
# Each tells that somebody has an address. Nobody in search of a free user name asks so often.
ASKED_ABOUT = say("Too many names and addresses that are taken were tried from your network. Try again %(when)s.")
TAKEN = Limit("taken", 100, timedelta(hours=1), ASKED_ABOUT, say("Sign-ups with what is taken"))
LIMITS = {
    limit.kind: limit
    for limit in (
        STRANGERS, IN_A_ROW, A_MINUTE, AN_HOUR, KNOWN, KNOWN_IN_A_ROW, IN_SESSION, IN_SESSION_IN_A_ROW, SIGNUPS, TAKEN,
    )
}  # fmt: skip


class Throttled(Exception):
    """A bucket is full for so many `seconds`; nothing was tried. `sentence` wants to be told `when` to try again."""

    def __init__(self, limit: Limit, seconds: int) -> None:
        super().__init__(limit.kind)
        self.sentence, self.seconds = limit.sentence, seconds


class Bucket(NamedTuple):
    """What is counted of whom: `subject` is kept as a blind index alone, `label` as it is."""

    limit: Limit
    subject: str
    label: str = ""
    user_id: int | None = None

    def key(self, db: Database) -> str:
        return db.blind_index(f"{self.limit.kind} {self.subject}")


def of_login(client: Client, email: str, user: User | None, known: bool) -> list[Bucket]:
    """What a log-in with this address counts in; `user` is who has it, and `known` what `is_known` says of them."""
    if user and known:
        return [Bucket(KNOWN, f"{client.browser} {user.id}", client.device, user.id), _known_in_a_row(client, user)]
    network = network_of(client.address)
    accounts = _of_address(email, user.id if user else None)
    return accounts + [Bucket(limit, network, network) for limit in (A_MINUTE, AN_HOUR)]


def of_session(session: Session) -> list[Bucket]:
    return [Bucket(limit, session.id, session.device, session.user.id) for limit in (IN_SESSION, IN_SESSION_IN_A_ROW)]


def of_signup(client: Client) -> list[Bucket]:
    """Whoever acts for others is trusted."""
    return [] if client.actor else [_of_network(SIGNUPS, client)]


def of_taken(client: Client) -> list[Bucket]:
    return [] if client.actor else [_of_network(TAKEN, client)]


def is_known(db: Database, client: Client, user: User | None) -> bool:
    """Whether this person has logged in with this browser before, and it was not guessing since."""
    if user is None:
        return False
    return user.id in client.known_to and not throttles.full_until(db, _known_in_a_row(client, user).key(db))


def network_of(address: str) -> str:
    """Whom an address stands for: of IPv6 everybody has 2⁶⁴."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "-"
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))


@contextmanager
def trying(db: Database, buckets: list[Bucket], failure: type[Exception]) -> Iterator[None]:
    """Count the try that is made inside; unless it ends in `failure`, what was counted is taken back.

    One that succeeds ends a row. Counted first, so that of a hundred at once no more are made than may be. Raises
    Throttled.
    """
    check(db, buckets)
    with db.transaction():
        take(db, buckets)
    try:
        yield
    except failure:
        raise
    except BaseException:
        with suppress(Unavailable):
            _take_back(db, buckets)
        raise
    _take_back(db, buckets, is_end_of_row=True)


def check(db: Database, buckets: list[Bucket]) -> None:
    """Raises Throttled where one is full; a look alone, so that a flood of refusals writes nothing."""
    for bucket in buckets:
        if ends_at := throttles.full_until(db, bucket.key(db)):
            raise _throttled(db, bucket.limit, ends_at)


def take(db: Database, buckets: list[Bucket]) -> None:
    """Count one in each, inside a transaction, which is to be given up when this raises Throttled."""
    for bucket in buckets:
        limit, ends_at = bucket.limit, stored(db.clock() + bucket.limit.within)
        key, most = bucket.key(db), limit.most
        if not throttles.take(db, key, limit.kind, most, ends_at, limit.in_a_row, bucket.label, bucket.user_id):
            raise _throttled(db, limit, throttles.full_until(db, key) or ends_at)


def end_row(db: Database, user: User) -> None:
    """Inside the transaction of a log-in: the failures of strangers before it are no longer in a row."""
    throttles.remove(db, Bucket(IN_A_ROW, user.email).key(db))


def forget(db: Database, email: str) -> None:
    """Inside the transaction that gives somebody this address: who guessed before that, guessed at nobody."""
    for bucket in _of_address(email):
        throttles.remove(db, bucket.key(db))


def sweep(db: Database) -> None:
    throttles.sweep(db, SWEPT_AT_ONCE)


def _known_in_a_row(client: Client, user: User) -> Bucket:
    return Bucket(KNOWN_IN_A_ROW, f"{client.browser} {user.id}", client.device, user.id)


def _of_address(email: str, user_id: int | None = None) -> list[Bucket]:
    return [Bucket(limit, email, user_id=user_id) for limit in (STRANGERS, IN_A_ROW)]


def _of_network(limit: Limit, client: Client) -> Bucket:
    network = network_of(client.address)
    return Bucket(limit, network, network)


def _take_back(db: Database, buckets: list[Bucket], is_end_of_row: bool = False) -> None:
    with db.transaction():
        for bucket in buckets:
            change = throttles.remove if is_end_of_row and bucket.limit.in_a_row else throttles.give_back
            change(db, bucket.key(db))


def _throttled(db: Database, limit: Limit, ends_at: str) -> Throttled:
    log.info("throttled: %s", limit.kind)
    return Throttled(limit, max(1, round((moment(ends_at) - db.clock()).total_seconds())))
