"""Mail through a relay that others wrote and many run: a Debian Postfix, with STARTTLS and a password."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from db import Database
from tests import programs
from tests.fixtures import Clock
from tests.relay import PASSWORD, USER, Authority, Received
from tests.server import Server, free_port
from tests.test_sender import errors, waiting, write
from webapp.mail import sender

# Whatever the machine's own /etc/postfix says. Its daemons run as users that every Debian has; nothing leaves it.
MAIN = """
compatibility_level = 3.6
command_directory = {programs}/usr/sbin
daemon_directory = {programs}/usr/lib/postfix/sbin
shlib_directory = {programs}/usr/lib/postfix
meta_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = uucp
setgid_group = news
default_privs = nobody
import_environment = MAIL_CONFIG LANG=C LD_LIBRARY_PATH POSTLOG_SERVICE POSTLOG_HOSTNAME
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example.org
inet_protocols = ipv4
mydestination =
alias_maps =
virtual_mailbox_domains = example.com
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{gone@example.com = 550 5.1.1 No such user}},
                                     {{full@example.com = 450 4.2.2 Mailbox full}} }},
    permit_sasl_authenticated, reject
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
# Debian's Postfix looks for it beside main.cf.
SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/sasldb
mech_list: PLAIN LOGIN
"""
PRIVATE = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"]


class Postfix:
    """A Postfix with a configuration and a queue of its own, which keeps all mail for example.com in one mailbox."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._folder, self._authority, self._port = folder, authority, free_port()
        self._programs = programs.postfix() or Path("/")
        self._environment = os.environ | programs.postfix_libraries(self._programs)

    @property
    def url(self) -> str:
        return f"smtp://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@localhost:{self._port}"

    @property
    def mails(self) -> list[Received]:
        return [self._read(path) for path in sorted(self._folder.glob("mail/inbox/new/*"))]

    @property
    def log(self) -> str:
        log = self._folder / "log"
        return log.read_text() if log.exists() else ""

    def __enter__(self) -> "Postfix":
        self._make_folders()
        self._configure()
        self._add_user()
        command = [self._programs / "usr/lib/postfix/sbin/master", "-c", self._folder / "etc", "-d"]
        with (self._folder / "errors").open("w") as errors:
            self._process = subprocess.Popen(command, env=self._environment, stderr=errors, start_new_session=True)
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)

    def until(self, number: int) -> list[Received]:
        """The mails, once so many have arrived."""
        deadline = time.monotonic() + 30
        while len(self.mails) < number:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
        return self.mails

    def empty(self) -> None:
        shutil.rmtree(self._folder / "mail/inbox", ignore_errors=True)

    def _make_folders(self) -> None:
        """As Postfix's own post-install does, for the users of ours."""
        # Each daemon gives up root's rights, and must still find its way.
        self._folder.chmod(0o755)
        for name, user, group, mode in [
            ("etc/sasl", "root", "root", 0o755), ("queue/pid", "root", "root", 0o755), ("data", "uucp", "root", 0o700),
            ("mail", "nobody", "root", 0o700), ("queue/maildrop", "uucp", "news", 0o730),
            ("queue/public", "uucp", "news", 0o710), *((f"queue/{name}", "uucp", "root", 0o700) for name in PRIVATE),
        ]:  # fmt: skip
            (path := self._folder / name).mkdir(parents=True)
            shutil.chown(path, user, group)
            path.chmod(mode)

    def _configure(self) -> None:
        given = {
            "programs": self._programs, "folder": self._folder, "port": self._port,
            "certificate": self._authority.certificate, "key": self._authority.key,
        }  # fmt: skip
        for name, text in {"main.cf": MAIN, "master.cf": MASTER, "sasl/smtpd.conf": SASL}.items():
            (self._folder / "etc" / name).write_text(text.format(**given))

    def _add_user(self) -> None:
        name, _, realm = USER.partition("@")
        known = self._folder / "sasldb"
        subprocess.run(
            [self._programs / "usr/sbin/saslpasswd2", "-p", "-c", "-f", known, "-u", realm, name],
            input=PASSWORD, text=True, check=True, env=self._environment,
        )  # fmt: skip
        shutil.chown(known, "uucp")

    def _wait(self) -> None:
        for _ in range(300):
            assert self._process.poll() is None, (self._folder / "errors").read_text() + self.log
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("Postfix does not listen within 30 seconds")

    def _read(self, path: Path) -> Received:
        taken = Received("", [], [], path.read_bytes())
        sender = str(taken.message["Return-Path"]).strip("<>")
        return taken._replace(sender=sender, recipients=[str(taken.message["X-Original-To"])])


@pytest.fixture(scope="module")
def running(authority: Authority) -> Iterator[Postfix]:
    """In CI Postfix must be there, and the tests fail without it."""
    if (os.geteuid() or not programs.postfix()) and os.environ.get("CI") != "true":
        pytest.skip("Postfix is not installed, or may not be started by us")
    # In the folder of pytest only root finds its way.
    with TemporaryDirectory(prefix="latchkey-postfix-", dir="/tmp") as folder, Postfix(Path(folder), authority) as it:
        yield it


@pytest.fixture
def postfix(running: Postfix, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Postfix:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trusted))
    running.empty()
    return running


@pytest.fixture
def settings(settings: dict[str, Any], postfix: Postfix) -> dict[str, Any]:
    return settings | {"MAIL_URL": postfix.url, "MAIL_FROM": "Käserei <id@example.org>"}


def test_mails_are_delivered_as_they_were_written(app: Flask, db: Database, postfix: Postfix) -> None:
    write(db, "alice", "bob", "änn")
    assert sender.of(app).send_due() == 3
    mails = {mail.recipients[0]: mail for mail in postfix.until(3)}
    assert set(mails) == {"alice@example.com", "bob@example.com", "änn@example.com"}
    for to, mail in mails.items():
        message = mail.message
        assert (mail.sender, message["To"], message["From"]) == ("id@example.org", to, "Käserei <id@example.org>")
        assert str(message["Message-ID"]).endswith("@example.org>") and "You can log in again here:" in mail.plain
        # Encrypted, and by somebody whom it knows (RFC 3848).
        assert re.search(r"\(Postfix\) with (ESMTP|UTF8SMTP)SA ", str(message["Received"]))


def test_what_it_refuses_is_given_up_and_what_it_defers_comes_again(
    app: Flask, db: Database, clock: Clock, postfix: Postfix
) -> None:
    write(db, "gone", "full", "alice")
    assert sender.of(app).send_due() == 1
    assert [mail.recipients for mail in postfix.until(1)] == [["alice@example.com"]]
    assert waiting(db) == ["full"]
    assert [error.partition(" <")[0] for error in errors(db)] == ["550 5.1.1", "450 4.2.2", ""]


def test_a_wrong_password_puts_off(
    app: Flask, db: Database, postfix: Postfix, another: Callable[..., sender.Sender]
) -> None:
    write(db, "alice")
    assert another(MAIL_URL=postfix.url.replace(":s3cret", ":wrong")).send_due() == 0
    assert waiting(db) == ["alice"] and ": 535 5.7.8 " in errors(db)[0]


def test_a_server_sends_what_waits(start_server: Callable[..., Server], postfix: Postfix) -> None:
    server = start_server(MAIL_URL=postfix.url, MAIL_FROM="id@example.org")
    db = server.database()
    write(db, "alice", "bob")
    assert {mail.recipients[0] for mail in postfix.until(2)} == {"alice@example.com", "bob@example.com"}
    db.close()
