"""Latchkey: sign-up, log-in, sessions and dashboards. `create_app` is the one place where the parts meet."""

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, abort, request
from flask.sessions import SecureCookieSessionInterface
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import db
from db.migrate import migrate
from webapp import auth, config, database, errors, hypermedia, metrics, views
from webapp.accounts import adoption, details, devices, events, people, roles
from webapp.accounts.hashing import pool
from webapp.auth import csrf, drafts, known_browsers, navigation
from webapp.commands import demo, role, serve, user
from webapp.forms import Request
from webapp.hypermedia import cards
from webapp.hypermedia.templating import Templates
from webapp.languages import reader
from webapp.server import assets, compression, headers, hosts, logs
from webapp.server.request_id import request_id, with_request_id

log = logging.getLogger("latchkey")
HERE = Path(__file__).parent
# What a team adds, and we never touch.
OWN = HERE.parent / "own"


class Latchkey(Flask):
    request_class = Request
    jinja_environment = Templates

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        # A dozen functions run around a page: what Flask finds out about each of them every time stays the same. No
        # address does: it depends on the request, and may hold what a stranger has sent.
        self.ensure_sync = cache(self.ensure_sync)  # type: ignore[method-assign]
        self.session_interface = SecureCookieSessionInterface()
        signer = cache(self.session_interface.get_signing_serializer)
        self.session_interface.get_signing_serializer = signer  # type: ignore[method-assign]


def create_app(settings: Mapping[str, Any] | None = None, clock: db.Clock = db.system_clock) -> Flask:
    """Build the app from LATCHKEY_* in the environment; `settings` (without the prefix) come first.

    Raises BadSetting for a setting that will not do, RuntimeError for a route without a door.
    """
    app = Latchkey(__name__, static_folder=None)
    config.load(app, settings or {})
    logs.start(app)
    _open_database(app, clock)
    _join_hashing_pool(app)
    _set_templates_up(app)
    _set_guards_up(app)
    views.register(app, "webapp.views", *(["own.views"] if (OWN / "views").is_dir() else []))
    for command in (serve.serve, user.user, role.role, demo.demo):
        app.cli.add_command(command)
    auth.check_doors(app)
    _wrap(app)
    return app


def _open_database(app: Flask, clock: db.Clock) -> None:
    try:
        given = config.settings(app)
        key = config.blind_index_key(given.secret_key)
        opened = db.connect(given.database_url, clock, given.threads, key)
        adopted = opened.has_table("users") and not opened.has_table("migrations")
        migrate(opened)
        migrate(opened, OWN / "migrations", "own/")
    except (db.Unavailable, db.Unfit) as error:
        raise config.BadSetting("DATABASE_URL", f"leads to no usable database: {error}") from error
    if adopted:
        log.info("adopted a database that the tutorial's code wrote")
        adoption.tell(opened)
    app.extensions["database"] = opened


def _join_hashing_pool(app: Flask) -> None:
    try:
        pool.share(config.settings(app).instance)
    except OSError as error:
        raise config.BadSetting("INSTANCE", f"has no room for the hashing pool's files: {error}") from error


def _set_templates_up(app: Flask) -> None:
    partials = PrefixLoader({"partials": FileSystemLoader([OWN / "partials", HERE / "partials"])})
    app.jinja_loader = ChoiceLoader([FileSystemLoader([OWN / "templates", HERE / "templates"]), partials])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    try:
        published = assets.publish(config.settings(app).instance / "static", OWN / "static")
    except OSError as error:
        raise config.BadSetting("INSTANCE", f"has no room for static files: {error}") from error
    app.extensions["assets"] = published
    reader.register(app, auth.preferred_language, OWN / "translations")
    app.jinja_env.filters.update(
        device=devices.told,
        role=roles.in_words,
        state=people.STATES.__getitem__,
    )
    app.jinja_env.globals.update(
        actor=events.actor,
        detail=details.told,
        asset=published.__getitem__,
        drawn_cards=cards.drawn,
        current=navigation.current,
        links=navigation.links,
        csrf_token=csrf.token,
        now=lambda: database.database().now(),
        current_session=auth.current_session,
        current_user=auth.current_user,
        expiry=auth.expiry,
        form=None,
        out_of_band=False,
        is_kept=False,
        is_page=False,
        is_put_off=False,
        part=None,
        request_id=request_id,
        sentence=events.sentence,
        states=people.STATES,
    )


def _set_guards_up(app: Flask) -> None:
    # First, so that it is the last to see the answer.
    metrics.register(app)
    metrics.watch_hashing(app, lambda: pool.waiting, lambda: pool.running)
    app.before_request(_refuse_what_no_view_should_see)
    database.sweep_in_passing(app)
    app.before_request(auth.guard)
    app.before_request(csrf.guard)
    app.before_request(drafts.guard)
    app.before_request(drafts.restore)
    app.after_request(compression.after_request)
    app.after_request(hypermedia.after_request)
    app.after_request(auth.after_request)
    app.after_request(known_browsers.after_request)
    errors.register(app)


def _refuse_what_no_view_should_see() -> None:
    """A body too large or too slow, a foreign Host: never got this far; the answer is made here, in the site's look.

    Nor does an address with a NUL lead anywhere: PostgreSQL's texts hold none.
    """
    if status := request.environ.get("latchkey.refused"):
        abort(status)
    if "\0" in request.path:
        abort(404)


def _wrap(app: Flask) -> None:
    """From the inside out: the app, its static files, the hosts it answers to, headers, the proxies' word."""
    given = config.settings(app)
    wrapped = assets.serve(app.wsgi_app, given.instance / "static")
    wrapped = hosts.only_for(given.hosts, wrapped)
    wrapped = headers.with_security_headers(wrapped, given.https)
    proxies = given.trusted_proxies
    wrapped = with_request_id(wrapped, has_proxy=proxies > 0)
    if proxies:
        wrapped = ProxyFix(wrapped, x_for=proxies, x_proto=proxies)
    app.wsgi_app = wrapped  # type: ignore[assignment, method-assign]
