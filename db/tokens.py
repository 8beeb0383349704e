"""Every statement that touches the table of tokens: what is mailed, works once and opens something."""

from typing import NamedTuple

from db import Database, by_name


class Token(NamedTuple):
    """A token by the hash of what was mailed; `facts` is JSON, `code` a blind index or empty.

    `sent_to` is the address to which it was mailed. `user_id` is None for a stranger.
    """

    id: int
    hash: str
    purpose: str
    user_id: int | None
    sent_to: str
    code: str
    facts: str
    created_at: str
    ends_at: str


as_token = by_name(Token)


def add(
    db: Database, hashed: str, purpose: str, user_id: int | None, sent_to: str, code: str, facts: str, ends_at: str
) -> None:
    db.run(
        """INSERT INTO tokens (hash, purpose, user_id, sent_to, code, facts, created_at, ends_at)
           VALUES (:hash, :purpose, :user_id, :sent_to, :code, :facts, :now, :ends_at)""",
        hash=hashed,
        purpose=purpose,
        user_id=user_id,
        sent_to=sent_to,
        code=code,
        facts=facts,
        ends_at=ends_at,
        now=db.now(),
    )


def find(db: Database, hashed: str) -> Token | None:
    return db.one(
        """SELECT id, hash, purpose, user_id, sent_to, code, facts, created_at, ends_at FROM tokens
           WHERE hash = :hash AND ends_at > :now""",
        as_token,
        hash=hashed,
        now=db.now(),
    )


def of_user(db: Database, user_id: int) -> list[Token]:
    """The user's tokens that have not ended, the youngest first."""
    return db.all(
        """SELECT id, hash, purpose, user_id, sent_to, code, facts, created_at, ends_at FROM tokens
           WHERE user_id = :user_id AND ends_at > :now ORDER BY id DESC""",
        as_token,
        user_id=user_id,
        now=db.now(),
    )


def of_purpose(db: Database, purpose: str, limit: int, before: int | None = None) -> list[Token]:
    """At most `limit` tokens for this purpose that have not ended, the youngest first, from below the id `before`."""
    return db.all(
        """SELECT id, hash, purpose, user_id, sent_to, code, facts, created_at, ends_at FROM tokens
           WHERE purpose = :purpose AND ends_at > :now AND id < :before ORDER BY id DESC LIMIT :limit""",
        as_token,
        purpose=purpose,
        before=2**63 - 1 if before is None else before,
        limit=limit,
        now=db.now(),
    )


def by_id(db: Database, purpose: str, token_id: int) -> Token | None:
    return db.one(
        """SELECT id, hash, purpose, user_id, sent_to, code, facts, created_at, ends_at FROM tokens
           WHERE id = :id AND purpose = :purpose AND ends_at > :now""",
        as_token,
        id=token_id,
        purpose=purpose,
        now=db.now(),
    )


def remove(db: Database, hashed: str) -> bool:
    """Delete the token; False if it is gone: of two who use it at once, one does."""
    return bool(db.run("DELETE FROM tokens WHERE hash = :hash", hash=hashed))


def count_try(db: Database, hashed: str, most: int) -> bool:
    """Count a code that is tried; False if `most` were tried before."""
    return bool(
        db.run("UPDATE tokens SET tries = tries + 1 WHERE hash = :hash AND tries < :most", hash=hashed, most=most)
    )


def remove_tried(db: Database, hashed: str, most: int) -> None:
    """Delete the token if as many codes as it allows were tried."""
    db.run("DELETE FROM tokens WHERE hash = :hash AND tries >= :most", hash=hashed, most=most)


def remove_sent_to(db: Database, sent_to: str, user_id: int | None, *purposes: str) -> None:
    """Delete the tokens for these purposes that were mailed to this address: strangers', and this user's."""
    for purpose in purposes:
        db.run(
            """DELETE FROM tokens WHERE sent_to = :sent_to AND purpose = :purpose
               AND (user_id IS NULL OR user_id = :user_id)""",
            sent_to=sent_to,
            purpose=purpose,
            user_id=user_id or 0,
        )


def remove_all_but(db: Database, user_id: int, purpose: str, until: int) -> None:
    """Delete the user's tokens, but keep those for this purpose whose id is `until` or lower."""
    db.run(
        "DELETE FROM tokens WHERE user_id = :user_id AND (purpose <> :purpose OR id > :until)",
        user_id=user_id,
        purpose=purpose,
        until=until,
    )


def remove_of_user(db: Database, user_id: int, limit: int) -> int:
    """Delete at most `limit` of the user's tokens; return how many."""
    return db.run(
        "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE user_id = :user_id LIMIT :limit)",
        user_id=user_id,
        limit=limit,
    )


def sweep(db: Database, limit: int) -> None:
    """Delete at most `limit` tokens whose time is over."""
    db.run(
        "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE ends_at <= :now LIMIT :limit)",
        now=db.now(),
        limit=limit,
    )


def remove_all(db: Database) -> None:
    db.run("DELETE FROM tokens")
