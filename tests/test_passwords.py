"""What is stored of a password, and what checking it costs."""

import hashlib
import time
from base64 import b64encode

import pytest
from werkzeug.security import check_password_hash, generate_password_hash

from webapp.accounts import passwords

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
    assert not passwords.is_known(stored)


@pytest.mark.parametrize("stored", [None, "nocolonhere", _djangos("x"), _tutorials("x"), passwords.hashed("x")])
def test_every_check_costs_the_same_work(stored: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[int] = []
    monkeypatch.setattr(passwords.hashlib, "pbkdf2_hmac", lambda *a: work.append(a[3]) or b"")
    passwords.matches(stored, PASSWORD)
    assert sum(work) == 600_000


def test_scrypt_is_topped_up_to_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = generate_password_hash("x", "scrypt")
    work: list[int] = []
    monkeypatch.setattr(passwords.hashlib, "pbkdf2_hmac", lambda *a: work.append(a[3]) or b"")
    passwords.matches(stored, PASSWORD)
    assert sum(work) == 600_000 - passwords.SCRYPT_IN_ITERATIONS


def test_a_password_that_the_tutorial_hashed_as_two_code_points_still_fits() -> None:
    typed = "pa\u0308sswo\u0308rd fu\u0308ller"
    assert passwords.matches(_tutorials(typed), typed)


@pytest.mark.parametrize(
    "password", ["\0" * 3 + "abcdefgh", "a\r\nb c d e f", "我的门钥匙很旧了", "🔑🚪🔒🏠🧱🪟🛎🐈", " lead and trail "]
)
def test_any_character_is_a_character(password: str, cheap_hashes: None) -> None:
    assert passwords.objection(password, 8) is None
    assert passwords.matches(passwords.hashed(password), password)
    assert not passwords.matches(passwords.hashed(password), password.strip() + "x")


def test_characters_are_counted_as_people_see_them() -> None:
    assert passwords.objection("a\u0308" * 7, 8) == "Password must be at least 8 characters."
    assert passwords.objection("ab" * 128 + "c", 8) == "Password must be at most 256 characters."


@pytest.mark.parametrize("password", [PASSWORD, "penguins swim fast", "Tr0ub4dor&3", "blue-kettle-42", "x8#Lq0!vB2"])
def test_a_password_that_is_hard_to_guess_is_welcome(password: str) -> None:
    assert passwords.objection(password, 8, ["alice", "alice@example.com"]) is None


@pytest.mark.parametrize(
    "password",
    [
        "13{8|%64@5@${@3(!8<40%{32<2|19%33%%//@++[&!75%$@&5!5<5!283783[({@<!@@%8$",
        "+7$0+!516/%65{@7$([/<!354353$30{1(&8%5&55$2+476|2{{8+{2<09&6[{1|1(7{3622",
        "aA4@8" * 51,
        "a" * 256,
    ],
)
def test_judging_a_password_takes_no_longer_than_hashing_one(password: str) -> None:
    """An attacker's 72 characters kept zxcvbn busy for 20 seconds."""
    began = time.process_time()
    passwords.strength(password, 8, ["alice", "alice@example.com"])
    judged = time.process_time()
    passwords.hashed(password)
    assert judged - began <= time.process_time() - judged


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password", "This is a top-10 common password."),
        ("        ", 'Repeats like "aaa" are easy to guess.'),
        ("abcdefgh", 'Sequences like "abc" or "6543" are easy to guess.'),
        ("iloveyou1", "This is a very common password."),
        ("alice@example.com", "This one is made of your name, your address or the site's."),
    ],
)
def test_the_reason_is_said(password: str, reason: str) -> None:
    sentence = passwords.objection(password, 8, ["alice", "alice@example.com"])
    assert sentence == f"Choose a password that is harder to guess. {reason}"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("correct horse battery", "Hard to guess."),
        ("Tr0ub4dor&3", "Hard to guess."),
        ("x8#Lq0!vB2", "Hard to guess."),
        ("penguins1", "Fair. A longer one is better."),
        ("password", None),
        ("short", None),
        ("alice@example.com", None),
        ("alicealice", None),
    ],
)
def test_how_good_it_is_is_said_in_words(password: str, words: str | None) -> None:
    assert passwords.strength(password, 8, ["alice", "alice@example.com"]) == words


def test_each_part_of_a_long_password_makes_it_harder() -> None:
    assert passwords.strength("penguins1", 8) == passwords.FAIR
    assert passwords.strength("penguins1".ljust(passwords.PIECE, "1") + "elephant2", 8) == passwords.HARD_TO_GUESS


def test_hashes_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, cheap_hashes: None) -> None:
    compared: list[bool] = []
    real = passwords.hmac.compare_digest
    monkeypatch.setattr(passwords.hmac, "compare_digest", lambda a, b: compared.append(True) or real(a, b))
    assert passwords.matches(passwords.hashed("correct horse"), "correct horse")
    assert not passwords.matches(passwords.hashed("correct horse"), "wrong")
    assert compared == [True, True]


def test_a_heap_of_accents_is_not_sorted() -> None:
    """Half a second for each, and no other thread runs meanwhile; two of them would stop the server."""
    heap = "\u0315\u0300" * 16_000
    assert passwords.normal(heap) is heap
    assert passwords.objection(heap, 8) == "Password must be at most 256 characters."
    most = "e\u0304\u0301\u0323" * passwords.MOST_CHARACTERS
    assert len(most) == passwords.MOST_CODE_POINTS and passwords.normal(most) != most
