"""The relay: takes a message, or says why it does not. A folder is one too: it gets a file for each message."""

import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from db import moment
from webapp.config import is_loopback
from webapp.mail.route import Route

# For each step, in seconds; and after the final dot: who hangs up before the relay has answered sends the mail twice
# (RFC 5321 4.5.3.2.6).
STEP, AFTER_DOT = 10, 60
# The relay hangs up with it.
CLOSING = 421


class Later(Exception):
    """The relay does not take this message now."""


class Unreachable(Exception):
    """The relay takes no message now: it is down, or it or we are not set up as the other wants."""


class Never(Exception):
    """The relay will not take this message."""


class Relay(Protocol):
    """A connection that is opened for what is due together, and then closed."""

    def open(self) -> None:
        """Raises Unreachable."""

    def send(self, message: EmailMessage, name: str) -> str:
        """Hand over a message; return what the relay said. `name` is for a file. Raises Later, Unreachable, Never."""

    def close(self) -> None: ...


def to(route: Route, sender: Address, may_be_plain: bool) -> Relay:
    """The relay at this route; `may_be_plain`: even a host that others can listen to may go without encryption."""
    return Folder(route.folder) if route.folder else Smtp(route, sender, may_be_plain)


class Folder:
    """A folder that takes a file for each message, `20261124-144800-000012.eml`, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> None:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable(f"{self._path} cannot be made: {error.strerror}") from error

    def send(self, message: EmailMessage, name: str) -> str:
        file, draft = self._path / f"{name}.eml", self._path / f".{name}"
        try:
            with open(draft, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
                written.write(message.as_bytes())
            draft.rename(file)
        except OSError as error:
            # On a disk that can only be read, that fails too.
            with suppress(OSError):
                draft.unlink()
            raise Unreachable(f"{file} cannot be written: {error.strerror}") from error
        return f"written to {file}"

    def close(self) -> None:
        pass


class Smtp:
    """A relay that speaks SMTP, encrypted, with a checked certificate."""

    def __init__(self, route: Route, sender: Address, may_be_plain: bool) -> None:
        self._route, self._sender, self._may_be_plain = route, sender, may_be_plain
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        if self._smtp is None:
            try:
                with _told():
                    self._smtp = self._connected()
            except (Later, Never, Unreachable) as refused:
                raise Unreachable(f"{self._route.host}:{self._route.port}: {refused}") from refused

    def send(self, message: EmailMessage, name: str) -> str:  # noqa: ARG002
        self.open()
        assert self._smtp is not None
        try:
            with _told():
                return self._sent(self._smtp, message)
        except (Later, Never):
            self._reset(self._smtp)
            raise
        except Unreachable:
            self.close()
            raise

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        smtp = self._greeted()
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._route.scheme == "smtp":
                self._encrypt(smtp)
            if self._route.user:
                smtp.login(self._route.user, self._route.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _greeted(self) -> smtplib.SMTP:
        """A new connection, by our own name: to look the machine's up may take seconds."""
        host, port, own = self._route.host, self._route.port, self._sender.domain
        if self._route.scheme == "smtps":
            return _SmtpSsl(host, port, own, timeout=STEP, context=ssl.create_default_context())
        return _Smtp(host, port, own, timeout=STEP)

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        """Switch to TLS. Raises Unreachable if the relay offers none, unless nobody could listen."""
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        elif not (self._may_be_plain or is_loopback(self._route.host)):
            raise Unreachable("the relay offers no STARTTLS, and mail is not sent readable to all on the way")

    def _sent(self, smtp: smtplib.SMTP, message: EmailMessage) -> str:
        options = [] if str(message["To"]).isascii() else ["SMTPUTF8"]
        if options and not smtp.has_extn("smtputf8"):
            raise Never("the relay takes no address with letters beyond ASCII (SMTPUTF8)")
        try:
            _expect(smtp.mail(self._sender.addr_spec, options), 250)
        except smtplib.SMTPResponseException as refused:
            # It refuses us, not this message.
            raise Unreachable(_said(refused)) from refused
        recipient = message["To"].addresses[0].addr_spec
        _expect(smtp.rcpt(recipient), 250, 251)
        return str(_expect(smtp.data(message.as_bytes()), 250))

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


class _Smtp(smtplib.SMTP):
    def data(self, msg: bytes) -> tuple[int, bytes]:  # type: ignore[override]
        """As smtplib's, which waits no longer after the final dot than at any other step."""
        _expect(self.docmd("data"), 354)
        assert self.sock is not None
        self.send(re.sub(rb"(?m)^\.", b"..", msg) + (b".\r\n" if msg.endswith(b"\r\n") else b"\r\n.\r\n"))
        self.sock.settimeout(AFTER_DOT)
        answer = self.getreply()
        self.sock.settimeout(STEP)
        return answer


class _SmtpSsl(smtplib.SMTP_SSL, _Smtp):
    pass


def _expect(answer: tuple[int, bytes], *codes: int) -> str:
    """The text of an answer with one of these codes; raises SMTPResponseException for another."""
    code, said = answer
    if code not in codes:
        raise smtplib.SMTPResponseException(code, said)
    return f"{code} {said.decode('utf-8', 'replace')}"


@contextmanager
def _told() -> Iterator[None]:
    """Turn what may happen on the way into Later, Unreachable or Never."""
    try:
        yield
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError) as error:
        raise Unreachable(_said(error)) from error
    except smtplib.SMTPResponseException as error:
        kind = Unreachable if error.smtp_code in {CLOSING, -1} else Never if error.smtp_code >= 500 else Later
        raise kind(_said(error)) from error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


def _said(error: smtplib.SMTPResponseException) -> str:
    """What the relay said, on one line: PostgreSQL takes no NUL."""
    said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
    return f"{error.smtp_code} {''.join(letter if letter.isprintable() else ' ' for letter in said)}"


def file_name(mail_id: int, created_at: str) -> str:
    """What the file of a mail is called; the same at each attempt."""
    return f"{moment(created_at):%Y%m%d-%H%M%S}-{mail_id:06}"
