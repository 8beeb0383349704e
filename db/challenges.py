"""Every statement that touches the table of challenges that were answered."""

from db import Database


def note(db: Database, hashed: str, ends_at: str) -> bool:
    """Note that a challenge was answered; False if it was before: the answer is sent a second time."""
    return bool(
        db.run(
            "INSERT INTO used_challenges (hash, ends_at) VALUES (:hash, :ends_at) ON CONFLICT (hash) DO NOTHING",
            hash=hashed,
            ends_at=ends_at,
        )
    )


def sweep(db: Database, limit: int) -> None:
    db.run(
        """DELETE FROM used_challenges WHERE hash IN
           (SELECT hash FROM used_challenges WHERE ends_at <= :now LIMIT :limit)""",
        now=db.now(),
        limit=limit,
    )
