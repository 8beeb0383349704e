"""PostgreSQL clusters of a test's own: a primary, its standby, and what befalls them."""

import os
import pwd
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres import ROLE, as_user, create, find_programs, folder, run, start, wait_for
from tests.server import free_port
from tests.waiting import until

SETTINGS = ("-h", "127.0.0.1", "-k", "", "-c", "max_connections=60", "-c", "fsync=off")
ACCESS = "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
# The standby's name, by which its primary knows it.
STANDBY = "beside"


def print_figure(figure: str) -> None:
    """Print a figure, which `pytest -rP` shows."""
    sys.stdout.write(f"{figure}\n")


class Cluster:
    """A PostgreSQL with its files in `place`."""

    def __init__(self, place: Path) -> None:
        self.place, self.port = place, free_port()
        self.url = f"postgresql://{ROLE}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        postgres, data = f"{find_programs()}/postgres", f"{self.place}/data"
        self._process = start(self.place, postgres, "-D", data, "-p", f"{self.port}", *SETTINGS)
        wait_for(self._process, self.url, self.place)

    def stop(self) -> None:
        """As an operator does; what is frozen cannot be asked."""
        self.thaw()
        # Ends it also if a test has done so already.
        with self._process:
            self._process.send_signal(signal.SIGQUIT)

    def kill(self) -> None:
        """Every process at once, as when the machine is gone."""
        for process in self._processes():
            os.kill(process, signal.SIGKILL)
        self._process.wait(timeout=30)

    def crash(self, process: int) -> None:
        """This one of its processes ends as if for lack of memory, so all start anew, with what was on the disk."""
        before = self._processes()[1:]
        os.kill(process, signal.SIGKILL)
        until(lambda: not set(before) & set(self._processes()) and self._is_up())

    def freeze(self) -> None:
        """Every process stays where it is, and the system goes on taking what is sent to them."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

    def promote(self) -> None:
        """Make a primary of a standby."""
        self.ask("SELECT pg_promote()")

    def ask(self, sql: str) -> Any:
        """The first value, as the superuser sees it."""
        with psycopg.connect(self.url, user=_superuser(), autocommit=True) as connection:
            cursor = connection.execute(sql)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def until(self, sql: str, wanted: Any = True) -> None:
        """Wait until the answer is this one."""
        until(lambda: self.ask(sql) == wanted, sql)

    def set(self, name: str, value: str) -> None:
        self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")
        self.until(f"SELECT setting FROM pg_settings WHERE name = '{name}'", value)

    def _is_up(self) -> bool:
        with suppress(psycopg.OperationalError):
            return bool(self.ask("SELECT NOT pg_is_in_recovery()"))
        return False

    def use_numbers(self) -> None:
        """Let others commit fifty transactions."""
        self.ask("DO $$ BEGIN FOR number IN 1..50 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$")

    def _processes(self) -> list[int]:
        """The server's own first, so that it starts no others meanwhile."""
        first = self._process.pid
        with suppress(FileNotFoundError):
            return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
        return []


@contextmanager
def primary() -> Iterator[Cluster]:
    with folder() as place:
        programs = find_programs()
        assert programs is not None
        create(programs, place)
        (place / "data/pg_hba.conf").write_text(ACCESS)
        with _started(place) as cluster:
            yield cluster


@contextmanager
def standby(of: Cluster) -> Iterator[Cluster]:
    """One that follows `of`, which waits for it at each COMMIT from now on."""
    with folder() as place:
        said = f"host=127.0.0.1 port={of.port} user={_superuser()} application_name={STANDBY}"
        basebackup = (f"{find_programs()}/pg_basebackup", "-d", said, "-D", f"{place}/data", "-R", "-c", "fast")
        run(place, *basebackup, "--no-sync")
        with _started(place) as cluster:
            of.set("synchronous_standby_names", STANDBY)
            of.until("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", 1)
            yield cluster


@contextmanager
def _started(place: Path) -> Iterator[Cluster]:
    cluster = Cluster(place)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def _superuser() -> str:
    """Name of the system user that made the cluster: its superuser."""
    return str(pwd.getpwuid(as_user().get("user", os.geteuid())).pw_name)
