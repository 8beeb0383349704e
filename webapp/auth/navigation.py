"""The menus: each view names its links, and templates show those that the user may follow."""

import json
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import NamedTuple

import click
from flask import Flask, current_app, request

from db.users import User
from webapp.accounts.roles import NAME as ROLE
from webapp.auth import current_user
from webapp.languages.sentences import Sentence

# The later menu wins if two links have the same key.
MENUS = ("site", "account", "admin")
REGISTERED = "registered"
FORGOTTEN = "forgotten"
SHOWN = (*MENUS, REGISTERED, FORGOTTEN)


class Link(NamedTuple):
    """A link in a menu: `menu` is one of MENUS, `registered` or `forgotten`; the lowest `order` comes first.

    `registered` stands at sign-up beside “Email already registered.”, `forgotten` at log-in, for users whose password
    is not at hand. With `is_for` the link is there only if that is true of the app.

    `icon` is a name in partials/icons.html. With `covers` the link stands for all addresses below its own too, unless
    another link of the menu is nearer; `also` names endpoints elsewhere for which it stands, and what lies below them.
    `audience` is `strangers`, `users`, `admins` or a role of a team's own, which admins have too. After `g` the `key`
    leads there; of two links with one key the one in the later menu does. A page that `is_searched` is the one to which
    the key `/` leads from pages without a search.
    """

    menu: str
    endpoint: str
    label: Sentence
    order: int
    icon: str = ""
    covers: bool = False
    audience: str = "users"
    also: tuple[str, ...] = ()
    key: str = ""
    is_searched: bool = False
    is_for: Callable[[Flask], bool] = lambda _: True


class BadLink(click.ClickException):
    """A link is not valid: the start stops, and the sentence names it."""

    def __init__(self, link: Link, told: str) -> None:
        super().__init__(f"NAVIGATION: the link to {link.endpoint} {told}")


class Entry(NamedTuple):
    """A link as a page shows it; `current` is the value of its `aria-current`: `page`, `true` below it, or empty."""

    address: str
    label: Sentence
    icon: str
    current: str


def register(app: Flask, found: Iterable[Link]) -> None:
    """Keep the links that views name, in their order. Raises BadLink if one leads nowhere or no menu shows it."""
    ordered = sorted((link for link in found if link.is_for(app)), key=lambda link: link.order)
    app.extensions["navigation"] = ordered
    for link in ordered:
        _check(app, link)
    app.extensions["keyed_links"] = [link for menu in MENUS for link in ordered if link.menu == menu and link.key]
    app.jinja_env.globals.update(links=links, places=places)


def _check(app: Flask, link: Link) -> None:
    if link.endpoint not in app.view_functions:
        near = get_close_matches(link.endpoint, app.view_functions, 1)
        raise BadLink(link, "leads to no view" + "".join(f"; is it {one}?" for one in near))
    if link.menu not in SHOWN:
        raise BadLink(link, f"has the menu {link.menu!r}, which is none of {', '.join(SHOWN)}")
    if not ROLE.fullmatch(link.audience):
        raise BadLink(link, f"has the audience {link.audience!r}, which is not strangers, users, admins or a role")
    if link.key and not (len(link.key) == 1 and link.key.isalnum()):
        raise BadLink(link, f"has the key {link.key!r}, which is not one letter or digit")


def links(menu: str) -> list[Entry]:
    """Links of this menu for the current user."""
    return of(menu, current_user())


def of(menu: str, user: User | None) -> list[Entry]:
    """Links of this menu for a user, or for a stranger if `user` is None."""
    found: list[Link] = current_app.extensions["navigation"]
    address, path = current_app.url_for, request.path
    shown = [(link, address(link.endpoint)) for link in found if link.menu == menu and _is_for(link.audience, user)]
    here = max((own for link, own in shown if _stands_for(link, own, path)), key=len, default="")
    return [_entry(link, own, path) if own == here else Entry(own, link.label, link.icon, "") for link, own in shown]


def by_key(user: User) -> dict[str, Link]:
    """Links of all menus that a key leads this user to."""
    found: list[Link] = current_app.extensions["keyed_links"]
    return {link.key: link for link in found if _is_for(link.audience, user)}


def searched(user: User) -> dict[str, Link]:
    """The link to the page that this user searches from any other, by its key; empty if there is none."""
    links: list[Link] = current_app.extensions["navigation"]
    found = [link for link in links if link.is_searched and _is_for(link.audience, user)]
    return {"/": found[0]} if found else {}


def places() -> str:
    """Where each key leads the current user, as JSON for keys.js."""
    user = current_user()
    found = by_key(user) | searched(user) if user else {}
    return json.dumps({key: current_app.url_for(link.endpoint) for key, link in found.items()})


def _entry(link: Link, address: str, path: str) -> Entry:
    return Entry(address, link.label, link.icon, "page" if path == address else "true")


def _stands_for(link: Link, own: str, path: str) -> bool:
    if path == own or (link.covers and path.startswith(f"{own}/")):
        return True
    return any(f"{path}/".startswith(f"{current_app.url_for(endpoint)}/") for endpoint in link.also)


def _is_for(audience: str, user: User | None) -> bool:
    if user is None or audience == "strangers":
        return user is None and audience == "strangers"
    return audience == "users" or user.is_admin or user.role == audience
