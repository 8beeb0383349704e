"""Where a request came from."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

from webapp.config import is_loopback

# Headers in which proxies name their client; a proxy that sends none breaks the rule in docs/operating.md.
PROXIES_WORDS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def address() -> str:
    """IP address of the request, or `-` if invalid: a proxy may pass on any text, even a second log line."""
    try:
        return str(ipaddress.ip_address(_without_port(request.remote_addr or "").partition("%")[0]))
    except ValueError:
        return "-"


def _without_port(address: str) -> str:
    """Remove the port, which some proxies add: `203.0.113.7:5555`, `[2001:db8::1]:5555`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def is_on_this_machine() -> bool:
    """Whether a program on this machine sent the request for itself.

    Two kinds do not count: a proxy here passes on requests from anywhere; an attacker's page, open in a browser here,
    uses a host name that the attacker points at this machine (DNS rebinding).
    """
    is_passed_on = any(word in request.headers for word in PROXIES_WORDS)
    return not is_passed_on and is_loopback(address()) and is_loopback(urlsplit(f"//{request.host}").hostname)
