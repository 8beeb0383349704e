"""Cards on the dashboard and on the overview of admins: each view names those that it adds, and the page shows all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from flask import Flask, current_app, render_template
from markupsafe import Markup

Page = Literal["dashboard", "admin"]


class Card(NamedTuple):
    """A card: `partial` is a name in partials/, drawn with what `values` returns; the lowest `order` comes first.

    With `is_wide` it is a chart or a list, and stands below the small ones. With `is_quick` its values are there within
    a millisecond and wait for nobody; a dashboard without other cards is made without another thread. `page` is the
    `dashboard` of each user, or `admin`, the overview of admins.
    """

    partial: str
    values: Callable[[], Mapping[str, Any]]
    order: int
    is_wide: bool = False
    is_quick: bool = False
    page: Page = "dashboard"


def register(app: Flask, cards: Iterable[Card]) -> None:
    app.extensions["cards"] = sorted(cards, key=lambda card: card.order)
    app.jinja_env.globals["drawn_cards"] = drawn


def are_quick(app: Flask) -> bool:
    """Whether all cards on the dashboard are."""
    return all(card.is_quick for card in app.extensions["cards"] if card.page == "dashboard")


def drawn(is_wide: bool = False, page: Page = "dashboard") -> list[Markup]:
    """Each small card of this page as HTML, or each wide one."""
    cards = [card for card in current_app.extensions["cards"] if (card.page, card.is_wide) == (page, is_wide)]
    return [Markup(render_template(f"partials/{card.partial}", **card.values())) for card in cards]  # noqa: S704
