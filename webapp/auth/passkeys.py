"""Passkeys in this request: the site that they belong to, and what the page tells the browser to ask for.

The site comes from the settings, never from the Host header: an attacker's page would pass itself off as ours.
"""

import json
import logging
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from webapp.accounts import confirm, passkeys, second_step
from webapp.accounts.actor import Actor
from webapp.accounts.ceremonies import credential_id
from webapp.accounts.challenges import Purpose
from webapp.accounts.half_logins import HalfLogin
from webapp.accounts.passkeys import Site
from webapp.auth import csrf, current_user, own_session
from webapp.config import Settings, settings
from webapp.database import database

log = logging.getLogger("latchkey")


def register(app: Flask) -> None:
    given = settings(app)
    app.extensions["passkey_site"] = site = _site(given)
    if site is None:
        log.warning(
            "no passkeys: browsers want an https address with a name, and LATCHKEY_PUBLIC_URL is %s", given.origin
        )
    app.jinja_env.globals["passkeys_elsewhere"] = elsewhere


def site() -> Site | None:
    """The site that passkeys belong to; None if browsers make none for its address."""
    found: Site | None = current_app.extensions["passkey_site"]
    return found


def elsewhere() -> str:
    """Address under which passkeys work, if it is not that of this page: `http://localhost:8000`; else empty."""
    found = site()
    return found.origin if found and request.host != urlsplit(found.origin).netloc else ""


def login_options() -> str:
    """What the log-in page tells the browser, as JSON; empty if passkeys do not work there."""
    return _told(lambda found: passkeys.options_to_use(database(), Purpose.LOGIN, csrf.visitor(), found))


def second_step_options(half: HalfLogin) -> str:
    """What the page of the second step tells the browser; empty if the user has no passkey."""
    return _told(
        lambda found: passkeys.options_to_use(
            database(), Purpose.SECOND_STEP, second_step.whom(half), found, half.user
        ),
        of_user=half.user.id,
    )


def confirm_options() -> str:
    """What the page that confirms tells the browser; empty if the user has no passkey."""
    session = own_session()
    return _told(
        lambda found: passkeys.options_to_use(database(), Purpose.CONFIRM, confirm.whom(session), found, session.user),
        of_user=session.user.id,
    )


def adding_options(actor: Actor) -> str:
    """What the page that adds one tells the browser."""
    return _told(lambda found: passkeys.options_to_add(database(), actor, found, settings().name))


def tell_unknown(answer: str) -> None:
    """Let this page tell the password manager that no account has the passkey that it answered with."""
    g.unknown_passkey = _told(lambda found: {"rpId": found.id, "credentialId": credential_id(answer)})


def known_options() -> str:
    """What a password manager is told of the user's passkeys."""
    user = current_user()
    return _told(lambda found: passkeys.known_to(database(), user, found)) if user else ""


def _told(options: Callable[[Site], dict[str, Any]], of_user: int | None = None) -> str:
    """The options as JSON; empty where passkeys do not work, or if the user `of_user` has none."""
    found = site()
    if found is None or elsewhere() or (of_user is not None and not passkeys.of_user(database(), of_user)):
        return ""
    told = options(found)
    return json.dumps(told) if told else ""


def _site(given: Settings) -> Site | None:
    """An address of numbers is no RP ID. For this machine's own, `localhost` stands in (WebAuthn 5.1.2)."""
    parts = urlsplit(given.origin)
    host = str(parts.hostname)
    if host == "localhost" or (_is_number(host) and ip_address(host).is_loopback):
        return Site("localhost", f"{parts.scheme}://localhost{f':{parts.port}' if parts.port else ''}")
    return None if _is_number(host) or not given.https else Site(host, given.origin)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
