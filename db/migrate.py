"""Migrations: numbered files, forward only, one transaction each."""

import logging
import time
from pathlib import Path

from db import Conflict, Database, Locked, Unfit

# A backup may hold the tables for minutes. A migration that waited for them all that time would keep everybody waiting
# behind it, so it gives way after a while, and comes again after so many seconds.
PAUSE, TRIES = 2.0, 25

log = logging.getLogger("latchkey")

FOLDER = Path(__file__).parent / "migrations"


def migrate(db: Database, folder: Path | None = None, prefix: str = "") -> list[str]:
    """Run the files in `folder`, or ours, that were not run before; return their names.

    The table `migrations` notes each by its number and name, after `prefix`. Several servers may start at once: one
    migrates, the others wait and find it done. Raises Unfit, and Locked or Conflict after a minute.
    """
    if not db.has_table("migrations"):
        with db.migrating():
            db.script("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL);")
    return [
        path.name
        for path in sorted((folder or FOLDER).glob("*.sql"))
        if _meant_for(db, path) and _run_soon(db, path, prefix)
    ]


def _meant_for(db: Database, path: Path) -> bool:
    """`0002_sessions.sql` is for both databases, `0001_users.sqlite.sql` for one."""
    return path.suffixes[0] in {".sql", f".{db.dialect}"}


def _run_soon(db: Database, path: Path, prefix: str) -> bool:
    """As `_run_once`, for a minute while others hold the tables; then it raises Locked or Conflict."""
    for _ in range(TRIES - 1):
        try:
            return _run_once(db, path, prefix)
        except (Locked, Conflict):
            log.warning("%s waits: another program, such as a backup, or a page holds its tables", path.name)
            time.sleep(PAUSE)
    return _run_once(db, path, prefix)


def _run_once(db: Database, path: Path, prefix: str) -> bool:
    name = prefix + path.name.split(".")[0]
    try:
        if _was_run(db, name):
            return False
        with db.migrating():
            if _was_run(db, name):
                return False
            db.script(path.read_text())
            db.run("INSERT INTO migrations (name, applied_at) VALUES (:name, :now)", name=name, now=db.now())
    except db.mistakes as error:
        raise Unfit(f"{path.name}: {error}") from error
    return True


def _was_run(db: Database, name: str) -> bool:
    """Whether it was run; also asked before the transaction, so a start with nothing to do waits for no writer."""
    return db.one("SELECT 1 FROM migrations WHERE name = :name", name=name) is not None
