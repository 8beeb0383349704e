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
# A number that was never written to the disk is given to another transaction after a crash; so is one that a standby
# did not have before it took over, or that a copy of the files did not have. Each of these begins with a checkpoint.
TRANSACTION_ID = """
SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
    CAST(system_identifier AS text), CAST(checkpoint_lsn AS text), CAST(txid_current_if_assigned() AS text)
FROM pg_control_system(), pg_control_checkpoint()
"""
# On a server that tells an ordinary role less.
TXID_ALONE = "SELECT '', '', '', CAST(txid_current_if_assigned() AS text)"
# After a restart a COMMIT counts as done though its standby may never have had it.
STATUS = """
SELECT CASE
    WHEN pg_is_in_recovery() THEN 'in progress'
    WHEN CAST(system_identifier AS text) <> :cluster THEN 'elsewhere'
    WHEN left(pg_walfile_name(pg_current_wal_lsn()), 8) <> :timeline THEN 'elsewhere'
    WHEN CAST(checkpoint_lsn AS text) <> :checkpoint AND (
        current_setting('synchronous_standby_names') <> ''
        OR CAST(split_part(next_xid, ':', 1) AS bigint) * 4294967296 + CAST(split_part(next_xid, ':', 2) AS bigint)
            <= CAST(:txid AS bigint)
    ) THEN 'elsewhere'
    ELSE txid_status(CAST(:txid AS bigint)) END
FROM pg_control_system(), pg_control_checkpoint()
"""

log = logging.getLogger("latchkey")


class TransactionId(NamedTuple):
    """A transaction's number, `txid`, and what it must be seen with to be that transaction's and no other's."""

    timeline: str
    cluster: str
    checkpoint: str
    txid: str


class Commits:
    """The COMMITs of a process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._wait = self._is_blind = False

    def look_for_rights(self) -> None:
        """Find out whether this server tells what became of a COMMIT; some of those for hire do not."""
        try:
            self._db.one(TRANSACTION_ID)
        except (psycopg.Error, Unavailable) as error:
            self._is_blind = True
            log.warning("this server does not tell what became of a commit without an answer: %s", error)

    def check(self) -> None:
        """Raise Unavailable while COMMITs of ours wait for a standby: another one would, and would hold a thread.

        Reading goes on, and so does what waits for nothing.
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
        row = connection.execute(TXID_ALONE if self._is_blind else TRANSACTION_ID).fetchone()
        return TransactionId._make(row) if row and row[3] else None

    def is_done(self, sent: TransactionId, error: Unavailable) -> bool:
        """Whether the transaction was committed, after `error` in place of the COMMIT's answer.

        To report it wrongly is as bad as to do it twice. Raises Unknown if no server can tell.
        """
        self._note(error)
        deadline = time.monotonic() + RECOVERY
        while not self._is_blind and time.monotonic() < deadline:
            status = self._status(sent)
            if status in {"committed", "aborted"}:
                return status == "committed"
            if status == "elsewhere":
                break
            time.sleep(PAUSE)
        raise Unknown(f"whether transaction {sent.txid} was committed is not known: {error}") from error

    def _status(self, sent: TransactionId) -> str | None:
        """`committed`, `aborted`, `in progress`; `elsewhere` if the number may be another's; None without an answer."""
        try:
            row = self._db.one(STATUS, **sent._asdict())
        except Unavailable:
            return None
        except psycopg.DataError:
            # A number of the future.
            return "elsewhere"
        return row[0] if row else None

    def _note(self, error: Unavailable) -> None:
        if isinstance(error.__cause__, Late) and not self._wait:
            self._wait = True
            log.error("a commit has no answer yet: a synchronous standby is away, or the disk hardly writes")
