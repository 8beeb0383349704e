"""What became of a COMMIT without an answer, and whether COMMITs wait for a synchronous standby that is away."""

import logging
import time
from typing import NamedTuple

import psycopg

from db import Database, Unavailable, Unknown
from db.postgres.connection import Connection, Late

# A server that restarts is back within so many seconds, and so is a standby; a request cannot wait longer for it.
RECOVERY = 3.0
PAUSE = 0.1
# A standby by itself takes no more than some hundredths of a second.
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND query_start < clock_timestamp() - INTERVAL '1 second'
"""
# Another cluster, or the timeline after a failover, has numbers of its own; a standby has none yet.
NUMBER = """
SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8), CAST(system_identifier AS text),
    CAST(txid_current_if_assigned() AS text) FROM pg_control_system()
"""
STATUS = """
SELECT CASE
    WHEN pg_is_in_recovery() THEN 'in progress'
    WHEN CAST(system_identifier AS text) <> :cluster THEN 'elsewhere'
    WHEN left(pg_walfile_name(pg_current_wal_lsn()), 8) <> :timeline THEN 'elsewhere'
    ELSE txid_status(CAST(:txid AS bigint)) END FROM pg_control_system()
"""

log = logging.getLogger("latchkey")


class TransactionId(NamedTuple):
    """A transaction's number: `txid` means something in this cluster alone, and on this timeline of it."""

    timeline: str
    cluster: str
    txid: str


class Commits:
    """The COMMITs of a process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._wait = False

    def check(self) -> None:
        """Raise Unavailable while COMMITs of ours wait for a standby: another one would, and would hold a thread.

        Reading goes on, and so does what is not worth waiting for.
        """
        if not self._wait:
            return
        if self.waiting():
            raise Unavailable("commits wait for a synchronous standby that is away")
        self._wait = False
        log.warning("commits wait no longer")

    def waiting(self) -> int:
        """How many COMMITs of this user have waited for a standby for more than a second."""
        row = self._db.one(WAITING)
        return int(row[0]) if row else 0

    def transaction_id(self, connection: Connection) -> TransactionId | None:
        """The number of the open transaction, to ask later whether it was committed; None if it wrote nothing."""
        row = connection.execute(NUMBER).fetchone()
        return TransactionId._make(row) if row and row[2] else None

    def is_done(self, sent: TransactionId, error: Unavailable) -> bool:
        """Whether the transaction was committed, after `error` in place of the COMMIT's answer.

        To report it wrongly is as bad as to do it twice. Raises Unknown if no server can tell.
        """
        self._note(error)
        deadline = time.monotonic() + RECOVERY
        while time.monotonic() < deadline:
            status = self._status(sent)
            if status in {"committed", "aborted"}:
                return status == "committed"
            if status == "elsewhere":
                break
            time.sleep(PAUSE)
        raise Unknown(f"whether transaction {sent.txid} was committed is not known: {error}") from error

    def _status(self, sent: TransactionId) -> str | None:
        """`committed`, `aborted`, `in progress`; `elsewhere` on another timeline; None while the server is gone."""
        try:
            row = self._db.one(STATUS, **sent._asdict())
        except Unavailable:
            return None
        except psycopg.DataError:
            # A number of the future: somebody has put an older copy of the cluster's files in its place.
            return "elsewhere"
        return row[0] if row else None

    def _note(self, error: Unavailable) -> None:
        if isinstance(error.__cause__, Late) and not self._wait:
            self._wait = True
            log.error("a commit has no answer yet: a synchronous standby is away, or the disk hardly writes")
