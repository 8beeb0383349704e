"""Latchkey: sign-up, log-in, sessions and dashboards. `create_app` is the one place where the parts meet."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask, Response, has_request_context
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

import db
from webapp import auth, commands, config, database, errors, fields, hypermedia, metrics, views
from webapp.accounts import details, devices, events, initials, limits, outbox, people, reserved, roles, session_name
from webapp.accounts.hashing import pool
from webapp.auth import csrf, drafts, half_logins, known_browsers, passkeys
from webapp.brand import words
from webapp.commands import demo, mail, role, serve, user
from webapp.forms import Request
from webapp.hypermedia import addresses, templating
from webapp.hypermedia.templating import Templates
from webapp.languages import reader
from webapp.mail import sender
from webapp.server import assets, compression, headers, hosts, logs
from webapp.server.request_id import with_request_id

HERE = Path(__file__).parent
# What a team adds, and we never touch.
OWN = HERE.parent / "own"
# Behind the wrappers of `_wrap`, a request passes these from top to bottom, as far as they ask before the view (`csrf`
# and `drafts` ask of acts alone, behind the door); its answer passes them from bottom to top.
PASSED: tuple[ModuleType, ...] = (
    metrics,
    errors,  # what the server refused before it came here
    compression,
    database,
    hypermedia,
    auth,  # the route's door
    csrf,  # from another site?
    drafts,  # the password again; a draft fills a form in
    known_browsers,
    half_logins,
    passkeys,  # which page may ask for one
)
# How templates say what the rules hold: `{{ user.role | role }}`.
WORDS: dict[str, Callable[..., object]] = {
    "actor": events.actor,
    "called": session_name.called,
    "detail": details.told,
    "device": devices.told,
    "initials": initials.of,
    "mail": outbox.in_words,
    "role": roles.in_words,
    "sentence": events.sentence,
    "state": people.STATES.__getitem__,
}


class FlashCookie(SecureCookieSessionInterface):
    """Flask's session cookie, which holds flashes and a visitor's form token; who is logged in stands in another."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask's, which asks seven settings even of an answer that leaves the cookie as it is."""
        if session.modified or session.permanent:
            super().save_session(app, session, response)
        elif session.accessed and "Cookie" not in response.headers.get("Vary", ""):
            response.vary.add("Cookie")


class Latchkey(Flask):
    request_class = Request
    jinja_environment = Templates

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        # A dozen functions run around a page. What Flask finds out about each of them never changes, so it is kept.
        self.ensure_sync = cache(self.ensure_sync)  # type: ignore[method-assign]
        self.session_interface = FlashCookie()
        signer = cache(self.session_interface.get_signing_serializer)
        self.session_interface.get_signing_serializer = signer  # type: ignore[method-assign]
        self._constant_address = addresses.constant(self)

    def dispatch_request(self) -> ResponseReturnValue:
        """As Flask's; on PostgreSQL a view is called again if another transaction was in its way."""
        return database.retried(super().dispatch_request)

    def url_for(self, endpoint: str, **values: Any) -> str:
        """As Flask's; an address without values is always the same, and kept. Others may hold what a stranger sent."""
        if has_request_context() and not any(value is not None for value in values.values()):
            with suppress(LookupError):
                return self._constant_address(endpoint)
        return super().url_for(endpoint, **values)


def create_app(settings: Mapping[str, Any] | None = None, clock: db.Clock = db.system_clock) -> Flask:
    """Build the app from LATCHKEY_* in the environment; `settings` (without the prefix) override it.

    Raises BadSetting for a setting that is not valid, BadFields for a field, RuntimeError for a route without a door.
    """
    app = Latchkey(__name__, static_folder=None)
    config.load(app, settings or {})
    given = config.settings(app)
    logs.register(app)
    _join_hashing_pool(app)
    reserved.keep_for(given.name, words.file_name(given.name))
    fields.load(app, OWN / "fields.py")
    database.open_for(app, clock, OWN / "migrations")
    assets.register(app, OWN / "static")
    asked = reader.Asked(auth.preferred_language, auth.preferred_time_zone, lambda: database.database().now())
    reader.register(app, asked, OWN / "translations")
    templating.register(app, OWN, HERE)
    app.jinja_env.filters.update(WORDS)
    app.jinja_env.globals.update(_brand(app), **_mail(given))
    for room in PASSED:
        room.register(app)
    metrics.watch_hashing(app, lambda: pool.waiting, lambda: pool.running)
    views.register(app, "webapp.views", *(["own.views"] if (OWN / "views").is_dir() else []))
    sender.register(app, [OWN, HERE])
    commands.register(app, serve.serve, user.user, role.role, demo.demo, mail.mail)
    auth.check_doors(app)
    _wrap(app)
    return app


def _brand(app: Flask) -> dict[str, object]:
    """What templates show of the site itself: `brand("name")` and the like, which never change, are put in for good."""
    given, logo = config.settings(app), config.settings(app).logo
    width, height = map(str, logo.shown)
    sheet = "brand.css" if "brand.css" in app.extensions["assets"] else ""
    brand = {"name": given.name, "type": logo.type, "width": width, "height": height}
    brand |= {"touch": logo.touch, "sheet": sheet}
    return {"brand": brand.__getitem__, "logo": logo, "contact": given.contact}


def _mail(given: config.Settings) -> dict[str, object]:
    """What templates ask about mail and sign-up."""
    bounds = {"mailbox": limits.MAILBOX, "mailbox_a_day": limits.MAILBOX_A_DAY}
    return {"mails": given.mail_url is not None, "signup_mode": given.signup, **bounds}


def _join_hashing_pool(app: Flask) -> None:
    try:
        pool.share(config.settings(app).instance)
    except OSError as error:
        raise config.BadSetting("INSTANCE", f"has no room for the hashing pool's files: {error}") from error


def _wrap(app: Flask) -> None:
    """Wrap the app, from the inside out: static files, its hosts, headers, the request id, what proxies say."""
    given = config.settings(app)
    wrapped = assets.serve(app.wsgi_app, given.instance / "static")
    wrapped = hosts.only_for(given.hosts, wrapped)
    wrapped = headers.with_security_headers(wrapped, given.https)
    proxies = given.trusted_proxies
    wrapped = with_request_id(wrapped, has_proxy=proxies > 0)
    if proxies:
        wrapped = ProxyFix(wrapped, x_for=proxies, x_proto=proxies)
    app.wsgi_app = wrapped  # type: ignore[assignment, method-assign]
