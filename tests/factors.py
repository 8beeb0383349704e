"""Second factors in tests: an authenticator app is oathtool, a passkey is tests.authenticator."""

import json
import subprocess
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

from tests.authenticator import Authenticator
from tests.browser import Browser
from tests.fixtures import PASSWORD, Clock
from webapp.accounts.ceremonies import Site

# Of the test client, which asks for http://localhost, if that is the public address.
SITE = Site("localhost", "http://localhost")


def code(secret: str, at: datetime) -> str:
    """The code that an app with this secret shows at this moment."""
    told = ["oathtool", "--totp", "--base32", f"--now={at:%Y-%m-%d %H:%M:%S UTC}", secret.replace(" ", "")]
    return subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()


def add_app(browser: Browser, clock: Clock) -> str:
    """Add an authenticator app and keep the recovery codes; give its secret. The next code is that of the next step."""
    secret = offered(browser)
    browser.submit("totp-form", code=code(secret, clock()))
    clock.advance(seconds=30)
    return secret


def offered(browser: Browser, path: str = "/account/totp") -> str:
    """The secret that the page offers."""
    shown = browser.visit(path).page.select_one("#totp-secret")
    assert shown is not None
    return shown.text


def recovery_codes(browser: Browser) -> list[str]:
    """The codes that their page shows."""
    return [shown.text for shown in browser.visit("/account/recovery-codes").page.select("li code")]


def half_in(browser: Browser, name: str = "alice", path: str = "/login", **typed: str) -> Browser:
    """Type the right password of an account that has a factor."""
    fields = {"email": f"{name}@example.com", "password": PASSWORD} | typed
    return browser.visit(path).submit("login-form", **fields)


def options(browser: Browser, form: str) -> dict[str, Any]:
    """What the page tells the browser to ask a passkey for."""
    element = browser.page.select_one(f"form#{form}")
    assert element is not None, f"no form {form} on {browser.path}"
    found: dict[str, Any] = json.loads(str(element["data-options"]))
    return found


def challenge(browser: Browser, form: str) -> bytes:
    return urlsafe_b64decode(options(browser, form)["challenge"] + "==")


def add_passkey(browser: Browser, key: Authenticator, name: str = "", **faults: Any) -> Browser:
    """Add a passkey as passkeys.js does."""
    browser.visit("/account/passkeys")
    handle = urlsafe_b64decode(options(browser, "passkeys-form")["user"]["id"] + "==")
    made = key.add(challenge(browser, "passkeys-form"), handle, **faults)
    return browser.submit("passkeys-form", credential=made, name=name)


def use_passkey(browser: Browser, key: Authenticator, form: str = "passkey-form", **faults: Any) -> Browser:
    """Use a passkey on the page that is shown, as passkeys.js does."""
    return browser.submit(form, credential=key.sign(challenge(browser, form), **faults))
