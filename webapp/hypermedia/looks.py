"""What needs a look of an admin: each view names what it looks for, and the overview lists what was found."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flask import Flask, current_app

from webapp.languages.sentences import Sentence


class Notice(NamedTuple):
    """A sentence, and the address of a list that shows exactly what it tells of; `icon` is one in icons.html."""

    sentence: Sentence
    address: str
    icon: str = "warning"


class Look(NamedTuple):
    """`find` is given the overview's numbers, and returns None if all is well; the lowest `order` comes first.

    The overview looks every half minute, so what it reads must have an index.
    """

    find: Callable[[Any], Notice | None]
    order: int


def register(app: Flask, looks: Iterable[Look]) -> None:
    app.extensions["looks"] = sorted(looks, key=lambda look: look.order)


def found(numbers: object) -> list[Notice]:
    """What needs a look now; `numbers` are those of the overview."""
    notices = (look.find(numbers) for look in current_app.extensions["looks"])
    return [notice for notice in notices if notice]
