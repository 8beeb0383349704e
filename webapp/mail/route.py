"""Where mail goes and from whom it comes, as the settings say."""

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from webapp.brand import Unfit

PORTS = {"smtp": 587, "smtps": 465}
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|[0-9a-f:]+")
DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


# No repr: it would put the password into a log line.
class Route(NamedTuple):
    """A relay (`smtp` with STARTTLS, `smtps`), or the `folder` that takes a file for each mail."""

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    folder: Path | None = None

    def __repr__(self) -> str:
        return f"{self.scheme}:{self.folder or self.host}"


def read(text: str) -> Route:
    """Where `smtp://user:password@host:587`, `smtps://…` or `folder:PATH` leads. Raises Unfit, without the password."""
    if text.startswith("folder:"):
        return _folder(text.removeprefix("folder:"))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _unfit() from error
    if parts.scheme not in PORTS or not HOST.fullmatch(host) or port == 0 or parts.path.strip("/") or parts.query:
        raise _unfit()
    if (parts.username is None) != (parts.password is None) or parts.username == "" or parts.fragment:
        raise _unfit()
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise Unfit("has a user or a password with letters beyond ASCII, which Python's smtplib cannot send")
    return Route(parts.scheme, host, port or PORTS[parts.scheme], user, password)


def sender(text: str) -> Address:
    """The address in `name@example.org` or `Name <name@example.org>`. Raises Unfit."""
    name, spec = parseaddr(text)
    try:
        address = Address(name, addr_spec=spec)
    except (MessageError, ValueError, IndexError) as error:
        raise _no_sender(text) from error
    is_whole = text in {spec, f"<{spec}>"} or text.endswith(f" <{spec}>")
    if not (is_whole and spec.isascii() and DOMAIN.fullmatch(address.domain.lower()) and text.isprintable()):
        raise _no_sender(text)
    return address


def domains(text: str) -> tuple[str, ...]:
    """The domains in a list with commas, in lower case. Raises Unfit."""
    found = tuple(name.strip().lower().removeprefix("@") for name in text.split(",") if name.strip())
    if not found or not all(DOMAIN.fullmatch(name) and "." in name for name in found):
        told = "must be domains such as example.org or xn--mller-kva.example, with commas between them"
        raise Unfit(f"{told}, not {text[:60]!r}")
    return found


def _folder(path: str) -> Route:
    if not path or "\0" in path:
        raise _unfit()
    return Route("folder", folder=Path(path).absolute())


def _unfit() -> Unfit:
    # Not what was set: it may hold a password.
    return Unfit("must be smtp://[USER:PASSWORD@]HOST[:PORT], smtps://… or folder:PATH, with %-encoded special letters")


def _no_sender(text: str) -> Unfit:
    return Unfit(f"must be an address such as id@example.org, or Name <id@example.org>, not {text[:60]!r}")
