"""Runs pytest on a PostgreSQL that lives as long as the tests do: `python -m tests.postgres PYTEST-ARGS`."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import psycopg

from tests.programs import apt_install
from tests.server import free_port

# The tests' role is no superuser: production's is none either, and everybody on this machine may log in as it.
ROLE = "latchkey"
SETUP = f"CREATE ROLE {ROLE} LOGIN;\nALTER DATABASE postgres OWNER TO {ROLE};\n"
ACCESS = f"host all {ROLE} 127.0.0.1/32 trust\n"
# Each test's app opens a pool, and no test pulls the plug.
SETTINGS = ("-h", "127.0.0.1", "-k", "", "-c", "max_connections=400", "-c", "fsync=off")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    for number in STOPS:
        signal.signal(number, leave)
    # The person's PGPORT and its like are for another server.
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    programs = find_programs() or (apt_install("postgresql") and find_programs())
    if not programs:
        sys.exit("No PostgreSQL server could be installed: install one, with its initdb and postgres on the PATH.")
    with folder() as place, server(programs, place) as url:
        return pytest(url, sys.argv[1:])


def find_programs() -> Path | None:
    """The folder with the server's programs."""
    needed = ("initdb", "postgres")
    return next((path for path in _candidates() if all((path / name).exists() for name in needed)), None)


def _candidates() -> Iterator[Path]:
    if shutil.which("pg_config"):
        yield Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent


@contextmanager
def folder() -> Iterator[Path]:
    """One that only the server's user may enter."""
    # Where root's TMPDIR points, another user may have no way in.
    with TemporaryDirectory(prefix="latchkey-postgres-", dir=None if os.geteuid() else "/tmp") as name:
        if user := _user():
            os.chown(name, user.pw_uid, user.pw_gid)
        yield Path(name)


@contextmanager
def server(programs: Path, place: Path) -> Iterator[str]:
    """A new server in this folder: its URL."""
    create(programs, place)
    port = str(free_port())
    url = f"postgresql://{ROLE}@127.0.0.1:{port}/postgres"
    with start(place, f"{programs}/postgres", "-D", f"{place}/data", "-p", port, *SETTINGS) as process:
        try:
            wait_for(process, url, place)
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)


def pytest(url: str, arguments: list[str]) -> int:
    """Its exit code on this database; asked to stop, it may still clean up."""
    environment = os.environ | {"TEST_POSTGRES": url}
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment) as tests:
        # Ctrl+C goes to pytest by itself.
        signal.signal(signal.SIGINT, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: tests.send_signal(signal.SIGINT))
        return tests.wait()


def leave(number: int, _: object) -> None:
    # Once is enough, and what is then cleaned up must not be interrupted: timeout(1), for one, sends it twice.
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def create(programs: Path, place: Path) -> None:
    """Make a cluster in this folder, with ROLE, which may come without a password."""
    data = f"{place}/data"
    run(place, f"{programs}/initdb", "-D", data, "--no-locale", "--encoding=UTF8", "--no-sync")
    run(place, f"{programs}/postgres", "--single", "-D", data, "postgres", typed=SETUP)
    Path(data, "pg_hba.conf").write_text(ACCESS)


def run(place: Path, *command: str, typed: str = "") -> None:
    # Even when we are told to leave it ends by itself, or it would go on writing to the folder while we remove it.
    with start(place, *command) as process:
        process.communicate(typed)
    if process.returncode:
        _fail(place)


def start(place: Path, *command: str) -> subprocess.Popen[str]:
    with (place / "log").open("a") as log:
        # In a session of its own, since a Ctrl+C is for the tests, which still need the server to clean up.
        return subprocess.Popen(
            command, cwd=place, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True,
            start_new_session=True, **as_user(),
        )  # fmt: skip


def wait_for(process: subprocess.Popen[str], url: str, place: Path) -> None:
    for _ in range(300):
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2).close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    _fail(place)


def _fail(place: Path) -> NoReturn:
    sys.exit(f"PostgreSQL does not start:\n{(place / 'log').read_text()}")


def as_user() -> dict[str, Any]:
    user = _user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root, as whom it refuses to run."""
    if os.geteuid():
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


if __name__ == "__main__":
    sys.exit(main())
