"""The style sheets: one scale of space."""

import re
from pathlib import Path

import pytest

SHEETS = sorted((Path(__file__).parent.parent / "webapp/static/css").glob("*.css"))
SPACES = re.compile(r"(?<![\w-])(?:margin|padding|(?:row-|column-)?gap)[a-z-]*:\s*([^;}]+)")
PART = re.compile(r"[\w-]+\((?:[^()]|\([^()]*\))*\)|\S+")
# A size of something else, such as an icon's, may be added to a space; millimetres are those of paper.
OF_THE_SCALE = re.compile(r"0|auto|none|[0-9]+mm|var\(--space-[0-7]\)|(?:calc|clamp)\(.*var\(--.*\)")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_every_space_is_one_of_the_scale(sheet: Path) -> None:
    values = SPACES.findall(sheet.read_text())
    parts = [part for value in values for part in PART.findall(value)]
    assert [part for part in parts if not OF_THE_SCALE.fullmatch(part)] == []
