"""Every statement that touches the outbox: mails that wait, and for some days those that were sent or given up."""

from typing import NamedTuple

from db import Database, by_name


class Mail(NamedTuple):
    """A mail as it is stored: neither its text nor its link, which are made from `kind`, `facts` (JSON) and `seed`.

    `message_id` is the random part of its Message-ID, the same at each attempt. After `ends_at` it is of no use.
    """

    id: int
    kind: str
    user_id: int | None
    recipient: str
    language: str
    facts: str
    seed: str
    message_id: str
    created_at: str
    due_at: str
    ends_at: str
    attempts: int
    lease: str | None
    sent_at: str | None
    failed_at: str | None
    error: str


as_mail = by_name(Mail)


class Numbers(NamedTuple):
    """How many mails wait, since when the eldest does, and how many were given up."""

    waiting: int
    eldest: str | None
    failed: int


def add(
    db: Database,
    kind: str,
    user_id: int | None,
    recipient: str,
    language: str,
    facts: str,
    seed: str,
    message_id: str,
    ends_at: str,
    is_done: bool,
) -> None:
    """Insert a mail; one that `is_done` is not sent."""
    db.run(
        """INSERT INTO outbox (kind, user_id, recipient, language, facts, seed, message_id, created_at, due_at, ends_at,
            sent_at)
           VALUES (:kind, :user_id, :recipient, :language, :facts, :seed, :message_id, :now, :now, :ends_at,
            :sent_at)""",
        kind=kind,
        user_id=user_id,
        recipient=recipient,
        language=language,
        facts=facts,
        seed=seed,
        message_id=message_id,
        ends_at=ends_at,
        sent_at=db.now() if is_done else None,
        now=db.now(),
    )


def is_due(db: Database, latest_lease: str) -> bool:
    """Whether a mail waits to be sent now; a lease that ends after `latest_lease` is from a clock that was ahead."""
    row = db.one(
        """SELECT 1 FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL
           AND (due_at <= :now OR (attempts = 0 AND created_at > :now))
           AND (leased_until IS NULL OR leased_until <= :now OR leased_until > :latest_lease) LIMIT 1""",
        now=db.now(),
        latest_lease=latest_lease,
    )
    return row is not None


def lease(db: Database, lease: str, until: str) -> Mail | None:
    """Take the next mail that is due for this sender, until this time, and count the attempt, inside a transaction.

    It is the eldest of those with the fewest attempts: one at which the relay hangs up does not hold up the others. Of
    several senders one gets it. On PostgreSQL the others get None, and ask again while `is_due`. Of a mail that was
    made before the clock stepped back, the first attempt does not wait.
    """
    return db.one(
        """UPDATE outbox SET lease = :lease, leased_until = :until, attempts = attempts + 1
           WHERE id = (
               SELECT id FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL
               AND (due_at <= :now OR (attempts = 0 AND created_at > :now))
               AND (leased_until IS NULL OR leased_until <= :now OR leased_until > :until)
               ORDER BY attempts, id LIMIT 1
           ) AND sent_at IS NULL AND failed_at IS NULL
           AND (leased_until IS NULL OR leased_until <= :now OR leased_until > :until)
           RETURNING id, kind, user_id, recipient, language, facts, seed, message_id, created_at, due_at, ends_at,
               attempts, lease, sent_at, failed_at, error""",
        as_mail,
        lease=lease,
        until=until,
        now=db.now(),
    )


def note_sent(db: Database, mail: Mail) -> bool:
    """Note that the mail was sent, and forget its seed; False if the lease is another sender's by now."""
    return bool(
        db.run(
            """UPDATE outbox SET sent_at = :now, lease = NULL, leased_until = NULL, error = '', seed = ''
               WHERE id = :id AND lease = :lease""",
            id=mail.id,
            lease=mail.lease,
            now=db.now(),
        )
    )


def put_off(db: Database, mail: Mail, due_at: str, error: str) -> None:
    db.run(
        """UPDATE outbox SET due_at = :due_at, error = :error, lease = NULL, leased_until = NULL
           WHERE id = :id AND lease = :lease""",
        id=mail.id,
        lease=mail.lease,
        due_at=due_at,
        error=error,
    )


