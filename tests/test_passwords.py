"""What is stored of a password, and what checking it costs."""

import hashlib
from base64 import b64encode
from types import SimpleNamespace

import pytest
from werkzeug.security import check_password_hash, generate_password_hash

from db import Database, users
from tests.browser import Browser
from tests.fixtures import WRONG, log_in, sign_up
from webapp.accounts import passwords
from webapp.accounts.passwords import ITERATIONS

PASSWORD = "correct horse battery"


def _tutorials(password: str) -> str:
    salt = bytes(range(32))
    return salt.hex() + ":" + hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 310_000).hex()


def _djangos(password: str) -> str:
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), b"seasalt", 1000)
    return f"pbkdf2_sha256$1000$seasalt${b64encode(key).decode()}"


OLDER = {
    "the tutorial's": _tutorials,
    "Werkzeug's pbkdf2": lambda password: generate_password_hash(password, "pbkdf2:sha256:1000"),
    "Werkzeug's scrypt": lambda password: generate_password_hash(password, "scrypt"),
    "Django's": _djangos,
}
BROKEN = [
    "", ":", "nocolonhere", "zz:yy", "ab:cd", "pbkdf2:sha256:600000$salt", "pbkdf2:sha256:0$salt$" + "ab" * 32,
    "pbkdf2:sha256:-1$salt$" + "ab" * 32, "pbkdf2:sha256:99999999999$salt$" + "ab" * 32, "pbkdf2:sha256:x$salt$abcd",
    "pbkdf2:sha256:1000$salt$", "pbkdf2:md5:1000$salt$" + "ab" * 16, "scrypt:3:8:1$salt$" + "ab" * 32,
    "scrypt:1073741824:8:1$salt$" + "ab" * 32, "scrypt:32768:8$salt$" + "ab" * 32, "pbkdf2_sha256$1000$salt$!!!",
    "pbkdf2_sha256$1000$salt", "$", "$$$$", "\0", "ä:ö", "plain text", "scrypt:32768:0:1$salt$" + "ab" * 32,
]  # fmt: skip


def test_a_hash_costs_600_000_iterations_and_says_so() -> None:
    stored = passwords.hashed(PASSWORD)
    method, salt, key = stored.split("$")
    assert method == "pbkdf2:sha256:600000"
    assert len(bytes.fromhex(salt)) >= 16 and len(bytes.fromhex(key)) == 32
    assert stored != passwords.hashed(PASSWORD)


def test_people_can_leave_with_their_hashes() -> None:
    assert check_password_hash(passwords.hashed(PASSWORD), PASSWORD)


@pytest.mark.parametrize("made", OLDER.values(), ids=OLDER)
def test_an_older_hash_is_verified_and_made_anew(made) -> None:
    stored = made(PASSWORD)
    assert passwords.matches(stored, PASSWORD)
    assert not passwords.matches(stored, PASSWORD + "x")
    assert passwords.is_outdated(stored)
    assert not passwords.is_outdated(passwords.hashed(PASSWORD))


@pytest.mark.parametrize("stored", BROKEN)
def test_a_broken_hash_fits_no_password_and_never_raises(stored: str, cheap_hashes: None) -> None:
    assert not passwords.matches(stored, PASSWORD)
    assert not passwords.matches(stored, "")
    assert not passwords.is_readable(stored)


@pytest.mark.parametrize("stored", [None, "nocolonhere", _djangos("x"), _tutorials("x"), passwords.hashed("x")])
def test_every_check_costs_the_same_work(stored: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[int] = []
    monkeypatch.setattr(passwords.hashlib, "pbkdf2_hmac", lambda *a: work.append(a[3]) or b"")
    passwords.matches(stored, PASSWORD)
    assert sum(work) == 600_000


@pytest.mark.parametrize(
    ("dear", "work"),
    [
        ("pbkdf2:sha256:1000000$salt$" + "ab" * 32, 1_000_000),
        ("pbkdf2_sha256$1200000$salt$" + b64encode(b"k" * 32).decode(), 1_200_000),
        ("scrypt:65536:8:2$salt$" + "ab" * 64, 1_200_000),
    ],
)
def test_an_unknown_address_costs_as_much_as_the_dearest_hash_that_is_stored(
    db: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch, dear: str, work: int
) -> None:
    sign_up(browser, "alice")
    db.run("UPDATE users SET password = :dear", dear=dear)
    spent: list[int] = []
    monkeypatch.setattr(passwords, "ITERATIONS", 600_000)
    monkeypatch.setattr(passwords.hashlib, "pbkdf2_hmac", lambda *a: spent.append(a[3]) or b"")
    monkeypatch.setattr(passwords.hashlib, "scrypt", lambda *a, n, r, p, **_: spent.append(work) or b"")
    for name in ("alice", "nobody"):
        log_in(browser, name, password=WRONG)
        assert sum(spent) == work
        spent.clear()


def test_the_dearest_is_found_by_its_index(db: Database) -> None:
    assert passwords.dearest(db) == 0
    plan = "EXPLAIN QUERY PLAN " if db.dialect == "sqlite" else "EXPLAIN "
    with db.transaction():
        if db.dialect == "postgres":
            db.run("SET LOCAL enable_seqscan = off")
        asked: list[str] = []
        users.hash_methods(SimpleNamespace(all=lambda sql: asked.append(sql) or []))
        assert "users_foreign_hash" in str(db.all(plan + asked[0])) and f"'pbkdf2:sha256:{ITERATIONS}$'" in asked[0]


def test_a_dearer_hash_is_not_made_cheaper(db: Database, browser: Browser) -> None:
    sign_up(browser, "alice")
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1100).hex()
    stored = f"pbkdf2:sha256:1100$salt${key}"
    db.run("UPDATE users SET password = :stored", stored=stored)
    assert log_in(browser, "alice").path == "/dashboard"
    assert db.one("SELECT password FROM users") == (stored,)


@pytest.mark.parametrize("cut", [2, 32, 62, 63])
def test_a_tutorials_hash_that_was_cut_is_malformed(cut: int, cheap_hashes: None) -> None:
    salt, _, key = _tutorials(PASSWORD).partition(":")
    assert not passwords.is_readable(f"{salt}:{key[:cut]}") and not passwords.is_readable(f"{salt}:{key[:62]} a")
    assert not passwords.matches(f"{salt}:{key[:cut]}", PASSWORD)


def test_scrypt_is_topped_up_to_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = generate_password_hash("x", "scrypt")
    work: list[int] = []
    monkeypatch.setattr(passwords.hashlib, "pbkdf2_hmac", lambda *a: work.append(a[3]) or b"")
    passwords.matches(stored, PASSWORD)
    assert sum(work) == 600_000 - passwords.SCRYPT_IN_ITERATIONS


def test_a_password_that_the_tutorial_hashed_as_two_code_points_still_fits() -> None:
    typed = "pa\u0308sswo\u0308rd fu\u0308ller"
    assert passwords.matches(_tutorials(typed), typed)


def test_hashes_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, cheap_hashes: None) -> None:
    compared: list[bool] = []
    real = passwords.hmac.compare_digest
    monkeypatch.setattr(passwords.hmac, "compare_digest", lambda a, b: compared.append(True) or real(a, b))
    assert passwords.matches(passwords.hashed("correct horse"), "correct horse")
    assert not passwords.matches(passwords.hashed("correct horse"), "wrong")
    assert compared == [True, True]
