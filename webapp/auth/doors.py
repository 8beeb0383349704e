"""Doors: every route carries one of @public, @login_required, @role_required, @admin_required.

Beside its door a route may carry @confirmed (the user must have confirmed lately), with @says, @unconfirmed,
@unseen, @comes_back, @verified, @enrolling, @mailed, @quick, @quick_if or @for_programs; `csrf` has @only_asks,
and `drafts` @brings_file.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from flask import Flask

from webapp.accounts.roles import RESERVED
from webapp.languages.sentences import Sentence

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Let everyone in, logged in or not."""
    return _with_door(view, "public")


def login_required(view: View) -> View:
    """Let logged-in users in; a stranger sees the log-in page first."""
    return _with_door(view, "login")


def role_required(role: str) -> Callable[[View], View]:
    """Let users with this `role` and admins in; 403 for other users. Raises ValueError for a reserved name."""
    if role in RESERVED:
        raise ValueError(f"{role} is no role but another door")
    return lambda view: _with_door(view, role)


def admin_required(view: View) -> View:
    """Let admins in; 403 for other users."""
    return _with_door(view, "admin")


def confirmed(view: View) -> View:
    """Let the user confirm before this act, unless done lately; admins' acts ask without this mark."""
    view.confirmed = True  # type: ignore[attr-defined]
    return view


def unconfirmed(view: View) -> View:
    """Spare an admin the confirmation for an act that changes only what that admin sees, such as a saved view."""
    view.unconfirmed = True  # type: ignore[attr-defined]
    return view


def says(told: Sentence | Callable[..., Sentence]) -> Callable[[View], View]:
    """Name the act on the page that confirms, so that its user does not confirm what a thief has sent.

    `told` is a sentence, or a function that makes one from the form's fields (a dict with the first value of a repeated
    field, as forms read it) and from the values in the address.
    """

    def marked(view: View) -> View:
        view.told = told  # type: ignore[attr-defined]
        return view

    return marked


def unseen(view: View) -> View:
    """Mark a view that pages ask by themselves: it does not show that the user is there, so the idle time goes on."""
    view.unseen = True  # type: ignore[attr-defined]
    return view


def for_programs(view: View) -> View:
    """Mark a view for programs, below @public: it needs no form token and ignores the session cookie."""
    view.for_programs = True  # type: ignore[attr-defined]
    return view


def quick(view: View) -> View:
    """Mark a page that takes some milliseconds at most and waits for nobody, at an address without variable parts.

    On SQLite it is made in the event loop's own thread. If it must write, it is begun anew in another one.
    """
    return quick_if(lambda _: True)(view)


def quick_if(is_quick: Callable[[Flask], bool]) -> Callable[[View], View]:
    """Mark a page as `quick` does, but only if `is_quick(app)` is true when the server starts."""

    def marked(view: View) -> View:
        view.is_quick = is_quick  # type: ignore[attr-defined]
        return view

    return marked


def comes_back(view: View) -> View:
    """Mark a page that a visitor's browser may keep for its way back; one that asks for a password must not have it.

    Without JavaScript, Chromium brings a kept page back with the password that was sent: the next user at the computer
    could read it.
    """
    view.comes_back = True  # type: ignore[attr-defined]
    return view


def mailed(view: View) -> View:
    """Mark a page that a mailed link opens, or that follows one: no search engine lists it, and no log has its address.

    What the page loads is asked for without naming the page, since the token in its address opens something.
    """
    view.mailed = True  # type: ignore[attr-defined]
    return view


def verified(view: View) -> View:
    """Let in only users who have proved their address, below the door; a user who has not reads how to do so."""
    view.verified = True  # type: ignore[attr-defined]
    return view


def enrolling(view: View) -> View:
    """Let in a user who has yet to add the second factor that the site asks for: the page helps to do so."""
    view.enrolling = True  # type: ignore[attr-defined]
    return view


class BadDoor(click.ClickException, RuntimeError):
    """A route has no door, or several: the start stops, and the sentence names it."""


def check_doors(app: Flask) -> None:
    """Raise BadDoor if a route has no door, so that a page without protection cannot ship.

    An address has one door for all its methods, since a refused form is shown again by the page behind it.
    """
    doors: dict[str, str] = {}
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        if door is None:
            raise BadDoor(
                f"{rule} has no door: {rule.endpoint} needs @public, @login_required, @role_required or @admin_required"
            )
        if doors.setdefault(rule.rule, door) != door:
            raise BadDoor(f"{rule} has a door of its own for each method: give all of them the same")


def _with_door(view: View, door: str) -> View:
    if hasattr(view, "door"):
        raise RuntimeError(f"{view.__name__} has two doors")
    view.door = door  # type: ignore[attr-defined]
    return view
