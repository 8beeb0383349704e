"""A copy of the embedded database: made beside a running server, and put back."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database, backup, connect, users
from db.migrate import FOLDER, migrate
from tests import postgres
from tests.browser import Browser
from tests.fixtures import POSTGRES, log_in, logged_in, sign_up
from tests.server import ROOT, Server
from tests.test_readme import block
from webapp import create_app
from webapp.backup import create_app as create_commands

COMMANDS = [sys.executable, "-m", "flask", "--app", "webapp.backup"]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "latchkey.db"


@pytest.fixture
def settings(tmp_path: Path, path: Path) -> dict[str, Any]:
    """On a file, whatever the other tests run on."""
    return {"INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": "k" * 32}


@pytest.fixture
def run(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Run:
    """One of the commands: its exit code and what it says."""
    for name, value in settings.items():
        monkeypatch.setenv(f"LATCHKEY_{name}", value)

    def run(*arguments: Any) -> tuple[int, str]:
        done = create_commands().test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        return done.exit_code, done.output

    return run


@pytest.fixture
def running(settings: dict[str, Any]) -> Iterator[Server]:
    with Server(Path(settings["INSTANCE"]), settings["DATABASE_URL"]) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies" / "monday.db"


@pytest.fixture
def started(settings: dict[str, Any]) -> Iterator[Callable[[], Flask]]:
    """Start the app anew, as after a restore."""
    apps: list[Flask] = []

    def start() -> Flask:
        apps.append(create_app(settings))
        return apps[-1]

    yield start
    for app in apps:
        app.extensions["database"].close()


def _names(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as opened:
        return {name for (name,) in opened.execute("SELECT username FROM users")}


def _stop(app: Flask) -> None:
    app.extensions["database"].close()


def test_people_are_again_as_they_were_and_what_came_later_is_kept_aside(
    app: Flask, run: Run, file: Path, path: Path, started: Callable[[], Flask]
) -> None:
    sign_up(Browser(app), "alice")
    code, said = run("backup", file)
    assert code == 0 and said.startswith(f"{file} holds everything")
    sign_up(Browser(app), "bob")
    _stop(app)
    code, said = run("restore", file)
    assert code == 0 and f"{path} is as {file} has it" in said
    app = started()
    assert log_in(Browser(app), "alice").path == "/dashboard"
    assert log_in(Browser(app), "bob").answer.status_code == 422
    kept = Path(said.split("is kept in ")[1].strip().removesuffix("."))
    assert _names(kept) == {"alice", "bob"} and _names(file) == {"alice"}
    assert list(path.parent.glob("latchkey.db.until-*")) == [kept]
    assert not list(path.parent.glob(".*")) and not list(file.parent.glob(".*"))


def test_a_copy_is_one_file_that_nobody_else_reads(app: Flask, run: Run, file: Path) -> None:
    assert run("backup", file)[0] == 0
    assert list(file.parent.iterdir()) == [file] and file.stat().st_mode & 0o777 == 0o600
    assert _names(file) == set() and list(file.parent.iterdir()) == [file]


def test_a_copy_is_made_while_people_sign_up_and_lacks_nobody_who_was_told_so(running: Server, file: Path) -> None:
    told: list[str] = []
    done = threading.Event()

    def write() -> None:
        with closing(running.database()) as db:
            while not done.is_set():
                name = f"user{len(told)}"
                with db.transaction():
                    users.add(db, name, f"{name}@example.com", "x" * 2000)
                told.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    while len(told) < 100:
        assert writer.is_alive()
    before = set(told)
    copied = subprocess.run([*COMMANDS, "backup", file], cwd=ROOT, env=running.environment, timeout=60)
    done.set()
    writer.join()
    assert copied.returncode == 0
    assert before <= _names(file) and len(told) > len(before)


def test_a_file_that_is_there_is_not_written_over(app: Flask, run: Run, file: Path) -> None:
    file.write_text("precious")
    assert run("backup", file) == (1, f"Error: Nothing was done. {file} is there already.\n")
    assert file.read_text() == "precious" and list(file.parent.iterdir()) == [file]


def test_a_file_that_came_meanwhile_is_not_written_over(
    app: Flask, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "copy", lambda *_: file.write_text("precious"))
    assert run("backup", file)[0] == 1
    assert file.read_text() == "precious" and list(file.parent.iterdir()) == [file]


def test_a_disk_that_is_full_leaves_no_half_a_file(
    app: Flask, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_: Path, draft: Path) -> None:
        draft.write_bytes(b"SQLite")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "copy", fill)
    assert run("backup", file) == (1, f"Error: Nothing was done. {file} cannot be written: No space left on device.\n")
    assert not list(file.parent.iterdir())


def test_a_folder_that_is_not_there_is_told(app: Flask, run: Run, tmp_path: Path) -> None:
    code, said = run("backup", tmp_path / "nowhere" / "monday.db")
    assert code == 1 and "No such file or directory" in said


def test_a_damaged_database_is_not_taken_for_a_good_copy(app: Flask, run: Run, file: Path, path: Path) -> None:
    for number in range(30):
        sign_up(Browser(app), f"user{number}")
    _stop(app)
    with closing(sqlite3.connect(path)) as opened:
        named = "SELECT rootpage FROM sqlite_master WHERE name = 'users_username_lower'"
        (page,), (size,) = opened.execute(named).fetchone(), opened.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as disk:
        disk.seek((page - 1) * size + size // 2)
        disk.write(b"\xff" * (size // 2))
    code, said = run("backup", file)
    assert code == 1 and f"{path} is damaged" in said and not list(file.parent.iterdir())


def test_rows_that_refer_to_nothing_are_damage_too(app: Flask, run: Run, file: Path, path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute(
            "INSERT INTO drafts (id, user_id, path, fields, created_at) VALUES ('x', 99, '/', '[]', '2026-01-01')"
        )
    code, said = run("backup", file)
    assert code == 1 and "drafts refers to rows that are not there" in said and not list(file.parent.iterdir())


def test_no_database_makes_no_copy(run: Run, file: Path, path: Path) -> None:
    code, said = run("backup", file)
    assert code == 1 and f"{path} cannot be copied: unable to open database file." in said
    assert not path.exists() and not list(file.parent.iterdir())


def test_a_session_that_was_ended_since_does_not_live_again(
    cheap_hashes: None, run: Run, file: Path, started: Callable[[], Flask]
) -> None:
    """The thief's, whom Alice has thrown out; her own neither, as nobody can tell them apart."""
    app = started()
    thief, alice = logged_in(Browser(app), "alice"), log_in(Browser(app), "alice")
    run("backup", file)
    alice.visit("/account/sessions").submit("end-others")
    _stop(app)
    assert "everybody is logged out, of 2 sessions" in run("restore", file)[1]
    app = started()
    for browser in (thief, alice):
        again = Browser(app)
        again.client.set_cookie("session", str(browser.cookie("session")))
        assert again.visit("/dashboard").path.startswith("/login")
    assert "A backup was restored." in log_in(Browser(app), "alice").visit("/account/activity").text()


