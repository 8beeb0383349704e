"""Settings from LATCHKEY_* in the environment, checked once at the start."""

import hmac
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click
from flask import Flask, current_app

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


@dataclass(frozen=True)
class Settings:
    """The settings from LATCHKEY_*, checked, by their names in lower case, and what follows from them.

    `address` is where to listen, `hosts` the Host headers that are answered (None: any), `https` whether browsers use
    it. `secret_key` signs; `secret_key_fallbacks` are old keys that are being rotated out.
    """

    host: str
    port: int
    address: str
    public_url: str
    https: bool
    hosts: list[str] | None
    trusted_proxies: int
    password_min_length: int
    deletion_days: int
    event_days: int
    workers: int
    threads: int
    log_format: str
    metrics_token: str
    instance: Path
    database_url: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]

    @property
    def login_cookie(self) -> str:
        return self._cookie("session")

    @property
    def device_cookie(self) -> str:
        return self._cookie("device")

    @property
    def visitor_cookie(self) -> str:
        """Name of the cookie with Flask's own signed session: flashes, a visitor's CSRF secret, never an identity."""
        return self._cookie("visitor")

    def _cookie(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


NAMES = frozenset(field.name.upper() for field in fields(Settings)) - {
    "ADDRESS",
    "HTTPS",
    "HOSTS",
    "SECRET_KEY_FALLBACKS",
}
NAMES |= {"INSECURE"}


def load(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Read the settings from the environment and `overrides`, and set the app up by them. Raises BadSetting."""
    named = {name.removeprefix(PREFIX): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    app.extensions["settings"] = read(named | dict(overrides))
    _set_flask_up(app, app.extensions["settings"])


def settings(app: Flask | None = None) -> Settings:
    """The settings of `app`, or of the current app."""
    return cast(Settings, (app or current_app).extensions["settings"])


def read(given: Mapping[str, Any]) -> Settings:
    """Check what was given, by name without the prefix. Raises BadSetting."""
    _refuse_unknown(given)
    instance = _instance(given)
    database_url = _database_url(given, instance)
    secret_key, *fallbacks = _keys(given, database_url, instance)
    return Settings(
        **_network(given),
        trusted_proxies=_whole(given, "TRUSTED_PROXIES", 0, 0, 16),
        password_min_length=_whole(given, "PASSWORD_MIN_LENGTH", 8, 8, 64),
        deletion_days=_whole(given, "DELETION_DAYS", 7, 1, 90),
        event_days=_whole(given, "EVENT_DAYS", 400, 1, 4000),
        workers=_whole(given, "WORKERS", os.cpu_count() or 1, 1, 256),
        threads=_whole(given, "THREADS", 16, 1, 256),
        log_format=_log_format(given),
        metrics_token=_metrics_token(given),
        instance=instance,
        database_url=database_url,
        secret_key=secret_key,
        secret_key_fallbacks=tuple(fallbacks),
    )


def blind_index_key(secret_key: str) -> bytes:
    """Derive the key for the database's blind index, the only use that it has for a key."""
    return hmac.digest(secret_key.encode(), b"blind index", "sha256")


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    """Raise BadSetting for an unknown name: a misspelled setting would otherwise go unnoticed."""
    for name in sorted(given.keys() - NAMES):
        nearest = get_close_matches(name, NAMES, 1)
        hint = f" LATCHKEY_{nearest[0]} is one." if nearest else " README.md lists those that there are."
        raise BadSetting(name[:40], f"is no setting.{hint}")


def _network(given: Mapping[str, Any]) -> dict[str, Any]:
    host, port = _given(given, "HOST") or "127.0.0.1", _whole(given, "PORT", 8000, 1, 65535)
    address, public = _resolved(host, port), _given(given, "PUBLIC_URL")
    public_url = _origin(public or f"http://{f'[{host}]' if ':' in host else host}:{port}")
    https, insecure = public_url.startswith("https:"), _flag(given, "INSECURE")
    if not (_is_loopback(host) or https or insecure):
        raise BadSetting(
            "HOST",
            f"is {host}, which other machines can reach, and LATCHKEY_PUBLIC_URL is not https: passwords would cross"
            " the network readable. Set LATCHKEY_PUBLIC_URL to the https address people use, or LATCHKEY_INSECURE=1.",
        )
    hosts = _hosts(public_url) if public or _is_loopback(host) else None
    return {"host": host, "port": port, "address": address, "public_url": public_url, "https": https, "hosts": hosts}


def _instance(given: Mapping[str, Any]) -> Path:
    instance = Path(_given(given, "INSTANCE") or "instance").absolute()
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("INSTANCE", f"is {instance}, which cannot be made: {error.strerror}.") from error
    return instance


def _database_url(given: Mapping[str, Any], instance: Path) -> str:
    url = _given(given, "DATABASE_URL") or f"sqlite:///{instance}/latchkey.db"
    if not url.startswith(("sqlite:///", "postgresql://", "postgres://")) or ":memory:" in url:
        raise BadSetting("DATABASE_URL", "must be sqlite:///PATH-OF-A-FILE or postgresql://…")
    return url


def _set_flask_up(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=[*settings.secret_key_fallbacks],
        SESSION_COOKIE_NAME=settings.visitor_cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BODY_BYTES,
    )


def _given(given: Mapping[str, Any], name: str) -> str:
    """The value that was set, or an empty text; an empty variable counts as unset."""
    return str(given.get(name) or "").strip()


def _whole(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    text = _given(given, name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadSetting(name, f"must be a whole number from {least} to {most}, not {text[:40]!r}")
    return int(text)


def _flag(given: Mapping[str, Any], name: str) -> bool:
    text = _given(given, name) or "0"
    if text not in {"0", "1"}:
        raise BadSetting(name, f"must be 0 or 1, not {text!r}")
    return text == "1"


def _log_format(given: Mapping[str, Any]) -> str:
    text = _given(given, "LOG_FORMAT") or "text"
    if text not in {"text", "json"}:
        raise BadSetting("LOG_FORMAT", f"must be text or json, not {text[:40]!r}")
    return text


def _metrics_token(given: Mapping[str, Any]) -> str:
    token = _given(given, "METRICS_TOKEN")
    if token and not BEARER_TOKEN.fullmatch(token):
        raise BadSetting("METRICS_TOKEN", "must be at least 16 letters, digits or any of -._~+/")
    return token


def _origin(url: str) -> str:
    """Return `url` as scheme, host and perhaps a port: `https://example.org`, `http://127.0.0.1:8000`."""
    wanted = f"must be an address such as https://example.org, without a path, not {url!r}"
    try:
        parts = urlsplit(url.removesuffix("/"))
        fits = (
            parts.scheme in {"http", "https"} and HOSTNAME.fullmatch(parts.hostname or "") and "@" not in parts.netloc
        )
        port = parts.port
    except ValueError as error:
        raise BadSetting("PUBLIC_URL", wanted) from error
    if not fits or port == 0 or parts.path or parts.query or parts.fragment:
        raise BadSetting("PUBLIC_URL", wanted)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    is_default = port in {None, 80 if parts.scheme == "http" else 443}
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


def _resolved(host: str, port: int) -> str:
    """The address to listen at. Raises BadSetting for a host that has none."""
    try:
        return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise BadSetting("HOST", f"is {host[:80]!r}, which is no address of this machine") from error


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hosts(public_url: str) -> list[str]:
    """The Host headers that are answered; for a loopback address, all names of this machine."""
    host = str(urlsplit(public_url).hostname)
    return ["localhost", "127.0.0.1", "::1"] if _is_loopback(host) else [host]


def _keys(given: Mapping[str, Any], database_url: str, instance: Path) -> list[str]:
    """The secret keys, the one to sign with first."""
    text = _given(given, "SECRET_KEY")
    if not text and not database_url.startswith("sqlite:"):
        raise BadSetting(
            "SECRET_KEY",
            "must be set with PostgreSQL, the same on every server:"
            " python3 -c 'import secrets; print(secrets.token_hex(32))' prints one",
        )
    if not text:
        return [_kept_key(instance)]
    keys = [key.strip() for key in text.split(",")]
    if any(len(key.encode()) < LEAST_KEY_BYTES for key in keys):
        raise BadSetting("SECRET_KEY", f"must be at least {LEAST_KEY_BYTES} bytes long, each of them")
    return keys


def _kept_key(instance: Path) -> str:
    """The key in the instance folder, made at the first start; of several servers that start at once, one makes it."""
    path = instance / "secret_key"
    try:
        if not path.exists():
            _create(path, secrets.token_hex(LEAST_KEY_BYTES))
        key = path.read_bytes().decode("ascii", "replace").strip()
    except OSError as error:
        raise BadSetting("INSTANCE", f"is {instance}, where {path.name} cannot be kept: {error.strerror}.") from error
    if len(key) < LEAST_KEY_BYTES:
        raise BadSetting(
            "INSTANCE", f"is {instance}, where {path.name} holds no key: delete it, and a new one is made."
        )
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
