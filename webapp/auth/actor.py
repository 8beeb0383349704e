"""The client of this request, as the rules are told of it."""

from flask import request

from webapp.accounts import devices
from webapp.accounts.events import Client
from webapp.auth import known_browsers, own_session
from webapp.server.address import address


def client() -> Client:
    browser, known_to = known_browsers.read()
    words = devices.in_words(request.headers.get("User-Agent", ""))
    return Client(address(), words, browser=browser, known_to=known_to)


def acting_admin() -> Client:
    """The client, named as the admin who does this to somebody else."""
    user = own_session().user
    return client()._replace(actor=user.name, actor_id=user.id)
