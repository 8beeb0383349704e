"""Addresses without values, which are always the same: they are looked up once, and put into templates."""

from collections.abc import Callable
from functools import cache

from flask.sansio.app import App


def constant(app: App) -> Callable[[str], str]:
    """Return a function that gives the address of an endpoint, such as `login.show`.

    It raises LookupError where the address needs values, and for each where a team puts values into all addresses.
    """
    build = cache(app.url_map.bind("").build)

    def address(endpoint: str) -> str:
        if app.url_default_functions:
            raise LookupError(endpoint)
        return build(endpoint)

    return address
