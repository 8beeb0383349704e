"""Copies of the embedded database: made while it is in use, and put back in its place."""

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from db.sqlite import JOURNALS

DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# Number and offset of SQLite's lock bytes: each connection to a database with a write-ahead log holds one of them
# locked (sqlite.org/fileformat2.html, 1.4, the lock-byte page).
LOCK_BYTES = 510, 0x40000002


class Refused(Exception):
    """Nothing was changed; a sentence says why."""


def back_up(path: Path, file: Path) -> None:
    """Copy the database at `path`, with all that was acknowledged so far, to `file`. Raises Refused."""
    _refuse_where_there_is_one(file)
    with draft_of(file) as draft:
        copy(path, draft)
        _refuse_where_there_is_one(file)
        draft.rename(file)
        _sync(file.parent)


@contextmanager
def draft_of(file: Path) -> Iterator[Path]:
    """Create an empty file beside `file`; delete it afterwards, unless it was renamed. Raises Refused.

    Its owner alone may read it, since it will hold hashes.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL, 0o600))
        yield draft
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        for name in (draft, *_journals(draft)):
            name.unlink(missing_ok=True)


def copy(source: Path, draft: Path) -> None:
    """Copy the database `source` to the empty file `draft`, check it and sync it to the disk. Raises Refused."""
    with _told(source), closing(_open(source)) as whole, closing(_open(draft)) as copied:
        # In one step: with a write-ahead log a reader blocks no writer. Smaller steps would begin again at each write
        # of another connection, and the copy of a busy database would never end.
        whole.backup(copied)
        # The copy is one file: it needs no write-ahead log beside it.
        copied.execute("PRAGMA journal_mode = DELETE")
        _check(copied, source)
    _sync(draft)


def refuse_what_is_not_ours(draft: Path, source: Path) -> None:
    """Raise Refused if `draft`, a copy of `source`, is another program's database."""
    with closing(_open(draft)) as copied:
        named = copied.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not {"migrations", "users"} <= {name for (name,) in named}:
            raise Refused(f"{source} is a copy of another program's database.")


def put_in_place(draft: Path, path: Path, now: datetime) -> Path | None:
    """Put `draft` in place of the database at `path` in one step; return where the old one is kept, or None.

    Raises Refused while another process has the old one open.
    """
    kept = path.with_name(f"{path.name}.until-{now:%Y%m%d-%H%M%S}")
    _refuse_where_there_is_one(kept)
    with _alone(path):
        was_there = path.exists()
        _give_to_owner(draft, path if was_there else path.parent)
        if was_there:
            os.link(path, kept)
        for old, new in zip(_journals(path), _journals(kept), strict=True):
            if old.exists():
                old.rename(new)
        draft.replace(path)
        _sync(path.parent)
    return kept if was_there else None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Lock the database at `path`, if there is one, against all other processes. Raises Refused.

    A server keeps the database open even when it is idle, and any open connection prevents these locks.
    """
    if not path.exists():
        yield
        return
    with closing(_open(path, patience=0)) as old, path.open("r+b") as file:
        try:
            _lock(old, file)
        except (sqlite3.DatabaseError, BlockingIOError) as error:
            raise Refused(f"{path} is in use, or cannot be locked: stop the server first.") from error
        yield


def _lock(database: sqlite3.Connection, file: IO[bytes]) -> None:
    try:
        # Merge the write-ahead log into the file. Then a file that loses its name takes no more writes: a server that
        # starts meanwhile fails.
        database.execute("PRAGMA journal_mode = DELETE").fetchall()
        database.execute("BEGIN EXCLUSIVE")
        if database.execute("PRAGMA journal_mode").fetchone() != ("delete",):
            raise BlockingIOError("a server has started in between")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in DAMAGED:
            raise
        # SQLite does not lock a file that it cannot read.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *LOCK_BYTES)


def _give_to_owner(draft: Path, of: Path) -> None:
    """If root runs this, give `draft` the owner of `of`, so that the server can write it."""
    if os.geteuid() == 0:
        os.chown(draft, of.stat().st_uid, of.stat().st_gid)


def _check(copied: sqlite3.Connection, source: Path) -> None:
    (said,) = copied.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise Refused(f"{source} is damaged: {said}.")
    if stray := copied.execute("PRAGMA foreign_key_check").fetchone():
        raise Refused(f"{source} is damaged: its table {stray[0]} refers to rows that are not there.")


def _open(path: Path, patience: float = 5) -> sqlite3.Connection:
    """Open a database that exists; `patience` is how long to wait for a lock, in seconds."""
    address = f"file:{quote(os.path.abspath(path))}?mode=rw"
    return sqlite3.connect(address, isolation_level=None, uri=True, timeout=patience)


@contextmanager
def _told(source: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise Refused(f"{source} cannot be copied: {error}.") from error


def _refuse_where_there_is_one(file: Path) -> None:
    if os.path.lexists(file):
        raise Refused(f"{file} is there already.")


def _journals(file: Path) -> list[Path]:
    return [file.with_name(file.name + ending) for ending in JOURNALS]


def _sync(path: Path) -> None:
    """Sync this file, or the names in this folder, to the disk, so that a power cut does not undo them."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
