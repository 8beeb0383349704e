"""Where a request came from."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

# What proxies say of whom they speak for; those that say nothing break the rule in the README.
PROXIES_WORDS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def address() -> str:
    """Where the request came from; a proxy may pass on whatever somebody made up, a second log line among it."""
    try:
        return str(ipaddress.ip_address(_without_port(request.remote_addr or "").partition("%")[0]))
    except ValueError:
        return "-"


def _without_port(address: str) -> str:
    """Some proxies name it too: `203.0.113.7:5555`, `[2001:db8::1]:5555`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def is_on_this_machine() -> bool:
    """Whether a program on this machine asks for itself.

    A proxy here passes on what comes from anywhere; a page of an attacker's, open in a browser here, asks under a name
    that the attacker lets lead here (DNS rebinding).
    """
    is_passed_on = any(word in request.headers for word in PROXIES_WORDS)
    return not is_passed_on and _is_loopback(address()) and _is_loopback(urlsplit(f"//{request.host}").hostname)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
