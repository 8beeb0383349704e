"""The client of this request, as the rules are told of it."""

import ipaddress

from flask import request

from webapp import known_devices
from webapp.accounts import devices
from webapp.accounts.events import Client


def client() -> Client:
    browser, known_to = known_devices.read()
    words = devices.in_words(request.headers.get("User-Agent", ""))
    return Client(address(), words, browser=browser, known_to=known_to)


def address() -> str:
    """Where the request came from; a proxy may pass on whatever somebody made up, a second log line among it."""
    try:
        return str(ipaddress.ip_address(request.remote_addr or ""))
    except ValueError:
        return "-"
