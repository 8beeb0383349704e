"""The README, and the papers that it leads to, say nothing that is not so."""

import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.screenshots import PICTURES
from webapp import config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
TEXT = "\n".join(path.read_text() for path in PAPERS)


def block(after: str, language: str) -> str:
    """The first such block of code after these words."""
    found = re.search(rf"{re.escape(after)}.*?```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return textwrap.dedent(found[1])


def test_every_setting_is_in_its_table_and_nothing_else() -> None:
    told = set(re.findall(r"`LATCHKEY_(\w+)`", (ROOT / "docs/settings.md").read_text()))
    assert told == config.NAMES


def test_every_recipe_that_it_names_is_there() -> None:
    recipes = set(re.findall(r"^([a-z-]+)[^:\n]*:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?just ([a-z-]+)", TEXT)) <= recipes


def test_just_alone_lists_each_recipe_with_a_line_of_help() -> None:
    listed = subprocess.run([ROOT / "just"], cwd=ROOT, capture_output=True, text=True).stdout
    recipes = (
        "run", "dev", "demo", "admin", "new", "backup", "restore", "test", "test-postgres", "test-pythons", "lint",
        "bench", "judge", "screenshots", "translate", "lock",
    )  # fmt: skip
    for recipe in recipes:
        assert re.search(rf"^    {recipe}\b.* # \w", listed, re.MULTILINE), recipe


@pytest.mark.parametrize(("title", "recipe"), [("Start", "run"), ("Test", "test")])
def test_one_command_in_the_checkout_is_the_whole_set_up(title: str, recipe: str) -> None:
    assert block(f"## {title}\n", "sh") == f"./just {recipe}\n"


def test_ci_runs_what_it_says() -> None:
    steps = (ROOT / ".ci/run").read_text().split()
    assert " ".join(steps).endswith("./just test ./just test-postgres ./just test-pythons ./just lint")
    assert "pip" not in steps


def test_every_picture_is_there_and_shown() -> None:
    shown = set(re.findall(r"\((?:docs/)?screenshots/([\w-]+)\.webp\)", TEXT))
    assert shown == {path.stem for path in (ROOT / "docs/screenshots").iterdir()} == {*PICTURES, "cover"}


@pytest.mark.parametrize("path", re.findall(r"^ {0,2}(\w+)/ ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
def test_every_folder_that_it_names_is_there(path: str) -> None:
    assert (ROOT / path).is_dir() or (ROOT / "webapp" / path).is_dir()


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        file, _, heading = target.partition("#")
        if not file.startswith("https:"):
            found = (path.parent / file).resolve() if file else path
            assert found.exists(), target
            assert not heading or heading in _anchors(found), target


def _anchors(path: Path) -> set[str]:
    """As GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_readme_is_read_in_three_minutes() -> None:
    assert len(README.splitlines()) <= 200
