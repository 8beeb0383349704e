"""A relay that takes mail over real connections, and fails as relays do; another server can take its place.

What a test relies on is `url`, `certificate`, `mails`, `stop` and `start`; the faults are those of this one.
"""

import asyncio
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from flask import Flask

from tests.fixtures import Clock
from tests.server import free_port
from webapp import create_app
from webapp.mail import sender
from webapp.mail.sender import Sender

# Letters that a URL has another use for.
USER, PASSWORD = "latchkey@example.org", "s3cret/word:@%"
# For one day, and by names that a test can reach this machine by.
OPENSSL = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:mail.example.org"


class Received(NamedTuple):
    """A mail as it came: the envelope's sender and recipients, the options of MAIL, and what was said in DATA."""

    sender: str
    recipients: list[str]
    options: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.SMTP)  # type: ignore[return-value]

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def plain(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())


class Authority:
    """A certificate of our own making: `trusted` is the authority's, `certificate` and `key` are the relay's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.trusted, self.certificate, self.key = (folder / f"{name}.pem" for name in ("authority", "relay", "key"))
        # As Python 3.13 wants to see it said.
        may_sign = ["-addext", "keyUsage=critical,keyCertSign"]
        self._openssl("-subj", "/CN=Our authority", *may_sign, "-keyout", "authority-key.pem", "-out", self.trusted)
        self._openssl(
            "-subj", "/CN=relay", "-addext", NAMES, "-addext", "basicConstraints=CA:FALSE", "-CA", self.trusted,
            "-CAkey", "authority-key.pem", "-keyout", self.key, "-out", self.certificate,
        )  # fmt: skip

    def context(self) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def _openssl(self, *options: str | Path) -> None:
        subprocess.run([*OPENSSL, *options], cwd=self._folder, check=True, capture_output=True)


class Relay:
    """An aiosmtpd in a thread. It wants STARTTLS and a password, unless `tls` is set to something else before `start`.

    `answers` holds what it says instead of 250: at MAIL, at DATA's end, or to a recipient; None: it hangs up. What it
    has taken is in `mails`, also if its answer was lost. It answers the end of DATA after `thinks` seconds.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority, self.port = authority, free_port()
        self.tls, self.speaks_utf8, self.password = "starttls", True, PASSWORD
        self.mails: list[Received] = []
        self.answers: dict[str, str | None] = {}
        self.thinks = 0.0
        # How many connections it had, how often a password was told, and how many mails it was asked to take.
        self.connections = self.logins = self.tries = 0
        self._thread: threading.Thread | None = None
        self._holder: socket.socket | None = None
        self._speakers: list[SMTP] = []

    @property
    def url(self) -> str:
        scheme = "smtps" if self.tls == "smtps" else "smtp"
        known = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@" if self.tls else ""
        return f"{scheme}://{known}localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """For a site that sends its mail here."""
        return {
            "MAIL_URL": self.url,
            "MAIL_FROM": "Our site <id@example.org>",
            "PUBLIC_URL": "https://id.example.org",
        }

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=[self._serve(ready)])
        self._thread.start()
        assert ready.wait(20)

    def stop(self) -> None:
        """Go down: what is connected is cut off, and nobody listens."""
        if self._holder:
            self._holder.close()
        if self._thread:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
        self._holder = self._thread = None

    def restart(self, tls: str = "starttls", speaks_utf8: bool = True) -> None:
        """Start anew: with `starttls`, `smtps`, or neither TLS nor a password."""
        self.stop()
        self.tls, self.speaks_utf8 = tls, speaks_utf8
        self.start()

    def hang(self) -> None:
        """Go down, but for the port, which takes connections and never says a word."""
        self.stop()
        self._holder = socket.create_server(("127.0.0.1", self.port))

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        at_once = self._authority.context() if self.tls == "smtps" else None
        server = await self._loop.create_server(self._speaker, "127.0.0.1", self.port, ssl=at_once)
        ready.set()
        await self._over.wait()
        server.close()
        for speaker in self._speakers:
            if speaker.transport:
                speaker.transport.abort()
        # What was cut off is told so in the loop's next turns; else it would complain when it is thrown away.
        for _ in range(5):
            await asyncio.sleep(0)

    def _speaker(self) -> SMTP:
        self.connections += 1
        later = self._authority.context() if self.tls == "starttls" else None
        speaker = SMTP(
            self, hostname="relay.example.org", enable_SMTPUTF8=self.speaks_utf8, tls_context=later,
            require_starttls=later is not None, authenticator=self._authenticate, auth_require_tls=later is not None,
        )  # fmt: skip
        self._speakers.append(speaker)
        return speaker

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins += 1
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == (USER, self.password), handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        if self.tls and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from, envelope.mail_options = address, options
        return self._said(server, "MAIL")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._said(server, address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        taken = Received(str(envelope.mail_from), [*envelope.rcpt_tos], [*envelope.mail_options], envelope.content)
        answer = self._said(server, "DATA")
        if answer.startswith("250"):
            self.mails.append(taken)
        await asyncio.sleep(self.thinks)
        return answer

    def _said(self, server: SMTP, key: str) -> str:
        answer = self.answers.get(key, "250 OK")
        if answer is None:
            server.transport.abort()  # type: ignore[union-attr]
        return answer or "250 OK"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def relay(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A relay with STARTTLS and a password, whose authority is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trusted))
    relay = Relay(authority)
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture
def another(settings: dict[str, Any], clock: Clock) -> Iterator[Callable[..., Sender]]:
    """Start the site anew beside what runs, on the same database and with these settings; return its sender."""
    apps: list[Flask] = []

    def start(**changed: str) -> Sender:
        apps.append(create_app(settings | changed, clock))
        return sender.of(apps[-1])

    yield start
    for app in apps:
        app.extensions["database"].close()
