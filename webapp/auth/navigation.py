"""The menus: each view names its links, and templates show those that the user may follow."""

from collections.abc import Iterable
from typing import NamedTuple

from flask import Flask, current_app, request

from db.users import User
from webapp.auth import current_user
from webapp.languages.sentences import Sentence


class Link(NamedTuple):
    """A link in a menu: `menu` is `site`, `account`, `admin` or `registered`; the lowest `order` comes first.

    `registered` stands at sign-up beside “Email already registered.”

    `icon` is a name in partials/icons.html. With `covers` the link stands for all addresses below its own too.
    `audience` is `strangers`, `users`, `admins` or a role of a team's own, which admins have too.
    """

    menu: str
    endpoint: str
    label: Sentence
    order: int
    icon: str = ""
    covers: bool = False
    audience: str = "users"


class Entry(NamedTuple):
    """A link as a page shows it; `current` is the value of its `aria-current`: `page`, `true` below it, or empty."""

    address: str
    label: Sentence
    icon: str
    current: str


def register(app: Flask, found: Iterable[Link]) -> None:
    app.extensions["navigation"] = sorted(found, key=lambda link: link.order)
    app.jinja_env.globals["links"] = links


def links(menu: str) -> list[Entry]:
    """Links of this menu for the current user."""
    return of(menu, current_user())


def of(menu: str, user: User | None) -> list[Entry]:
    """Links of this menu for a user, or for a stranger if `user` is None."""
    found: list[Link] = current_app.extensions["navigation"]
    address, path = current_app.url_for, request.path
    shown = [link for link in found if link.menu == menu and _is_for(link.audience, user)]
    return [_entry(link, address(link.endpoint), path) for link in shown]


def _entry(link: Link, address: str, path: str) -> Entry:
    below = "true" if link.covers and path.startswith(f"{address}/") else ""
    return Entry(address, link.label, link.icon, "page" if path == address else below)


def _is_for(audience: str, user: User | None) -> bool:
    if user is None or audience == "strangers":
        return user is None and audience == "strangers"
    return audience == "users" or user.is_admin or user.role == audience
