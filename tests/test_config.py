"""Settings: checked at the start; a bad one stops it and names itself."""

import socket
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webapp import create_app
from webapp.config import BadSetting

BAD = [
    ("PORT", "eighty"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "9" * 5000),
    ("WORKERS", "0"),
    ("THREADS", "1.5"),
    ("TRUSTED_PROXIES", "yes"),
    ("DELETION_DAYS", "0"),
    ("EVENT_DAYS", "forever"),
    ("PASSWORD_MIN_LENGTH", "4"),
    ("PASSWORD_MIN_LENGTH", "100"),
    ("INSECURE", "true"),
    ("LOG_FORMAT", "xml"),
    ("METRICS_TOKEN", "too short"),
    ("METRICS_TOKEN", "a token with blanks in it"),
    ("DATABASE_URL", "mysql://localhost/x"),
    ("DATABASE_URL", "sqlite:////no/such/folder/x.db"),
    ("INSTANCE", "/proc/nowhere"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("PUBLIC_URL", "example.org"),
    ("PUBLIC_URL", "https://exa mple.org"),
    ("PUBLIC_URL", "https://a..b"),
    ("PUBLIC_URL", "https://ex_am!ple<>.org"),
    ("PUBLIC_URL", "https://example.org/path"),
    ("PUBLIC_URL", "https://user@example.org"),
    ("PUBLIC_URL", "https://example.org:99999"),
    ("PUBLIC_URL", "javascript:alert(1)"),
    ("SECRET_KEY", "too short"),
    ("SECRET_KEY", "a key that is long enough for once,short"),
    ("MAIL_URL", "mail.example.org"),
    ("MAIL_URL", "smtp://"),
    ("MAIL_URL", "smtp://user:secret@"),
    ("MAIL_URL", "smtp://user@mail.example.org"),
    ("MAIL_URL", "smtp://user:secret@mail.example.org/path"),
    ("MAIL_URL", "smtp://mail.example.org:0"),
    ("MAIL_URL", "http://mail.example.org"),
    ("MAIL_URL", "folder:"),
    ("MAIL_URL", "folder:/proc/nowhere"),
    ("MAIL_FROM", "no address"),
    ("MAIL_FROM", "a..b@example.org"),
    ("MAIL_FROM", "Acme <id@example.org"),
    ("MAIL_FROM", "id@example.org, other@example.org"),
    ("MAIL_FROM", "Acme\n <id@example.org>"),
    ("MAIL_FROM", "id@ex ample.org"),
    ("SIGNUP", "ajar"),
    ("SIGNUP_DOMAINS", ","),
    ("SIGNUP_DOMAINS", "example.org;example.net"),
    ("SIGNUP_DOMAINS", "exa mple.org"),
    ("SIGNUP_DOMAINS", "example,org"),
    ("SIGNUP_DOMAINS", "bücher.example"),
    ("HOST", "0.0.0.0"),
    ("HOST", "ä" * 80),
]


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_stops_the_start_and_names_itself(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LATCHKEY_{name}", value)
    with pytest.raises(BadSetting, match=f"LATCHKEY_{name} "):
        create_app()


def test_a_setting_that_there_is_not_stops_the_start_and_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_PUBLIC_ULR", "https://id.example")
    with pytest.raises(BadSetting, match=r"LATCHKEY_PUBLIC_ULR is no setting\. LATCHKEY_PUBLIC_URL is one\."):
        create_app()
    monkeypatch.delenv("LATCHKEY_PUBLIC_ULR")
    monkeypatch.setenv("LATCHKEY_COFFEE", "strong")
    with pytest.raises(BadSetting, match=r"LATCHKEY_COFFEE is no setting. docs/settings.md lists"):
        create_app()


def test_without_any_it_starts_on_a_file_of_its_own(tmp_path: Path) -> None:
    app = create_app()
    assert app.extensions["settings"].database_url == f"sqlite:///{tmp_path}/instance/latchkey.db"
    assert (app.extensions["settings"].host, app.extensions["settings"].port, app.extensions["settings"].threads) == (
        "127.0.0.1",
        8000,
        16,
    )
    assert app.extensions["settings"].origin == "http://127.0.0.1:8000"
    for name in ("secret_key", "latchkey.db"):
        assert stat.S_IMODE((tmp_path / "instance" / name).stat().st_mode) == 0o600
    app.extensions["database"].close()


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_PORT", "")
    app = create_app()
    assert app.extensions["settings"].port == 8000
    app.extensions["database"].close()


def test_servers_that_start_at_once_share_one_key() -> None:
    with ThreadPoolExecutor(4) as threads:
        apps = list(threads.map(lambda _: create_app(), range(4)))
    assert len({app.extensions["settings"].secret_key for app in apps}) == 1
    for app in apps:
        app.extensions["database"].close()


def test_a_key_can_be_rotated_out(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = "the key of last year, as it was"[:20] + "-" * 20, "the key of this year" + "-" * 20
    old = old.replace(",", ";")
    monkeypatch.setenv("LATCHKEY_SECRET_KEY", f"{new},{old}")
    app = create_app()
    assert app.extensions["settings"].secret_key == (new, old)
    app.extensions["database"].close()


def test_postgresql_needs_a_key_that_all_servers_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    with pytest.raises(BadSetting, match="LATCHKEY_SECRET_KEY must be set with PostgreSQL"):
        create_app()


def test_a_file_that_is_no_database_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.db").write_text("no database" * 1000)
    monkeypatch.setenv("LATCHKEY_DATABASE_URL", f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(BadSetting, match="LATCHKEY_DATABASE_URL leads to no usable database"):
        create_app()


def test_a_database_with_somebody_elses_tables_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("users (nickname TEXT)", "migrations (id INTEGER, migration TEXT)"):
        with sqlite3.connect(tmp_path / f"{table[:5]}.db") as other:
            other.execute(f"CREATE TABLE {table}")
        other.close()
        monkeypatch.setenv("LATCHKEY_DATABASE_URL", f"sqlite:///{tmp_path}/{table[:5]}.db")
        with pytest.raises(BadSetting, match="LATCHKEY_DATABASE_URL leads to no usable database: 0001_users"):
            create_app()


def test_a_key_file_that_holds_no_key_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    for content in (b"", b"\xff" * 8):
        (tmp_path / "instance" / "secret_key").write_bytes(content)
        with pytest.raises(BadSetting, match="secret_key holds no key"):
            create_app()


def test_a_name_is_listened_at_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare machine without /etc/hosts knows no name, not even this."""

    def found(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ({"localhost": "127.0.0.9"}[host], port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setenv("LATCHKEY_HOST", "localhost")
    app = create_app()
    assert app.extensions["settings"].address == "127.0.0.9"
    assert app.extensions["settings"].origin == "http://localhost:8000"
    app.extensions["database"].close()


@pytest.mark.parametrize(("url", "origin"), [("https://x:443", "https://x"), ("http://X.org:80/", "http://x.org")])
def test_the_public_address_is_spelled_as_browsers_spell_it(
    monkeypatch: pytest.MonkeyPatch, url: str, origin: str
) -> None:
    monkeypatch.setenv("LATCHKEY_PUBLIC_URL", url)
    app = create_app()
    assert app.extensions["settings"].origin == origin
    app.extensions["database"].close()


def test_a_proxy_is_not_believed_about_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_PUBLIC_URL", "https://id.example")
    monkeypatch.setenv("LATCHKEY_TRUSTED_PROXIES", "1")
    app = create_app()
    client = app.test_client()
    for host, forwarded, status in (("evil.example", "id.example", 400), ("ID.example", "evil.example", 200)):
        answer = client.get("/login", headers={"Host": host, "X-Forwarded-Host": forwarded})
        assert answer.status_code == status
    app.extensions["database"].close()


@pytest.mark.parametrize("settings", [{"HOST": "::1"}, {"PUBLIC_URL": "https://[2001:db8::1]"}])
def test_an_address_of_version_6_is_an_address(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"LATCHKEY_{name}", value)
    app = create_app()
    for host, status in (
        (app.extensions["settings"].origin.partition("//")[2], 200),
        ("[::2]", 400),
        ("evil.example", 400),
    ):
        assert app.test_client().get("/login", headers={"Host": host}).status_code == status
    app.extensions["database"].close()


def test_the_world_may_be_let_in_without_https_when_one_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_HOST", "0.0.0.0")
    monkeypatch.setenv("LATCHKEY_INSECURE", "1")
    app = create_app()
    assert app.test_client().get("/login", headers={"Host": "192.168.1.7:8000"}).status_code == 200
    app.extensions["database"].close()


def test_forwarded_headers_count_from_trusted_proxies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for proxies in ("0", "1"):
        monkeypatch.setenv("LATCHKEY_TRUSTED_PROXIES", proxies)
        app = create_app()
        app.before_request(lambda: seen.append(__import__("flask").request.remote_addr))
        app.test_client().get("/login", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
        app.extensions["database"].close()
    assert seen == ["127.0.0.1", "198.51.100.7"]


def test_the_least_length_of_a_password_is_a_setting(monkeypatch: pytest.MonkeyPatch, cheap_hashes: None) -> None:
    monkeypatch.setenv("LATCHKEY_PASSWORD_MIN_LENGTH", "15")
    app = create_app()
    answer = app.test_client().post("/signup/password", data={"password": "blue-kettle-42"})
    assert "Password must be at least 15 characters." in answer.text
    assert "At least 15 characters" in app.test_client().get("/signup").text
    app.extensions["database"].close()


def test_a_relay_needs_an_address_from_which_mail_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_MAIL_URL", "smtp://user:sec%2Fret@mail.example.org")
    with pytest.raises(BadSetting, match="LATCHKEY_MAIL_FROM must be set with LATCHKEY_MAIL_URL"):
        create_app()
    monkeypatch.setenv("LATCHKEY_MAIL_FROM", "Söhne & Co <id@example.org>")
    app = create_app()
    given = app.extensions["settings"]
    assert (given.mail_url.host, given.mail_url.port, given.mail_url.password) == ("mail.example.org", 587, "sec/ret")
    assert given.mail_sender.addr_spec == "id@example.org" and given.mail_sender.display_name == "Söhne & Co"
    app.extensions["database"].close()


@pytest.mark.parametrize(
    "url", ["smtp://user:secret@mail example.org", "smtps://user:secret@host:99999", "x://secret@y"]
)
def test_no_error_tells_the_relays_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("LATCHKEY_MAIL_URL", url)
    with pytest.raises(BadSetting) as bad:
        create_app()
    assert "secret" not in f"{bad.value.message} {bad.value!r}" and "secret" not in str(bad.value.__cause__)


def test_settings_that_are_printed_tell_no_secret(tmp_path: Path) -> None:
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "a secret " * 5, "METRICS_TOKEN": "t" * 16})
    printed = f"{app.extensions['settings']!r} {app.extensions['settings']}"
    assert "secret " not in printed and "tttt" not in printed
    app.extensions["database"].close()
