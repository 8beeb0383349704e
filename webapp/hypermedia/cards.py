"""Cards on the dashboard: each view names the cards that it adds, and the panel shows them all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flask import Flask, current_app, render_template
from markupsafe import Markup


class Card(NamedTuple):
    """A card: `partial` is a name in partials/, drawn with what `values` returns; the lowest `order` comes first.

    With `is_wide` it is a chart or a list, and stands below the small ones. With `is_quick` its values are there within
    a millisecond and wait for nobody; a dashboard without other cards is made without another thread.
    """

    partial: str
    values: Callable[[], Mapping[str, Any]]
    order: int
    is_wide: bool = False
    is_quick: bool = False


def register(app: Flask, cards: Iterable[Card]) -> None:
    app.extensions["cards"] = sorted(cards, key=lambda card: card.order)
    app.jinja_env.globals["drawn_cards"] = drawn


def are_quick(app: Flask) -> bool:
    return all(card.is_quick for card in app.extensions["cards"])


def drawn(is_wide: bool = False) -> list[Markup]:
    """Each small card as HTML, or each wide one."""
    cards = [card for card in current_app.extensions["cards"] if card.is_wide == is_wide]
    return [Markup(render_template(f"partials/{card.partial}", **card.values())) for card in cards]  # noqa: S704
