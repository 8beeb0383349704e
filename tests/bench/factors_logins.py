"""What each step of a log-in takes of the processors: a password, a code from an app, a passkey."""

import statistics
import time
from collections.abc import Iterable, Iterator
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from flask import Flask

from tests.authenticator import Authenticator
from tests.bench.report import spread, table
from tests.bench.servers import SECRET_KEY
from tests.browser import Browser
from tests.factors import SITE, add_passkey, half_in, offered, use_passkey
from tests.fixtures import Clock, log_in, logged_in, sign_up
from webapp import create_app
from webapp.accounts import totp

TRIES = 15
PASSWORD = "a password, with no factor"
COLUMNS = ("request", "CPU ms: least / middle / most", "times a password")


class Meter:
    """Wraps an app, and keeps in `ms` what its last act took of the processors, its hashing threads too."""

    def __init__(self, app: Any) -> None:
        self._app, self.ms = app, 0.0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        began = time.process_time()
        pieces = [*self._app(environ, start)]
        if environ["REQUEST_METHOD"] == "POST":
            self.ms = (time.process_time() - began) * 1000
        return pieces


class Site(NamedTuple):
    """Bob has no factor; Alice has an app with this secret, and this passkey."""

    app: Flask
    meter: Meter
    clock: Clock
    secret: str
    key: Authenticator


def measure(name: str, url: str) -> None:
    """Print what was measured on this database, called `name`."""
    with TemporaryDirectory() as instance:
        site = _site({"INSTANCE": instance, "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "PUBLIC_URL": SITE.origin})
        rounds = [dict(_log_ins(site)) for _ in range(TRIES)]
        site.app.extensions["database"].close()
    times = {told: [each[told] for each in rounds] for told in rounds[0]}
    password = statistics.median(times[PASSWORD])
    rows = [(told, spread(took, ".1f"), f"{statistics.median(took) / password:.2f}") for told, took in times.items()]
    table(f"Steps of a log-in in process, {name}, {TRIES} times each", COLUMNS, rows)


def _site(settings: dict[str, str]) -> Site:
    clock, key = Clock(), Authenticator(SITE)
    app = create_app(settings, clock)
    meter = Meter(app.wsgi_app)
    app.wsgi_app = meter  # type: ignore[assignment, method-assign]
    sign_up(Browser(app), "bob")
    alice = logged_in(Browser(app), "alice")
    secret = offered(alice).replace(" ", "")
    alice.submit("totp-form", code=_code(secret, clock))
    add_passkey(alice, key)
    return Site(app, meter, clock, secret, key)


def _log_ins(site: Site) -> Iterator[tuple[str, float]]:
    # No limit is met, and the app shows another code.
    site.clock.advance(minutes=10)
    yield PASSWORD, _took(site, log_in(Browser(site.app), "bob"))
    half, code = half_in(Browser(site.app)), _code(site.secret, site.clock)
    yield "a password, half a log-in", _took(site, half, "/login/second?next=/dashboard")
    yield "… then a code from the app", _took(site, half.submit("second_step-form", code=code))
    yield "… or a passkey", _took(site, use_passkey(half_in(Browser(site.app)), site.key))
    yield "a passkey alone", _took(site, use_passkey(Browser(site.app).visit("/login"), site.key))


def _took(site: Site, browser: Browser, path: str = "/dashboard") -> float:
    """What the browser's last act took, which has led there."""
    if browser.path != path:
        raise SystemExit(f"A log-in should lead to {path}, and leads to {browser.path}.")
    return site.meter.ms


def _code(secret: str, clock: Clock) -> str:
    return totp.code_at(secret, totp.step_of(clock()))
