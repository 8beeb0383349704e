"""PostgreSQL goes back to a second from a backup and the archive of its log, by the very lines of docs/operating.md."""

import gzip
import math
import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests import postgres
from tests.browser import Browser
from tests.fixtures import log_in, logged_in, sign_up
from tests.server import free_port
from tests.test_readme import block
from webapp import create_app

MKDIR = block("**Once.** The backups", "sh").splitlines()[-1]
ARCHIVE = block("PostgreSQL hands each file", "bash")
CONFIGURATION = block("Add this to `/etc/postgresql/15/main/postgresql.conf`", "ini")
SWITCH, _, LOOK = block("**Does the archive work?**", "sh").splitlines()
BACK_UP = block("**Every night.**", "bash")
STOP = block("1. Stop Latchkey, everywhere", "sh")
PUT_BACK = block("put the database aside and the backup in its place", "bash")
START = block("4. Start PostgreSQL and wait", "bash")
LOG_OUT = block("5. Log everybody out", "sh")
CHECK = block("6. Look whether this is what you wanted", "sh")
RESET = block("7. Take the target out again", "sh")
# In those lines, what a test cannot have: the folders of the system, and the backup and the moment of an example.
BACKUP, MOMENT = "2026-11-30T020000Z", "2026-11-30 03:12:00+00"
SECOND = "000000010000000000000002"
ARCHIVED = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"
# In place of systemd's: PostgreSQL is stopped in the middle, so that the end of its log is not in the archive.
SYSTEMCTL = """#!/bin/bash
case "$*" in
"stop postgresql@15-main") exec pg_ctl stop --silent --mode=immediate ;;
"start postgresql@15-main") exec pg_ctl start --silent --log="$PGDATA/../server.log" ;;
"is-active --quiet postgresql@15-main") exec pg_ctl status --silent ;;
esac
"""
RUNUSER = '#!/bin/bash\n[ "$1 $2 $3" = "-u postgres --" ] && exec "${@:4}"\n'
# A Debian's `postgres` comes in over the socket; Latchkey over the network.
ACCESS = "local all all trust\nlocal replication all trust\n"
OURS = "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{place}'\nport = {port}\nfsync = off\n"


