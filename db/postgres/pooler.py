"""A pooler such as pgbouncer between us and PostgreSQL, which lends its connections for one transaction each."""

from typing import Any

from db.postgres.connection import Connection

# In the URL, for us alone: libpq knows no such word.
SAID = "prepare_threshold=0"
ADVICE = (
    "LATCHKEY_DATABASE_URL leads to a pooler that lends connections by the transaction, and does not say so: add"
    " ?prepare_threshold=0 to it. Until then this server goes on as if it did."
)


def parted(url: str) -> tuple[str, bool]:
    """`url` without SAID, and whether it was there."""
    address, _, query = url.partition("?")
    words = [word for word in query.split("&") if word]
    kept = "&".join(word for word in words if word != SAID)
    return f"{address}?{kept}" if kept else address, SAID in words


def is_between(one: Connection, url: str, options: dict[str, Any]) -> bool:
    """Whether such a pooler is between a new connection and the server at `url`.

    With it two of our connections use one of the server's in turn, so what is prepared in the one is missing in the
    other, or is another statement there.
    """
    # Any pooler makes up the number that it gives its clients.
    if one.info.backend_pid == (before := _server_process(one)):
        return False
    with Connection.connect(url, autocommit=True, prepare_threshold=None, **options) as two, two.transaction():
        return _server_process(two) == before or _server_process(one) != before


def _server_process(connection: Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