def give_up(db: Database, mail: Mail, error: str) -> bool:
    """Note that the mail will not be sent; False if the lease is another sender's by now."""
    return bool(
        db.run(
            """UPDATE outbox SET failed_at = :now, error = :error, lease = NULL, leased_until = NULL
               WHERE id = :id AND lease = :lease""",
            id=mail.id,
            lease=mail.lease,
            error=error,
            now=db.now(),
        )
    )


def retry(db: Database, mail_id: int) -> bool:
    """Make a mail that was given up, or put off, due at once; False if there is none with this id that is not sent."""
    return bool(
        db.run(
            """UPDATE outbox SET failed_at = NULL, due_at = :now, error = '', attempts = 0, lease = NULL,
                leased_until = NULL
               WHERE id = :id AND sent_at IS NULL""",
            id=mail_id,
            now=db.now(),
        )
    )


def retry_failed(db: Database) -> None:
    """Make all mails due at once that were given up."""
    db.run(
        """UPDATE outbox SET failed_at = NULL, due_at = :now, error = '', attempts = 0, lease = NULL,
            leased_until = NULL
           WHERE failed_at IS NOT NULL""",
        now=db.now(),
    )


def hasten(db: Database) -> None:
    """Make all mails due that wait, but for those that are being sent."""
    db.run(
        """UPDATE outbox SET due_at = :now WHERE sent_at IS NULL AND failed_at IS NULL AND due_at > :now
           AND (leased_until IS NULL OR leased_until <= :now)""",
        now=db.now(),
    )


def discard(db: Database, mail_id: int) -> bool:
    """Delete a mail that was not sent; False if there is none with this id."""
    return bool(db.run("DELETE FROM outbox WHERE id = :id AND sent_at IS NULL", id=mail_id))


def by_id(db: Database, mail_id: int) -> Mail | None:
    return db.one(
        """SELECT id, kind, user_id, recipient, language, facts, seed, message_id, created_at, due_at, ends_at,
            attempts, lease, sent_at, failed_at, error FROM outbox WHERE id = :id""",
        as_mail,
        id=mail_id,
    )


def waiting(db: Database, limit: int, before: int | None = None) -> list[Mail]:
    """At most `limit` mails that wait, the youngest first, from below the id `before` on."""
    return db.all(
        """SELECT id, kind, user_id, recipient, language, facts, seed, message_id, created_at, due_at, ends_at,
            attempts, lease, sent_at, failed_at, error FROM outbox
           WHERE sent_at IS NULL AND failed_at IS NULL AND id < :before ORDER BY id DESC LIMIT :limit""",
        as_mail,
        before=2**63 - 1 if before is None else before,
        limit=limit,
    )


def failed(db: Database, limit: int, before: int | None = None) -> list[Mail]:
    """At most `limit` mails that were given up, the youngest first, from below the id `before` on."""
    return db.all(
        """SELECT id, kind, user_id, recipient, language, facts, seed, message_id, created_at, due_at, ends_at,
            attempts, lease, sent_at, failed_at, error FROM outbox
           WHERE failed_at IS NOT NULL AND id < :before ORDER BY id DESC LIMIT :limit""",
        as_mail,
        before=2**63 - 1 if before is None else before,
        limit=limit,
    )


def of_user(db: Database, user_id: int) -> list[Mail]:
    return db.all(
        """SELECT id, kind, user_id, recipient, language, facts, seed, message_id, created_at, due_at, ends_at,
            attempts, lease, sent_at, failed_at, error FROM outbox WHERE user_id = :user_id ORDER BY id DESC""",
        as_mail,
        user_id=user_id,
    )


def numbers(db: Database) -> Numbers:
    row = db.one(
        """SELECT
           (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL),
           (SELECT created_at FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL ORDER BY id LIMIT 1),
           (SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL)"""
    )
    assert row is not None
    return Numbers(*row)


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` of the user's mails; return how many."""
    return db.run(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE user_id = :user_id LIMIT :limit)",
        user_id=user_id,
        limit=limit,
    )


def sweep(db: Database, sent_before: str, failed_before: str, limit: int) -> None:
    """Delete at most `limit` mails that were sent before the one time, and as many given up before the other."""
    db.run(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at < :before LIMIT :limit)",
        before=sent_before,
        limit=limit,
    )
    db.run(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE failed_at < :before LIMIT :limit)",
        before=failed_before,
        limit=limit,
    )


def remove_all(db: Database) -> None:
    db.run("DELETE FROM outbox")
