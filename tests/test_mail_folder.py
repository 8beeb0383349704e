"""A folder in the relay's place: a file for each mail, whole or not there."""

import email
import email.policy
import stat
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from db import Database
from tests.fixtures import Clock
from tests.test_sender import errors, waiting, write
from webapp.mail import sender

FILE, DRAFT = "20260314-150926-000001.eml", ".20260314-150926-000001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some where/mail"


@pytest.fixture
def settings(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    return settings | {"MAIL_URL": f"folder:{folder}"}


def test_each_mail_is_a_file_that_its_owner_alone_may_read(app: Flask, db: Database, folder: Path) -> None:
    write(db, "alice", "bob")
    assert sender.of(app).send_due() == 2 and waiting(db) == []
    assert sorted(path.name for path in folder.iterdir()) == [FILE, FILE.replace("1.eml", "2.eml")]
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    message = email.message_from_bytes((folder / FILE).read_bytes(), policy=email.policy.SMTP)
    assert (message["To"], message["From"]) == ("alice@example.com", "Latchkey <latchkey@127.0.0.1>")


def test_a_full_disk_puts_mails_off_and_leaves_no_half_file(
    app: Flask, db: Database, folder: Path, clock: Clock
) -> None:
    """What is written where the draft stands goes to a device that is always full."""
    (folder / DRAFT).symlink_to("/dev/full")
    write(db, "alice", "bob")
    assert sender.of(app).send_due() == 0
    assert [*folder.iterdir()] == [] and waiting(db) == ["alice", "bob"]
    assert errors(db)[0].endswith("No space left on device")
    clock.advance(seconds=7)
    assert sender.of(app).send_due() == 2 and len([*folder.iterdir()]) == 2


def test_a_folder_that_is_none_any_more_puts_mails_off(app: Flask, db: Database, folder: Path, clock: Clock) -> None:
    folder.rmdir()
    folder.write_text("a file")
    write(db, "alice")
    assert sender.of(app).send_due() == 0 and errors(db)[0].endswith("File exists")
    folder.unlink()
    clock.advance(seconds=7)
    assert sender.of(app).send_due() == 1 and (folder / FILE).exists()


def test_a_draft_that_can_neither_be_written_nor_removed_puts_mails_off(
    app: Flask, db: Database, folder: Path, clock: Clock
) -> None:
    """As on a disk that was mounted anew to be read only."""
    (folder / DRAFT).mkdir()
    write(db, "alice")
    assert sender.of(app).send_due() == 0 and errors(db)[0].endswith("Is a directory")
    (folder / DRAFT).rmdir()
    clock.advance(seconds=7)
    assert sender.of(app).send_due() == 1