def test_another_secret_key_logs_nobody_out(app: Flask, settings: dict[str, Any]) -> None:
    """So the key need not be in the copy; a form that was open comes back filled in."""
    alice = logged_in(Browser(app), "alice").visit("/account")
    other = create_app(settings | {"SECRET_KEY": "o" * 32}, app.extensions["database"].clock)
    there = Browser(other)
    there.client.set_cookie("session", str(alice.cookie("session")))
    there.page = alice.page
    there.submit("username-form", username="alicia")
    assert there.answer.status_code == 422 and there.value("username") == "alicia"
    assert there.submit("username-form").value("username") == "alicia" and there.answer.status_code == 200
    _stop(other)


def test_nothing_is_restored_under_a_running_server(running: Server, run: Run, file: Path, path: Path) -> None:
    assert run("backup", file)[0] == 0
    code, said = run("restore", file)
    assert (code, said) == (
        1,
        f"Error: Nothing was done. {path} is in use, or cannot be locked: stop the server first.\n",
    )
    with closing(running.database()) as db:
        db.one("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as opened:
        opened.write(b"no database")
    assert "is in use" in run("restore", file)[1]
    running.stop()
    assert run("restore", file)[0] == 0 and _names(path) == set()


def test_a_server_that_starts_meanwhile_writes_to_neither(app: Flask, run: Run, file: Path, path: Path) -> None:
    """It has opened the file, whose name another one then gets: its log would be taken for that one's."""
    run("backup", file)
    _stop(app)
    with closing(sqlite3.connect(path, isolation_level=None)) as late:
        assert run("restore", file)[0] == 0
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            late.execute("PRAGMA journal_mode = WAL")
    assert not path.with_name("latchkey.db-wal").exists()


def test_a_database_that_no_server_starts_with_is_replaced(app: Flask, run: Run, file: Path, path: Path) -> None:
    sign_up(Browser(app), "alice")
    run("backup", file)
    _stop(app)
    path.write_bytes(b"no database" * 1000)
    code, said = run("restore", file)
    assert code == 0 and _names(path) == {"alice"}
    assert Path(said.split("is kept in ")[1].strip().removesuffix(".")).read_bytes() == b"no database" * 1000


def test_the_log_of_a_deleted_database_is_not_replayed_onto_the_copy(
    app: Flask, run: Run, file: Path, path: Path
) -> None:
    sign_up(Browser(app), "alice")
    run("backup", file)
    sign_up(Browser(app), "bob")
    log = path.with_name("latchkey.db-wal")
    left = log.read_bytes()
    _stop(app)
    path.unlink()
    log.write_bytes(left)
    code, said = run("restore", file)
    assert code == 0 and "is kept in" not in said and _names(path) == {"alice"}
    assert [kept.read_bytes() for kept in path.parent.glob("latchkey.db.until-*-wal")] == [left]


def test_a_copy_starts_a_new_machine(app: Flask, run: Run, file: Path, path: Path) -> None:
    sign_up(Browser(app), "alice")
    run("backup", file)
    _stop(app)
    path.unlink()
    assert run("restore", file)[0] == 0 and _names(path) == {"alice"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_to_the_database_stays_one(
    app: Flask, run: Run, file: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(Browser(app), "alice")
    link = file.with_name("link.db")
    link.symlink_to(path)
    monkeypatch.setenv("LATCHKEY_DATABASE_URL", f"sqlite:///{link}")
    run("backup", file)
    sign_up(Browser(app), "bob")
    assert run("restore", file)[0] == 1
    _stop(app)
    assert run("restore", file)[0] == 0
    assert link.is_symlink() and _names(path) == {"alice"}


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "another program's", "cut short"])
def test_what_is_no_copy_is_refused_and_the_database_stays(
    app: Flask, run: Run, file: Path, path: Path, kind: str
) -> None:
    sign_up(Browser(app), "alice")
    run("backup", file)
    _stop(app)
    whole = file.read_bytes()
    {
        "missing": file.unlink,
        "empty": lambda: file.write_bytes(b""),
        "text": lambda: file.write_text("no database" * 100),
        "another program's": lambda: _write_other(file),
        "cut short": lambda: file.write_bytes(whole[: len(whole) // 2]),
    }[kind]()
    code, said = run("restore", file)
    assert code == 1 and said.startswith(f"Error: Nothing was done. {file} ")
    assert _names(path) == {"alice"} and not list(path.parent.glob(".*")) + list(path.parent.glob("*.until-*"))


def _write_other(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("CREATE TABLE users (id INTEGER)")


@pytest.fixture
def old(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database as an older Latchkey left it: before sessions could be noted as ended."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("0001_users.sqlite.sql", "0002_sessions.sql"):
        shutil.copy(FOLDER / name, folder)
    with monkeypatch.context() as patch, closing(connect(f"sqlite:///{path}")) as db:
        patch.setattr("db.migrate.FOLDER", folder)
        migrate(db)
        with db.transaction():
            db.run("INSERT INTO users (username, email, password) VALUES ('alice', 'alice@example.com', 'x')")
            _add_old_session(db, user_id=1)
    return path


def _add_old_session(db: Database, user_id: int) -> None:
    db.run(
        """INSERT INTO sessions (token_hash, user_id, remember, created_at, last_seen_at)
           VALUES ('hash', :user_id, 1, :now, :now)""",
        user_id=user_id,
        now=db.now(),
    )


def test_a_copy_before_an_update_migrates_nothing(run: Run, old: Path, file: Path) -> None:
    assert run("backup", file)[0] == 0
    for database in (old, file):
        with closing(sqlite3.connect(database)) as opened:
            assert opened.execute("SELECT count(*) FROM migrations").fetchone() == (2,)


def test_an_old_copy_is_brought_up_to_date(run: Run, old: Path, file: Path, started: Callable[[], Flask]) -> None:
    run("backup", file)
    assert "of 1 sessions" in run("restore", file)[1]
    db = started().extensions["database"]
    assert db.one("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == (0,)


def test_what_root_puts_in_place_is_the_servers_to_write(
    app: Flask, run: Run, file: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", file)
    _stop(app)
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda _, *owner: given.append(owner))
    assert run("restore", file)[0] == 0
    assert given == [(path.stat().st_uid, path.stat().st_gid)]


def test_just_hands_a_strange_name_on(settings: dict[str, Any], tmp_path: Path, app: Flask) -> None:
    file = tmp_path / "it's `touch owned` $(touch owned).db"
    environment = os.environ | {f"LATCHKEY_{name}": value for name, value in settings.items()}
    for recipe in ("backup", "restore"):
        command = [ROOT / "just", recipe, str(file)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        _stop(app)
    assert file.exists() and not (ROOT / "owned").exists()


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_with_postgresql_its_own_programs_are_named(
    run: Run, file: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATCHKEY_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    code, said = run(command, file)
    assert code == 1 and "with PostgreSQL use pg_dump and pg_restore, as docs/operating.md says." in said


@pytest.fixture
def private_postgres() -> Iterator[tuple[str, Path]]:
    """A server of this test's own, since a dump is of all that is in a database, and the folder of its programs."""
    programs = postgres.find_programs()
    if not programs and POSTGRES is None:
        pytest.skip("PostgreSQL is not installed; `./just test-postgres` installs it")
    assert programs is not None
    with postgres.folder() as place, postgres.server(programs, place) as url:
        yield url, programs


def test_postgresql_is_dumped_and_restored_as_the_readme_says(
    private_postgres: tuple[str, Path], tmp_path: Path, cheap_hashes: None
) -> None:
    url, programs = private_postgres
    lines = block("work again. With PostgreSQL:", "sh").splitlines()
    dump, restore = (line for line in lines if line.startswith("pg_"))
    settings = {"INSTANCE": str(tmp_path), "DATABASE_URL": url, "SECRET_KEY": "k" * 32}
    app = create_app(settings)
    alice = logged_in(Browser(app), "alice")
    environment = os.environ | {"LATCHKEY_DATABASE_URL": url, "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", dump], cwd=tmp_path, env=environment, check=True)
    sign_up(Browser(app), "bob")
    _stop(app)
    subprocess.run(["bash", "-c", restore], cwd=tmp_path, env=environment, check=True)
    app = create_app(settings)
    again = Browser(app)
    again.client.set_cookie("session", str(alice.cookie("session")))
    assert again.visit("/dashboard").path.startswith("/login")
    assert log_in(again, "alice").path == "/dashboard"
    assert log_in(Browser(app), "bob").answer.status_code == 422
    _stop(app)
