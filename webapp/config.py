"""Settings from LATCHKEY_* in the environment, checked once at the start."""

import hmac
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from email.headerregistry import Address
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click
from flask import Flask, current_app

from webapp.brand import Unfit, accent, logo, words
from webapp.brand.accent import Accent
from webapp.brand.logo import Logo
from webapp.brand.words import Contact
from webapp.mail import route
from webapp.mail.route import Route

PREFIX = "LATCHKEY_"
LEAST_KEY_BYTES = 32
HOSTNAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|[0-9a-f:]+")
# As RFC 6750 2.1 spells it, and too long to be guessed.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
# A form of ours is a few hundred bytes; 64 KiB leaves room for a team's own.
MOST_BODY_BYTES = 64 * 1024


class BadSetting(click.ClickException):
    """A setting is not valid: the start stops, and the sentence names the setting."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(f"LATCHKEY_{name} {wanted}")


def _field(default: Any, read: Callable[[str, str], object]) -> Any:
    """A setting that `read` makes of its name and of the text that was set; it raises BadSetting."""
    return field(default=default, metadata={"read": read})


def _number(default: int, least: int, most: int) -> Any:
    def read(name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise BadSetting(name, f"must be a whole number from {least} to {most}, not {text[:40]!r}")
        return int(text)

    return _field(default, read)


def _one_of(*choices: str) -> Any:
    def read(name: str, text: str) -> str:
        if text not in choices:
            raise BadSetting(name, f"must be {' or '.join(choices)}, not {text[:40]!r}")
        return text

    return _field(choices[0], read)


def _fit(read: Callable[[str], object]) -> dict[str, Callable[[str, str], object]]:
    """Metadata of a setting that `read` makes of its text alone; what is Unfit for it is a BadSetting."""

    def checked(name: str, text: str) -> object:
        try:
            return read(text)
        except Unfit as unfit:
            raise BadSetting(name, f"{unfit}.") from unfit

    return {"read": checked}


def _metrics_token(name: str, text: str) -> str:
    if not BEARER_TOKEN.fullmatch(text):
        raise BadSetting(name, "must be at least 16 letters, digits or any of -._~+/")
    return text


def _database_url(name: str, text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")) or ":memory:" in text:
        raise BadSetting(name, "must be sqlite:///PATH-OF-A-FILE or postgresql://…")
    return text


def _keys(name: str, text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(","))
    if any(len(key.encode()) < LEAST_KEY_BYTES for key in keys):
        raise BadSetting(name, f"must be at least {LEAST_KEY_BYTES} bytes long, each of them")
    return keys


def _origin(name: str, text: str) -> str:
    """Return `text` as scheme, host and perhaps a port: `https://example.org`, `http://127.0.0.1:8000`."""
    wanted = f"must be an address such as https://example.org, without a path, not {text!r}"
    try:
        parts = urlsplit(text.removesuffix("/"))
        fits = (
            parts.scheme in {"http", "https"} and HOSTNAME.fullmatch(parts.hostname or "") and "@" not in parts.netloc
        )
        port = parts.port
    except ValueError as error:
        raise BadSetting(name, wanted) from error
    if not fits or port == 0 or parts.path or parts.query or parts.fragment:
        raise BadSetting(name, wanted)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    is_default = port in {None, 80 if parts.scheme == "http" else 443}
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


# No repr: it would put the secret keys and the database's password into a log line.
@dataclass(frozen=True, repr=False)
class Settings:
    """What LATCHKEY_* say: a field for each setting, with its type, its default and what it must be.

    Empty by default: `database_url` and `secret_key`, which `read` fills in, `public_url` (see `origin`), and
    `metrics_token`, without which this machine alone reads /metrics. Of the secret keys the first signs; the others are
    being rotated out.
    """

    instance: Path = field(default=Path("instance"), metadata={"read": lambda _, text: Path(text)})
    database_url: str = _field("", _database_url)
    host: str = _field("127.0.0.1", lambda _, text: text)
    port: int = _number(8000, 1, 65535)
    public_url: str = _field("", _origin)
    trusted_proxies: int = _number(0, 0, 16)
    secret_key: tuple[str, ...] = _field((), _keys)
    password_min_length: int = _number(8, 8, 64)
    deletion_days: int = _number(7, 1, 90)
    event_days: int = _number(400, 1, 4000)
    workers: int = _number(os.cpu_count() or 1, 1, 256)
    threads: int = _number(16, 1, 256)
    log_format: str = _one_of("text", "json")
    metrics_token: str = _field("", _metrics_token)
    insecure: str = _one_of("0", "1")
    name: str = field(default="Latchkey", metadata=_fit(words.name))
    logo: Logo = field(default=logo.OURS, metadata=_fit(logo.read))
    accent: Accent | None = field(default=None, metadata=_fit(accent.read))
    contact: Contact | None = field(default=None, metadata=_fit(words.contact))
    mail_url: Route | None = field(default=None, metadata=_fit(route.read))
    mail_from: Address | None = field(default=None, metadata=_fit(route.sender))
    require_second_factor: str = _one_of("none", "admins", "all")
    factors_reset_hours: int = _number(24, 0, 168)
    signup: str = _one_of("open", "invited", "closed")
    signup_domains: tuple[str, ...] = field(default=(), metadata=_fit(route.domains))

    @cached_property
    def address(self) -> str:
        """The address to listen at. Raises BadSetting for a host that has none."""
        try:
            return str(socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][4][0])
        except (OSError, UnicodeError) as error:
            raise BadSetting("HOST", f"is {self.host[:80]!r}, which is no address of this machine") from error

    @cached_property
    def origin(self) -> str:
        """Where people find the site: `https://example.org`, `http://127.0.0.1:8000`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or _origin("PUBLIC_URL", f"http://{host}:{self.port}")

    @cached_property
    def https(self) -> bool:
        """Whether browsers come by it."""
        return self.origin.startswith("https:")

    @cached_property
    def hosts(self) -> list[str] | None:
        """The Host headers that are answered; for a loopback address all names of this machine; None: any."""
        host = str(urlsplit(self.origin).hostname)
        if is_loopback(host):
            return ["localhost", "127.0.0.1", "::1"]
        return [host] if self.public_url else None

    @cached_property
    def mail_sender(self) -> Address:
        """From whom mail comes, also its envelope's sender, so bounces go there."""
        host = str(urlsplit(self.origin).hostname)
        return self.mail_from or Address(self.name, "latchkey", "localhost" if ":" in host else host)

    @property
    def login_cookie(self) -> str:
        return self._cookie("session")

    @property
    def half_cookie(self) -> str:
        return self._cookie("half")

    @property
    def device_cookie(self) -> str:
        return self._cookie("device")

    @property
    def visitor_cookie(self) -> str:
        """Flask's own session, signed: flashes and a visitor's CSRF secret go there, never the id of a user."""
        return self._cookie("visitor")

    def _cookie(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


NAMES = {field.name.upper() for field in fields(Settings)}


def load(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Read the settings from the environment and `overrides`, and set the app up by them. Raises BadSetting."""
    named = {name.removeprefix(PREFIX): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    app.extensions["settings"] = read(named | dict(overrides))
    _set_flask_up(app, app.extensions["settings"])


def settings(app: Flask | None = None) -> Settings:
    """The settings of `app`, or of the current app."""
    return cast(Settings, (app or current_app).extensions["settings"])


def sends_mail(app: Flask) -> bool:
    return settings(app).mail_url is not None


def is_open(app: Flask) -> bool:
    """Whether anybody may sign up."""
    return settings(app).signup == "open"


def has_invitations(app: Flask) -> bool:
    """Whether people can be invited: by mail, or by links that admins hand over where sign-up is not open."""
    given = settings(app)
    return given.signup == "invited" or (given.signup == "open" and given.mail_url is not None)


def read(given: Mapping[str, Any]) -> Settings:
    """Check what was given, by name without the prefix; an empty text counts as unset. Raises BadSetting."""
    _refuse_unknown(given)
    texts = {name: _text(name, value) for name, value in given.items()}
    found = Settings(**{
        each.name: each.metadata["read"](each.name.upper(), text)
        for each in fields(Settings)
        if (text := texts.get(each.name.upper()))
    })  # fmt: skip
    found = replace(found, instance=_made(found.instance.absolute()))
    found = replace(found, database_url=found.database_url or f"sqlite:///{found.instance}/latchkey.db")
    _check_network(found)
    if found.mail_url and not found.mail_url.folder and not found.mail_from:
        raise BadSetting("MAIL_FROM", "must be set with LATCHKEY_MAIL_URL: the address from which mail comes.")
    return replace(found, secret_key=found.secret_key or (_kept_key(found),))


def is_loopback(host: str | None) -> bool:
    """Whether this name or address is that of this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def blind_index_key(secret_key: str) -> bytes:
    """Derive the key for the database's blind index, the only use that it has for a key."""
    return hmac.digest(secret_key.encode(), b"blind index", "sha256")


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    """Raise BadSetting for an unknown name: a misspelled setting would otherwise go unnoticed."""
    for name in sorted(given.keys() - NAMES):
        nearest = get_close_matches(name, NAMES, 1)
        hint = f" LATCHKEY_{nearest[0]} is one." if nearest else " docs/settings.md lists all."
        raise BadSetting(name[:40], f"is no setting.{hint}")


def _text(name: str, value: Any) -> str:
    text = str(value or "")
    if text and not text.strip():
        raise BadSetting(name, "holds nothing but blanks: give it a value, or leave it out.")
    return text.strip()


def _made(instance: Path) -> Path:
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("INSTANCE", f"is {instance}, which cannot be made: {error.strerror}.") from error
    return instance


def _check_network(found: Settings) -> None:
    """Raise BadSetting for a host without an address, and for one that passwords would reach unencrypted."""
    assert found.address
    if not (is_loopback(found.host) or found.https or found.insecure == "1"):
        raise BadSetting(
            "HOST",
            f"is {found.host}, which other machines can reach, and LATCHKEY_PUBLIC_URL is not https: passwords would"
            " cross the network readable. Set LATCHKEY_PUBLIC_URL to the https address people use, or"
            " LATCHKEY_INSECURE=1.",
        )


def _set_flask_up(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key[0],
        SECRET_KEY_FALLBACKS=[*settings.secret_key[1:]],
        SESSION_COOKIE_NAME=settings.visitor_cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BODY_BYTES,
    )


def _kept_key(found: Settings) -> str:
    """The key in the instance folder, made at the first start; of several servers that start at once, one makes it."""
    if not found.database_url.startswith("sqlite:"):
        raise BadSetting(
            "SECRET_KEY",
            "must be set with PostgreSQL, the same on every server:"
            " python3 -c 'import secrets; print(secrets.token_hex(32))' prints one",
        )
    path, where = found.instance / "secret_key", f"is {found.instance}, where secret_key"
    try:
        if not path.exists():
            _create(path, secrets.token_hex(LEAST_KEY_BYTES))
        key = path.read_bytes().decode("ascii", "replace").strip()
    except OSError as error:
        raise BadSetting("INSTANCE", f"{where} cannot be kept: {error.strerror}.") from error
    if len(key) < LEAST_KEY_BYTES:
        raise BadSetting("INSTANCE", f"{where} holds no key: delete it, and a new one is made.")
    return key


def _create(path: Path, text: str) -> None:
    """Write a whole file that only its owner may read; keep the file of a process that was faster."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
