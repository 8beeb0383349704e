"""The throttle: how often something may be tried, so that guessing is hopeless and the owner is not locked out.

Failures are counted in buckets. Strangers share one for each account; a browser that has logged in to the account
before has its own (OWASP, device cookies), so guessing from anywhere never shuts it out. An address that no user has
is counted in the same way.

Successes are counted too, if each writes a row or costs more than a page. `limits` has the numbers; SECURITY.md lists
every POST with its bucket.
"""

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from db import Conflict, Database, Unavailable, moment, stored, throttles, users
from db.sessions import Session
from db.users import User
from webapp.accounts import limits
from webapp.accounts.actor import Actor
from webapp.accounts.hashing import Turn
from webapp.accounts.limits import Limit

log = logging.getLogger("latchkey")

# A sweep must not keep others from writing for long.
SWEPT_AT_ONCE = 1000
# No user has more buckets: each of their sessions and browsers may have a few.
MOST_LIFTED = 1000


class Throttled(Exception):
    """A bucket is full for `seconds` more; nothing was tried. `sentence` has a place for `when` to try again."""

    def __init__(self, limit: Limit, seconds: int, with_mail: bool = False) -> None:
        super().__init__(limit.kind)
        self.sentence = (limit.with_mail if with_mail else None) or limit.sentence
        self.seconds = seconds


class Bucket(NamedTuple):
    """Tries that are counted together: `subject` is stored only as a blind index, `label` as it is."""

    limit: Limit
    subject: str
    label: str = ""
    user_id: int | None = None

    def key(self, db: Database) -> str:
        return db.blind_index(f"{self.limit.kind} {self.subject}")


def of_login(actor: Actor, email: str, user: User | None, known: bool) -> list[Bucket]:
    """Buckets of a try to log in with this address; `user` has the address, `known` is what `is_known` returned."""
    if user and known:
        return [Bucket(limits.KNOWN, f"{actor.browser} {user.id}", actor.device, user.id), _known_in_a_row(actor, user)]
    return _of_address(email, user.id if user else None) + of_code(actor)


def of_code(actor: Actor) -> list[Bucket]:
    """Buckets of a try to log in that count for the network alone, as do those of a code that was mailed."""
    network = network_of(actor.address)
    return [Bucket(limit, network, network) for limit in (limits.A_MINUTE, limits.AN_HOUR)]


def of_second_step(actor: Actor, user: User, known: bool) -> list[Bucket]:
    """Buckets of a code from an authenticator app after a right password; `known` is as in `of_login`.

    Strangers share one, so their guesses do not keep a known browser out.
    """
    return _of_second_step(
        f"{actor.browser} {user.id}" if known else str(user.id), user.id, actor.device if known else ""
    )


def of_unguessable(what: str, actor: Actor, user: User | None, known: bool) -> list[Bucket]:
    """Buckets of what nobody guesses, `recovery` or `passkey`: not the account's, so that nobody shuts its door.

    They are the network's or, of a browser that is known to the account, its own; `known` is as in `of_login`.
    """
    network = network_of(actor.address)
    whose, label = (f"{actor.browser} {user.id}", actor.device) if user and known else (network, network)
    return [Bucket(limit, f"{what} {whose}", label) for limit in (limits.A_MINUTE, limits.AN_HOUR)]


def of_note(user_id: int) -> Bucket:
    """The bucket of an event about a failure that strangers cause at will."""
    return Bucket(limits.NOTES, str(user_id), user_id=user_id)


def of_session(session: Session) -> list[Bucket]:
    both = limits.IN_SESSION, limits.IN_SESSION_IN_A_ROW
    return [Bucket(limit, session.id, session.device, session.user.id) for limit in both]


def of_right_password(actor: Actor, known: bool) -> list[Bucket]:
    """Buckets of a first step that succeeds; a known browser is not counted with its network."""
    return [] if known else _of_network(limits.LOGINS_OF_NETWORK, actor)


def of_logged_in(email: str, user: User | None) -> list[Bucket]:
    """Buckets of a log-in to the account with this address that is whole.

    Half a log-in counts in none of the account's: a thief of the password would keep its owner out.
    """
    return [Bucket(limits.LOGINS_OF_ACCOUNT, email, user_id=user.id if user else None)]


def of_signup(actor: Actor) -> list[Bucket]:
    return _of_network(limits.SIGNUPS, actor)


def of_mails(actor: Actor) -> list[Bucket]:
    """Buckets of a mail that is asked for, by the network that asks."""
    return _of_network(limits.MAILS, actor)


