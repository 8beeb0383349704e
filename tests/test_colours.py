"""Colours: what CSS Color 4 and WCAG 2.2 say of known ones, and an accent that can be read in both schemes."""

import re

import pytest

from tests.server import ROOT
from webapp.brand import Unfit, accent
from webapp.brand.colours import Colour, Oklch, contrast, shown

BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)
BASE = (ROOT / "webapp/static/css/base.css").read_text()


def hexed(text: str) -> Colour:
    return Colour(*bytes.fromhex(text.removeprefix("#")))


@pytest.mark.parametrize(
    ("colour", "luminance"),
    [
        ("#000000", 0),
        ("#ffffff", 1),
        ("#ff0000", 0.2126),
        ("#00ff00", 0.7152),
        ("#0000ff", 0.0722),
        ("#808080", 0.2159),
    ],
)
def test_luminance_is_as_wcag_has_it(colour: str, luminance: float) -> None:
    assert hexed(colour).luminance == pytest.approx(luminance, abs=1e-4)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#0000ff", 8.59),
        ("#ff0000", "#ffffff", 4.00),
    ],
)
def test_contrast_is_as_wcag_has_it(one: str, other: str, ratio: float) -> None:
    assert contrast(hexed(one), hexed(other)) == pytest.approx(ratio, abs=0.005)


# Of CSS Color 4's test pages, and of Ottosson's: red, lime, blue, white, rebeccapurple.
@pytest.mark.parametrize(
    ("colour", "lightness", "chroma", "hue"),
    [
        ("#ff0000", 0.62796, 0.25768, 29.234),
        ("#00ff00", 0.86644, 0.29483, 142.495),
        ("#0000ff", 0.45201, 0.31321, 264.052),
        ("#663399", 0.44027, 0.16030, 303.373),
        ("#008000", 0.51975, 0.17686, 142.495),
    ],
)
def test_oklch_is_as_css_has_it(colour: str, lightness: float, chroma: float, hue: float) -> None:
    found = hexed(colour).oklch()
    assert found.lightness == pytest.approx(lightness, abs=1e-4)
    assert found.chroma == pytest.approx(chroma, abs=1e-4)
    assert found.hue == pytest.approx(hue, abs=0.01)
    assert str(shown(found)) == colour


def test_white_and_black_have_no_chroma() -> None:
    assert WHITE.oklch()[:2] == pytest.approx((1, 0), abs=1e-6)
    assert BLACK.oklch()[:2] == (0, 0)


def test_a_chroma_that_no_screen_has_is_lowered_and_lightness_and_hue_stay() -> None:
    found = shown(Oklch(0.8, 0.4, 264)).oklch()
    assert found.chroma < 0.2
    assert found.lightness == pytest.approx(0.8, abs=0.01) and found.hue == pytest.approx(264, abs=1.5)


@pytest.mark.parametrize(("name", "place"), [("paper", 0), ("sheet", 0), ("on-solid", 0), ("paper", 1), ("sheet", 1)])
def test_it_is_measured_on_what_the_pages_have(name: str, place: int) -> None:
    given = re.search(rf"--{name}: light-dark\((oklch\(.*?\)), (oklch\(.*?\))\);", BASE)
    assert given is not None
    lightness, chroma, hue = map(float, re.findall(r"[\d.]+", given[1 + place]))
    assert (accent.DARK if place else accent.LIGHT)[name] == pytest.approx(Oklch(lightness / 100, chroma, hue))


@pytest.mark.parametrize(
    "text", ["#0b57d0", "#0B57D0", "#000", "#b25", "#060", "#c00000", "#6b21a8", "#7a5900", "#404040"]
)
def test_an_accent_can_be_read_in_both_schemes(text: str) -> None:
    found = accent.read(text)
    digits = text.lower()[1:]
    assert str(found.light) == f"#{digits if len(digits) == 6 else ''.join(2 * digit for digit in digits)}"
    for ground in (*map(shown, accent.LIGHT.values()), found.light_tint):
        assert contrast(found.light, ground) >= 4.5
    for ground in (*map(shown, accent.DARK.values()), found.dark_tint):
        assert contrast(found.dark, ground) >= 4.5


def test_in_the_dark_it_keeps_its_hue_and_is_no_lighter_than_it_must() -> None:
    found = accent.read("#0b57d0")
    assert found.dark.oklch().hue == pytest.approx(found.light.oklch().hue, abs=2)
    assert found.dark.oklch().lightness > found.light.oklch().lightness
    assert contrast(found.dark, found.dark_tint) < 4.7


@pytest.mark.parametrize("text", ["blue", "0b57d0", "#0b57d", "#0b57d0ff", "#ggg", "rgb(1, 2, 3)", "#fff;}", "#１２３"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(Unfit, match="must be a colour such as #b25 or #bb2255"):
        accent.read(text)


@pytest.mark.parametrize(("text", "ratio"), [("#ffcc00", "1.4"), ("#777", "4.1"), ("#fff", "1.0"), ("#ff0000", "3.7")])
def test_one_that_is_too_light_is_refused_with_its_ratio(text: str, ratio: str) -> None:
    with pytest.raises(Unfit, match=rf"{text}, which reaches {ratio} : 1 on the light pages; 4\.5 : 1 is needed"):
        accent.read(text)
