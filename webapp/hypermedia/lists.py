"""Lists: what is shown is in the address, and goes along to the page of a row, which leads back to the same list.

Each view names the lists that it shows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask, Response, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

Asked = Mapping[str, Any]


class List(NamedTuple):
    """A list: `filters` and `order` are its parameters, `place` the one that names where a page of it starts.

    `more` returns names of filters that are known once the app has started. `told` returns the filters in words; `page`
    shows the list with a form that was refused.
    """

    endpoint: str
    label: str
    filters: tuple[str, ...]
    order: tuple[str, ...]
    place: str
    told: Callable[[Asked], list[str]] = lambda _: []
    page: Callable[[Any, int], ResponseReturnValue] | None = None
    more: Callable[[], tuple[str, ...]] = tuple

    def filtered(self) -> dict[str, Any]:
        """The filters in the current address, without the empty ones."""
        return _asked(*self.filters, *self.more())

    def ordered(self) -> dict[str, Any]:
        """The order in the current address."""
        return _asked(*self.order)

    def asked(self) -> dict[str, Any]:
        """All of this list's parameters in the current address, without the empty ones."""
        return self.filtered() | self.ordered() | _asked(self.place)

    def view(self) -> str:
        """The filters and the order as an address has them."""
        return urlencode(self.filtered() | self.ordered())

    def here(self) -> str:
        """The list's address with these parameters."""
        return url_for(self.endpoint, **self.asked())

    def gone(self) -> list[str]:
        """Names in the address that this list does not know, such as a filter that is no more."""
        known = {*self.filters, *self.more(), *self.order, self.place, "draft"}
        return [name for name in request.args if name not in known]

    def tidied(self) -> Response | None:
        """Redirect to the same list without the fields that were left empty: a browser sends every field of a form.

        None if none is empty.
        """
        if all(request.args.get(name) != "" for name in (*self.filters, *self.more())):
            return None
        return make_response(redirect(self.here(), 303))


def _asked(*names: str) -> dict[str, Any]:
    values = {name: request.args.get(name, "").replace("\0", "").strip() for name in names}
    return {name: value for name, value in values.items() if value}


class Way(NamedTuple):
    """A link back to a list: where, the list's name, its filters in words, and the parameters that lead there."""

    address: str
    label: str
    words: list[str]
    asked: Asked


def register(app: Flask, found: Iterable[List]) -> None:
    app.extensions["lists"] = {one.endpoint: one for one in found}


def of(endpoint: str) -> List:
    """The list at this endpoint."""
    found: List = current_app.extensions["lists"][endpoint]
    return found


def way_back(*endpoints: str) -> Way:
    """Back to the list whose parameters are in the address, or else to the first of these."""
    lists = [of(endpoint) for endpoint in endpoints]
    found = next((one for one in lists if one.asked()), lists[0])
    return Way(found.here(), found.label, found.told(found.asked()), found.asked())