def of_mailbox(email: str, browser: str = "") -> list[Bucket]:
    """Buckets of a mail that is asked for, by its mailbox: `ann+1@` is not the account of `ann@`, but the same box.

    `browser` is the random name of one that is known to the account, which strangers do not keep out.
    """
    name, _, domain = email.lower().rpartition("@")
    mailbox = f"{browser} {name.partition('+')[0]}@{domain}"
    return [Bucket(limit, mailbox, "mailbox") for limit in (limits.MAILBOX, limits.MAILBOX_A_DAY)]


def of_new_device(user: User) -> list[Bucket]:
    """Buckets of a notice that a new device has logged in."""
    return [Bucket(limits.NEW_DEVICES, str(user.id), user_id=user.id)]


def of_taken(actor: Actor, user_id: int | None = None) -> list[Bucket]:
    """Buckets of an answer that tells whether a name or an address is taken; `user_id` is the asking user, if known."""
    own = [Bucket(limits.TAKEN, f"user {user_id}", user_id=user_id)] if user_id else []
    return own + _of_network(limits.TAKEN, actor)


def of_rating(actor: Actor, user: User | None) -> list[Bucket]:
    """Buckets of a rating; a logged-in `user` has one of their own, whatever the neighbours do."""
    if user is None:
        return _of_network(limits.RATINGS, actor)
    return [Bucket(limits.RATINGS, f"user {user.id}", user_id=user.id)]


def of_act(what: str, user_id: int) -> list[Bucket]:
    """Buckets of an act on one's own account; each `what` has a bucket of its own."""
    return [Bucket(limits.ACTS, f"{what} {user_id}", user_id=user_id)]


def of_draft(session: Session) -> list[Bucket]:
    """Buckets of a draft, by session: the drafts of a thief's session must not keep the owner from confirming."""
    return [Bucket(limits.ACTS, f"draft {session.id}", session.device, session.user.id)]


def of_admin(admin: User) -> list[Bucket]:
    """Buckets of an admin's act on another user."""
    return [Bucket(limits.ADMIN_ACTS, str(admin.id), user_id=admin.id)]


def turn(actor: Actor, email: str, known: bool = False) -> Turn:
    """The turn in the hashing pool for a password of this account; the command line needs no keys.

    Strangers who type the address share a key of their own, so that they do not keep known users out.
    """
    account = f"account {email}" if known else f"account {email}, strangers"
    return Turn(known, () if actor.program else (account, *signup_turn(actor).keys))


def signup_turn(actor: Actor) -> Turn:
    """The turn of a new account's password: its key is the network alone, as the address may be another user's."""
    return Turn(keys=() if actor.program else (f"network {network_of(actor.address)}",))


def rating_turn(actor: Actor, user: User | None) -> Turn:
    """The turn of a rating: with a key of its own, so the password itself can be hashed meanwhile."""
    whose = f"user {user.id}" if user else network_of(actor.address)
    return Turn(user is not None, () if actor.program else (f"rating {whose}",))


def is_known(db: Database, actor: Actor, user: User | None) -> bool:
    """Whether `user` has logged in with this browser since the password was changed, and is not shut for guessing."""
    if user is None or user.id not in actor.known_to:
        return False
    is_current = actor.known_to[user.id] == users.password_id(db, user.id) != ""
    return is_current and not throttles.full_until(db, _known_in_a_row(actor, user).key(db))


