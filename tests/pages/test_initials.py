"""Initials, as they look."""

from typing import Literal

import pytest

from tests.pages.test_accessibility import LUMINANCE, SCHEMES
from tests.screens import Screens
from webapp.accounts import initials

CONTRASTS = f"""(hues) => {{
  {LUMINANCE}
  return Array.from({{ length: hues }}, (_, hue) => {{
    const mark = document.querySelector("main").appendChild(document.createElement("span"));
    mark.className = `initials hue-${{hue}}`;
    const {{ color, backgroundColor }} = getComputedStyle(mark);
    return contrast(color, backgroundColor);
  }});
}}"""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_their_letters_can_be_read_in_each_colour(screens: Screens, scheme: Literal["light", "dark"]) -> None:
    """WCAG 1.4.3."""
    page = screens.open("/account", storage_state=screens.key("member"), color_scheme=scheme)
    contrasts = page.evaluate(CONTRASTS, initials.HUES)
    assert len(contrasts) == initials.HUES and min(contrasts) >= 4.5
