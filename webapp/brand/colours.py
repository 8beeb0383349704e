"""Colours: sRGB in 8 bits as screens show them, OKLCH (CSS Color 4), and the contrast of two (WCAG 2.2).

The matrices lead from linear-light sRGB to OKLab and back, by way of cone responses (Björn Ottosson's, of 2021).
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
FROM_CONES = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
# How bright each of red, green and blue is (WCAG 2.2, relative luminance).
LUMINANCE = (0.2126, 0.7152, 0.0722)
# What rounding adds to a colour at the edge of what screens can show.
ROUNDING = 1e-4
# Each halves how far the chroma is from the greatest that screens can show.
HALVINGS = 16


class Oklch(NamedTuple):
    """Lightness from 0 to 1, chroma from 0 to about 0.4, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


class Colour(NamedTuple):
    """Red, green and blue, each from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, from 0 for black to 1 for white."""
        return _times([LUMINANCE], [*map(_linear, self)])[0]

    def oklch(self) -> Oklch:
        cones = map(math.cbrt, _times(TO_CONES, [*map(_linear, self)]))
        lightness, a, b = _times(TO_LAB, [*cones])
        return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio, from 1 to 21."""
    darker, lighter = sorted((one.luminance, other.luminance))
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: Colour, others: Iterable[Colour]) -> float:
    return min(contrast(colour, other) for other in others)


def shown(wanted: Oklch) -> Colour:
    """The colour of this lightness and hue on a screen; where it has no such chroma, the greatest that it has."""
    channels = _channels(wanted)
    if not _is_shown(channels):
        least, most = 0.0, wanted.chroma
        for _ in range(HALVINGS):
            middle = (least + most) / 2
            least, most = (middle, most) if _is_shown(_channels(wanted._replace(chroma=middle))) else (least, middle)
        channels = _channels(wanted._replace(chroma=least))
    return Colour(*(round(255 * _encoded(min(max(channel, 0), 1))) for channel in channels))


def _channels(colour: Oklch) -> list[float]:
    """Red, green and blue in linear light; outside of 0 to 1 where screens cannot show the colour."""
    hue = math.radians(colour.hue)
    lab = [colour.lightness, colour.chroma * math.cos(hue), colour.chroma * math.sin(hue)]
    return _times(FROM_CONES, [cone**3 for cone in _times(FROM_LAB, lab)])


def _is_shown(channels: Iterable[float]) -> bool:
    return all(-ROUNDING <= channel <= 1 + ROUNDING for channel in channels)


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(each * value for each, value in zip(row, vector, strict=True)) for row in matrix]
