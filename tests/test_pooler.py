"""PostgreSQL behind pgbouncer, which lends each of its connections for one transaction."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from db import Unfit, connect
from db.migrate import migrate
from db.postgres import pooler
from tests.clusters import Cluster, primary
from tests.postgres import ROLE, as_user, folder
from tests.programs import pgbouncer
from tests.server import QUICK, Server, free_port
from tests.visitor import Visitor
from tests.waiting import until

SAID = "?prepare_threshold=0"
# Fewer than there are threads, so that they take turns.
CONNECTIONS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with primary() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def pooled(cluster: Cluster) -> Iterator[str]:
    """The URL of a pooler by the transaction."""
    with _pooler(cluster, "transaction") as url:
        yield url


@contextmanager
def _pooler(cluster: Cluster, mode: str) -> Iterator[str]:
    program = pgbouncer()
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("pgbouncer is not installed")
    assert program is not None
    with folder() as place:
        port = free_port()
        (place / "users").write_text(f'"{ROLE}" ""\n')
        (place / "pgbouncer.ini").write_text(
            f"[databases]\npostgres = host=127.0.0.1 port={cluster.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {place}/users\n"
            f"pool_mode = {mode}\ndefault_pool_size = {CONNECTIONS}\nlogfile = {place}/log\n"
        )
        url = f"postgresql://{ROLE}@127.0.0.1:{port}/postgres"
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen([program, place / "pgbouncer.ini"], **quiet, **as_user()) as process:
            try:
                until(lambda: _is_open(url))
                yield url
            finally:
                process.terminate()


def _is_open(url: str) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(url).close()
        return True
    return False


def test_people_at_work_notice_nothing_of_it(pooled: str, tmp_path: Path) -> None:
    server = Server(tmp_path, pooled + SAID, TRUSTED_PROXIES="1")
    server.command = QUICK

    def arrive(number: int) -> Visitor:
        visitor = Visitor(server.url, X_Forwarded_For=f"10.0.0.{number}")
        assert visitor.sign_up(f"pooled{number}").status == 303 and visitor.log_in(f"pooled{number}").status == 303
        return visitor

    def stay(visitor: Visitor) -> list[int]:
        pages = [visitor.visit(path).status for path in ["/dashboard", "/account", "/account/sessions"] * 8]
        return [*pages, visitor.submit("/logout").status]

    with server, ThreadPoolExecutor(8) as people:
        for statuses in people.map(stay, map(arrive, range(8))):
            assert statuses == [200] * 24 + [303], server.log
    assert pooler.ADVICE not in server.log


def test_its_settings_end_with_a_transaction(pooled: str) -> None:
    with closing(connect(pooled + SAID)) as db:
        with db.transaction():
            assert db.one("SHOW lock_timeout") == ("5s",) and db.one("SHOW statement_timeout") == ("10s",)
        with db.transaction(wait=False):
            assert db.one("SHOW lock_timeout") == ("1ms",) and db.one("SHOW synchronous_commit") == ("off",)
        assert db.one("SHOW lock_timeout") == ("0",) and db.one("SHOW synchronous_commit") == ("on",)


def test_nothing_is_prepared(pooled: str, cluster: Cluster) -> None:
    with closing(connect(pooled + SAID)) as db:
        for _ in range(10):
            assert db.one("SELECT CAST(:it AS int)", it=1) == (1,)
        assert db.one("SELECT count(*) FROM pg_prepared_statements") == (0,)


def test_one_that_the_url_does_not_name_is_found_and_logged(pooled: str, caplog: pytest.LogCaptureFixture) -> None:
    with closing(connect(pooled)) as db:
        assert pooler.ADVICE in caplog.messages
        assert db.one("SHOW lock_timeout") == ("0",)
        migrate(db)


def test_one_by_the_session_needs_no_such_word(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    with _pooler(cluster, "session") as url, closing(connect(url)) as db:
        assert pooler.ADVICE not in caplog.messages
        assert db.one("SHOW lock_timeout") == ("5s",)


def test_a_server_without_one_needs_no_such_word(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    with closing(connect(cluster.url)) as db:
        assert pooler.ADVICE not in caplog.messages
        assert db.one("SHOW lock_timeout") == ("5s",)


@pytest.mark.parametrize(
    ("url", "parted"),
    [
        ("postgresql://host/x", ("postgresql://host/x", False)),
        ("postgresql://host/x?prepare_threshold=0", ("postgresql://host/x", True)),
        ("postgresql://a,b/x?sslmode=require&prepare_threshold=0", ("postgresql://a,b/x?sslmode=require", True)),
        ("postgresql://host/x?prepare_threshold=0&a=b", ("postgresql://host/x?a=b", True)),
    ],
)
def test_the_word_is_for_us_alone(url: str, parted: tuple[str, bool]) -> None:
    assert pooler.parted(url) == parted


def test_another_number_is_no_word_of_ours() -> None:
    with pytest.raises(Unfit, match="prepare_threshold may be 0 alone"):
        connect("postgresql://host/x?prepare_threshold=5")
