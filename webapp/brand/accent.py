"""The accent: one colour from a team, and what becomes of it in the light and in the dark scheme."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.brand import Unfit
from webapp.brand.colours import Colour, Oklch, least_contrast, shown

# WCAG 2.2, 1.4.3: links are text.
ENOUGH = 4.5
HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
STEPS = 200
# As css/base.css has them: what links lie on, and what is written on buttons of this colour.
LIGHT = {
    "paper": Oklch(0.974, 0.009, 85), "sheet": Oklch(0.997, 0.003, 85), "on-solid": Oklch(0.983, 0.008, 85),
}  # fmt: skip
DARK = {
    "paper": Oklch(0.195, 0.01, 70), "sheet": Oklch(0.235, 0.012, 72), "on-solid": Oklch(0.21, 0.02, 70),
}  # fmt: skip
# Behind the row under the pointer, and the current page in a menu: these in the accent's hue.
LIGHT_TINT, DARK_TINT = Oklch(0.935, 0.04, 85), Oklch(0.31, 0.042, 75)


@dataclass(frozen=True)
class Accent:
    """The accent in each scheme, and a tint of it for backgrounds."""

    light: Colour
    dark: Colour
    light_tint: Colour
    dark_tint: Colour


def read(text: str) -> Accent:
    """The accent for `#rgb` or `#rrggbb`. Raises Unfit for another text, and for one that is too light to read."""
    if not HEX.fullmatch(text):
        raise Unfit(f"must be a colour such as #b25 or #bb2255, not {text[:40]!r}")
    light = _colour(text[1:])
    if (ratio := least_contrast(light, map(shown, LIGHT.values()))) < ENOUGH:
        reached = f"{math.floor(ratio * 10) / 10} : 1"
        raise Unfit(f"is {text}, which reaches {reached} on the light pages; {ENOUGH} : 1 is needed. Take a darker one")
    dark_tint = shown(_in_hue(DARK_TINT, light))
    return Accent(light, _raised(light, dark_tint), _light_tint(light), dark_tint)


def _colour(digits: str) -> Colour:
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return Colour(*bytes.fromhex(digits))


def _raised(accent: Colour, tint: Colour) -> Colour:
    """The accent, lighter until it can be read on the dark pages."""
    grounds = [*map(shown, DARK.values()), tint]
    lighter = map(shown, _lighter(accent.oklch()))
    return next(colour for colour in lighter if least_contrast(colour, grounds) >= ENOUGH)


def _light_tint(accent: Colour) -> Colour:
    """The tint, lighter until the accent can be read on it; white at last."""
    lighter = map(shown, _lighter(_in_hue(LIGHT_TINT, accent)))
    return next(colour for colour in lighter if least_contrast(accent, [colour]) >= ENOUGH)


def _lighter(colour: Oklch) -> Iterator[Oklch]:
    """The colour, and lighter ones up to white."""
    for step in range(STEPS + 1):
        yield colour._replace(lightness=colour.lightness + (1 - colour.lightness) * step / STEPS)


def _in_hue(tint: Oklch, accent: Colour) -> Oklch:
    _, chroma, hue = accent.oklch()
    return Oklch(tint.lightness, min(tint.chroma, chroma), hue)
