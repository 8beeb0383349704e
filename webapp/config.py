"""Settings from LATCHKEY_* in the environment, checked once at the start."""

import hmac
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask

LEAST_KEY_BYTES = 32
HOSTNAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|[0-9a-f:]+")
# As RFC 6750 2.1 spells it, and too long to be guessed.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
# A form of ours is a few hundred bytes; 64 KiB leaves room for a team's own.
MOST_BODY_BYTES = 64 * 1024


class BadSetting(click.ClickException):
    """The start stops; the sentence names the setting."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(f"LATCHKEY_{name} {wanted}")


def load(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Fill `app.config` from the environment and `overrides`. Raises BadSetting."""
    config = app.config
    config.from_prefixed_env("LATCHKEY", loads=str)
    config.update(overrides)
    _load_network(config)
    config["TRUSTED_PROXIES"] = _whole(config, "TRUSTED_PROXIES", 0, 0, 16)
    config["PASSWORD_MIN_LENGTH"] = _whole(config, "PASSWORD_MIN_LENGTH", 8, 8, 64)
    config["DELETION_DAYS"] = _whole(config, "DELETION_DAYS", 7, 1, 90)
    config["EVENT_DAYS"] = _whole(config, "EVENT_DAYS", 400, 1, 4000)
    config["WORKERS"] = _whole(config, "WORKERS", os.cpu_count() or 1, 1, 256)
    config["THREADS"] = _whole(config, "THREADS", 16, 1, 256)
    config["LOG_FORMAT"] = _log_format(config)
    config["METRICS_TOKEN"] = _metrics_token(config)
    _load_storage(config)
    _set_flask_up(config)


def blind_index_key(secret_key: str) -> bytes:
    """For the database, which needs a key for nothing else."""
    return hmac.digest(secret_key.encode(), b"blind index", "sha256")


def _load_network(config: dict[str, Any]) -> None:
    host = config["HOST"] = _given(config, "HOST") or "127.0.0.1"
    port = config["PORT"] = _whole(config, "PORT", 8000, 1, 65535)
    config["ADDRESS"] = _resolved(host, port)
    given = _given(config, "PUBLIC_URL")
    config["PUBLIC_URL"] = _origin(given or f"http://{f'[{host}]' if ':' in host else host}:{port}")
    config["HTTPS"] = config["PUBLIC_URL"].startswith("https:")
    insecure = _flag(config, "INSECURE")
    if not (_is_loopback(host) or config["HTTPS"] or insecure):
        raise BadSetting(
            "HOST",
            f"is {host}, which other machines can reach, and LATCHKEY_PUBLIC_URL is not https: passwords would cross"
            " the network readable. Set LATCHKEY_PUBLIC_URL to the https address people use, or LATCHKEY_INSECURE=1.",
        )
    config["HOSTS"] = _hosts(config["PUBLIC_URL"]) if given or _is_loopback(host) else None


def _load_storage(config: dict[str, Any]) -> None:
    instance = config["INSTANCE"] = Path(_given(config, "INSTANCE") or "instance").absolute()
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("INSTANCE", f"is {instance}, which cannot be made: {error.strerror}.") from error
    url = config["DATABASE_URL"] = _given(config, "DATABASE_URL") or f"sqlite:///{instance}/latchkey.db"
    if not url.startswith(("sqlite:///", "postgresql://", "postgres://")) or ":memory:" in url:
        raise BadSetting("DATABASE_URL", "must be sqlite:///PATH-OF-A-FILE or postgresql://…")
    config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"] = _keys(config)


def _set_flask_up(config: dict[str, Any]) -> None:
    prefix = "__Host-" if config["HTTPS"] else ""
    config["LOGIN_COOKIE"] = f"{prefix}session"
    config["DEVICE_COOKIE"] = f"{prefix}device"
    # Flask's own session is a signed cookie: flashes and a visitor's CSRF secret go there, never who somebody is.
    config.update(
        SESSION_COOKIE_NAME=f"{prefix}visitor",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config["HTTPS"],
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BODY_BYTES,
    )


def _given(config: dict[str, Any], name: str) -> str:
    """What was set, or nothing: an empty variable is an unset one."""
    return str(config.get(name) or "").strip()


def _whole(config: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    text = _given(config, name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadSetting(name, f"must be a whole number from {least} to {most}, not {text[:40]!r}")
    return int(text)


def _flag(config: dict[str, Any], name: str) -> bool:
    text = _given(config, name) or "0"
    if text not in {"0", "1"}:
        raise BadSetting(name, f"must be 0 or 1, not {text!r}")
    return text == "1"


def _log_format(config: dict[str, Any]) -> str:
    text = _given(config, "LOG_FORMAT") or "text"
    if text not in {"text", "json"}:
        raise BadSetting("LOG_FORMAT", f"must be text or json, not {text[:40]!r}")
    return text


def _metrics_token(config: dict[str, Any]) -> str:
    token = _given(config, "METRICS_TOKEN")
    if token and not BEARER_TOKEN.fullmatch(token):
        raise BadSetting("METRICS_TOKEN", "must be at least 16 letters, digits or any of -._~+/")
    return token


def _origin(url: str) -> str:
    """`https://example.org`, `http://127.0.0.1:8000`: a scheme, a host, perhaps a port, nothing else."""
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
    """The address to listen at. Raises BadSetting for a name that has none."""
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
    """The Host headers that are answered; on one's own machine its names are one."""
    host = str(urlsplit(public_url).hostname)
    return ["localhost", "127.0.0.1", "::1"] if _is_loopback(host) else [host]


def _keys(config: dict[str, Any]) -> list[str]:
    """The secret keys, the one to sign with first."""
    given = _given(config, "SECRET_KEY")
    if not given and not config["DATABASE_URL"].startswith("sqlite:"):
        raise BadSetting(
            "SECRET_KEY",
            "must be set with PostgreSQL, the same on every server:"
            " python3 -c 'import secrets; print(secrets.token_hex(32))' prints one",
        )
    if not given:
        return [_kept_key(config["INSTANCE"])]
    keys = [key.strip() for key in given.split(",")]
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
    """Write a whole file that nobody else may read, or leave the one that somebody was faster to write."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