def network_of(address: str) -> str:
    """The network that an address counts as: with IPv6 the first half, since everybody has 2⁶⁴ addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "-"
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))


@contextmanager
def trying(db: Database, buckets: list[Bucket], failure: type[Exception]) -> Iterator[None]:
    """Count the try that is made inside; unless it ends in `failure`, take the count back.

    The try is counted before it is made, so parallel requests cannot exceed the limit; a success ends a row. A failure
    that could not be written down stays counted: the guess was made. Raises Throttled.
    """
    count(db, buckets)
    try:
        yield
    except (failure, Unavailable) as error:
        # After a conflict the try is made once more.
        if isinstance(error, Conflict):
            with suppress(Unavailable):
                _take_back(db, buckets)
        raise
    except BaseException:
        with suppress(Unavailable):
            _take_back(db, buckets)
        raise
    _take_back(db, buckets, is_end_of_row=True)


def check(db: Database, buckets: list[Bucket]) -> None:
    """Raise Throttled if a bucket is full; this only reads, so that a flood of refusals writes nothing."""
    for bucket in buckets:
        if ends_at := throttles.full_until(db, bucket.key(db)):
            raise _throttled(db, bucket.limit, ends_at)


def is_full(db: Database, buckets: list[Bucket]) -> bool:
    """Whether one of these buckets is full."""
    return any(throttles.full_until(db, bucket.key(db)) for bucket in buckets)


def take(db: Database, buckets: list[Bucket]) -> None:
    """Count one in each bucket, inside a transaction that must be rolled back if this raises Throttled."""
    for bucket in buckets:
        limit, ends_at = bucket.limit, stored(db.clock() + bucket.limit.within)
        key, most = bucket.key(db), limit.most
        if not throttles.take(db, key, limit.kind, most, ends_at, limit.in_a_row, bucket.label, bucket.user_id):
            raise _throttled(db, limit, throttles.full_until(db, key) or ends_at)


def has_room(db: Database, bucket: Bucket) -> bool:
    """Count one in this bucket inside the open transaction, unless it is full; return whether there was room."""
    with suppress(Throttled):
        take(db, [bucket])
        return True
    return False


def count(db: Database, buckets: list[Bucket]) -> None:
    """Count one in each bucket, in a transaction of its own. Raises Throttled if one is full."""
    check(db, buckets)
    # A crash that takes the last second's counts away helps no attacker, and each act would wait for several disks.
    with db.transaction(lasting=False):
        take(db, buckets)


def end_row(db: Database, user: User) -> None:
    """End the rows of strangers' failures before a log-in, inside its transaction."""
    for bucket in _of_strangers(user):
        if bucket.limit.in_a_row:
            throttles.remove(db, bucket.key(db))


def strangers_wait_until(db: Database, user: User) -> str | None:
    """When browsers unknown to this account may try again, or None if they may now."""
    return max(filter(None, (throttles.full_until(db, bucket.key(db)) for bucket in _of_strangers(user))), default=None)


def let_strangers_try(db: Database, user: User) -> None:
    """Let browsers unknown to this account try again, inside the transaction of the act."""
    for bucket in _of_strangers(user):
        throttles.remove(db, bucket.key(db))


def forget(db: Database, email: str) -> None:
    """Inside the transaction that gives a user this address: remove the failures counted before it had an account."""
    for bucket in _of_address(email):
        throttles.remove(db, bucket.key(db))


def lift_all(db: Database, user: User) -> None:
    """Empty all buckets about this user, inside the transaction of the act."""
    throttles.remove_of_user(db, user.id, MOST_LIFTED)
    forget(db, user.email)


def lift_for_reset(db: Database, user: User) -> None:
    """As `lift_all`, for a reader of the mailbox: guesses at the second factor count on."""
    throttles.remove_of_user_but(db, user.id, limits.SECOND_STEP.kind, MOST_LIFTED)
    forget(db, user.email)


def sweep(db: Database) -> None:
    throttles.sweep(db, SWEPT_AT_ONCE)


def _known_in_a_row(actor: Actor, user: User) -> Bucket:
    return Bucket(limits.KNOWN_IN_A_ROW, f"{actor.browser} {user.id}", actor.device, user.id)


def _of_address(email: str, user_id: int | None = None) -> list[Bucket]:
    return [Bucket(limit, email, user_id=user_id) for limit in (limits.STRANGERS, limits.IN_A_ROW)]


def _of_second_step(subject: str, user_id: int, label: str = "") -> list[Bucket]:
    both = limits.SECOND_STEP, limits.SECOND_STEP_IN_A_ROW
    return [Bucket(limit, subject, label, user_id) for limit in both]


def _of_strangers(user: User) -> list[Bucket]:
    """What browsers unknown to this account share."""
    return _of_address(user.email, user.id) + _of_second_step(str(user.id), user.id)


def _of_network(limit: Limit, actor: Actor) -> list[Bucket]:
    """The bucket of the actor's network; a program acts for others and is trusted, so it has no bucket."""
    network = network_of(actor.address)
    return [] if actor.program else [Bucket(limit, network, network)]


def _take_back(db: Database, buckets: list[Bucket], is_end_of_row: bool = False) -> None:
    with db.transaction(lasting=False):
        for bucket in buckets:
            change = throttles.remove if is_end_of_row and bucket.limit.in_a_row else throttles.give_back
            change(db, bucket.key(db))


def _throttled(db: Database, limit: Limit, ends_at: str) -> Throttled:
    log.info("throttled: %s", limit.kind)
    seconds = max(1, round((moment(ends_at) - db.clock()).total_seconds()))
    return Throttled(limit, seconds, with_mail=db.mails)