class Cluster:
    """A PostgreSQL of this test's own; `place` holds all that the lines have in the system's folders."""

    def __init__(self, place: Path, programs: Path) -> None:
        port = str(free_port())
        self.place, self.url = place, f"postgresql://{postgres.ROLE}@127.0.0.1:{port}/postgres"
        self._said_here = {
            "/var/lib/postgresql/15": place,
            "/usr/lib/postgresql/15/bin": programs,
            "/var/backups/latchkey": place / "backups",
            "/usr/local/bin": place / "bin",
            # No power cut comes here, and to wait for the disk takes most of the time.
            "--checkpoint=fast": "--checkpoint=fast --no-sync",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        path = f"{place / 'bin'}:{programs}:{os.environ['PATH']}"
        there = {"PGHOST": str(place), "PGPORT": port, "PGDATABASE": "postgres", "PGDATA": f"{place}/main"}
        self._environment = kept | there | {"PATH": path, "LATCHKEY_DATABASE_URL": self.url}
        self._set_up(OURS.format(place=place, port=port))

    def _set_up(self, settings: str) -> None:
        """As docs/operating.md says under "Once"."""
        (self.place / "data").rename(self.place / "main")
        self._append("main/pg_hba.conf", ACCESS)
        self._append("main/postgresql.conf", settings + self._here(CONFIGURATION))
        (self.place / "bin").mkdir()
        (self.place / "bin").chmod(0o755)
        programs = {"systemctl": SYSTEMCTL, "runuser": RUNUSER, "archive-wal": ARCHIVE, "back-up-postgres": BACK_UP}
        for name, text in programs.items():
            self._append(f"bin/{name}", self._here(text))
            (self.place / "bin" / name).chmod(0o755)
        self.run(MKDIR)

    def _append(self, name: str, text: str) -> None:
        with (self.place / name).open("a") as file:
            file.write(text)

    def _here(self, text: str) -> str:
        for there, here in self._said_here.items():
            text = text.replace(there, str(here))
        return text

    def run(self, lines: str) -> str:
        """Run these lines in a shell of the user who owns the folder; return what they print."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._here(lines)], cwd=self.place, env=self._environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, **self._as_owner(),
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{self.log()}"
        return str(done.stdout)

    def _as_owner(self) -> dict[str, Any]:
        owner = self.place.stat()
        return {} if os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What Latchkey's role is answered."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def log(self) -> str:
        return "".join(path.read_text() for path in self.place.glob("*.log"))

    def kept(self, folder: str) -> list[str]:
        """Names of what is in this folder of the backups."""
        return sorted(path.name for path in (self.place / "backups" / folder).iterdir())

    def await_archive(self) -> None:
        """Do what shows that the archive works, and wait until it does."""
        [(segment,)] = self.sql("SELECT pg_walfile_name(pg_current_wal_lsn())")
        self.run(SWITCH)
        deadline = time.monotonic() + 20
        while self.sql(ARCHIVED) < [(segment,)]:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        assert re.search(r"last_archived_wal +\| \w{24}\n(.*\n)last_failed_wal +\| \n", self.run(LOOK))

    def put_back(self, backup: str, moment: str, lines: str = PUT_BACK) -> None:
        """Go back to this moment and wait until PostgreSQL takes writes."""
        self.run(lines.replace(BACKUP, backup).replace(MOMENT, moment))
        self.run(START)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    programs = postgres.find_programs()
    assert programs is not None
    with postgres.folder() as place:
        postgres.create(programs, place)
        cluster = Cluster(place, programs)
        cluster.run("systemctl start postgresql@15-main")
        yield cluster
        cluster.run("systemctl stop postgresql@15-main || true")


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path) -> dict[str, Any]:
    return {"INSTANCE": str(tmp_path), "DATABASE_URL": cluster.url, "SECRET_KEY": "k" * 32}


def _a_moment() -> str:
    """A whole second between all that has happened and all that will."""
    moment = math.ceil(time.time())
    time.sleep(max(0, moment + 0.01 - time.time()))
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S+00")


def _names(cluster: Cluster) -> list[str]:
    return [name for (name,) in cluster.sql("SELECT username FROM users ORDER BY id")]


def _close(app: Flask) -> None:
    app.extensions["database"].close()


def test_it_goes_back_to_the_second_before_a_mistake(
    cluster: Cluster, settings: dict[str, Any], cheap_hashes: None
) -> None:
    cluster.await_archive()
    cluster.run("back-up-postgres")
    [backup] = cluster.kept("base")
    app = create_app(settings)
    too_early = _a_moment()
    alice, elsewhere = logged_in(Browser(app), "alice"), log_in(Browser(app), "alice")
    ended = elsewhere.cookie("session")
    cluster.await_archive()
    moment = _a_moment()
    elsewhere.visit("/logout").submit("logout-form")
    sign_up(Browser(app), "bob")
    cluster.sql("DELETE FROM users")
    _close(app)

    cluster.run(STOP)
    cluster.put_back(backup, too_early)
    assert _names(cluster) == []
    # Meanwhile PostgreSQL archives what follows that moment, which is not what shall follow it at the second try.
    cluster.await_archive()
    cluster.run("systemctl stop postgresql@15-main\nrm -r /var/lib/postgresql/15/main")
    cluster.put_back(backup, moment, re.sub(r"(?m)^mv .*\n", "", PUT_BACK))
    assert _names(cluster) == ["alice"]
    assert "restored log file" in cluster.log()
    # The one that was ended since lives again.
    assert cluster.sql("SELECT count(*) FROM sessions") == [(2,)]
    cluster.run(LOG_OUT)
    for table in ("sessions", "half_logins", "tokens", "outbox"):
        assert cluster.sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert re.search(r"count *\n-+\n +1\n", cluster.run(CHECK))
    cluster.run(RESET)
    # What the next backup and the next standby would inherit.
    assert "recovery" not in (cluster.place / "main/postgresql.auto.conf").read_text()

    app = create_app(settings)
    for cookie in (ended, alice.cookie("session")):
        stranger = Browser(app)
        stranger.client.set_cookie("session", str(cookie))
        assert stranger.visit("/dashboard").path.startswith("/login")
    assert log_in(Browser(app), "alice").path == "/dashboard"
    assert log_in(Browser(app), "bob").answer.status_code == 422
    _close(app)
    cluster.await_archive()


def test_seven_backups_are_kept_with_the_log_since_the_eldest(cluster: Cluster) -> None:
    for day in range(1, 8):
        eldest = f"backups/base/2025-01-0{day}T020000Z"
        cluster.run(f"mkdir {eldest}\necho 'START WAL LOCATION: 0/2000028 (file {SECOND})' >{eldest}/backup_label")
    # What a power cut has left.
    cluster.run("mkdir backups/base/part")
    for _ in range(2):
        cluster.await_archive()
    assert len(cluster.kept("wal")) == 2
    cluster.run("back-up-postgres")
    first, *_, last = kept = cluster.kept("base")
    assert len(kept) == 7 and first == "2025-01-02T020000Z" and re.fullmatch(r"20\d\d-\d\d-\d\dT\d{6}Z", last)
    assert cluster.kept("wal")[0] == f"{SECOND}.gz"


def test_a_file_of_the_log_is_archived_once(tmp_path: Path) -> None:
    """PostgreSQL may hand it over again after a crash; another server's of the same name is not written over."""
    (tmp_path / "wal").mkdir()
    segment, kept = tmp_path / "segment", tmp_path / "wal/000000010000000000000001.gz"
    script = ARCHIVE.replace("/var/backups/latchkey", str(tmp_path))
    for text, code in (("one", 0), ("one", 0), ("two", 1)):
        segment.write_text(text)
        done = subprocess.run(["bash", "-c", script, "archive-wal", segment, kept.stem], capture_output=True)
        assert done.returncode == code and gzip.decompress(kept.read_bytes()) == b"one"
    assert list(kept.parent.iterdir()) == [kept]
