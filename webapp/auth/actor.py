"""The actor of this request, for the rules: its user, session, address and browser."""

from flask import request

from webapp.accounts import devices
from webapp.accounts.actor import Actor
from webapp.auth import current_session, known_browsers
from webapp.languages.reader import current
from webapp.server.address import address


def visitor() -> Actor:
    """Actor who signs up, logs in or logs out: without a user, even if the browser has a session."""
    browser, known_to = known_browsers.read()
    device = devices.in_words(request.headers.get("User-Agent", ""))
    return Actor(address(), device, browser=browser, known_to=known_to, language=current().code)


def actor() -> Actor:
    """Actor with the logged-in user and the session, if there are any."""
    session = current_session()
    return visitor()._replace(user=session.user if session else None, session=session)
