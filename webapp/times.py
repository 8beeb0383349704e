"""Moments, as people and browsers read them."""

from functools import lru_cache

from markupsafe import Markup

from db import moment


@lru_cache(1000)
def as_time(text: str) -> Markup:
    """A `<time>` for what the tables hold; a tutorial's row may hold any text, which is shown as it is."""
    try:
        time = moment(text)
    except (ValueError, TypeError):
        return Markup("{}").format(text)
    spoken = f"{time.day} {time:%B %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(f"{time:%Y-%m-%dT%H:%M:%SZ}", spoken)
