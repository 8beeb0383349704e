"""The menus: each view names its links, and templates show those that the user may follow."""

from collections.abc import Iterable
from typing import NamedTuple

from flask import Flask, current_app, request

from db.users import User
from webapp.auth import current_user
from webapp.languages.sentences import Sentence


class Link(NamedTuple):
    """A link in a menu: `menu` is `site`, `account` or `admin`; the lowest `order` comes first.

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


def register(app: Flask, found: Iterable[Link]) -> None:
    app.extensions["navigation"] = sorted(found, key=lambda link: link.order)
    app.jinja_env.globals.update(current=current, links=links)


def links(menu: str) -> list[Link]:
    """Links of this menu for the current user."""
    return of(menu, current_user())


def of(menu: str, user: User | None) -> list[Link]:
    """Links of this menu for a user, or for a stranger if `user` is None."""
    return [link for link in current_app.extensions["navigation"] if link.menu == menu and _is_for(link.audience, user)]


def current(link: Link) -> str:
    """Value of `aria-current` for this link: `page` on its page, `true` below it, or empty."""
    address = current_app.url_for(link.endpoint)
    if request.path == address:
        return "page"
    return "true" if link.covers and request.path.startswith(f"{address}/") else ""


def _is_for(audience: str, user: User | None) -> bool:
    if user is None or audience == "strangers":
        return user is None and audience == "strangers"
    return audience == "users" or user.is_admin or user.role == audience
