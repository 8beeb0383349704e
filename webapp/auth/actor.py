"""The actor of this request, as the rules are told of it."""

from flask import request

from webapp.accounts import devices
from webapp.accounts.actor import Actor
from webapp.auth import current_session, known_browsers
from webapp.server.address import address


def visitor() -> Actor:
    """Whoever signs up, logs in or out: nobody yet, whatever session the browser has."""
    browser, known_to = known_browsers.read()
    device = devices.in_words(request.headers.get("User-Agent", ""))
    return Actor(address(), device, browser=browser, known_to=known_to)


def actor() -> Actor:
    """Whoever is logged in, by this session."""
    session = current_session()
    return visitor()._replace(user=session.user if session else None, session=session)
