"""The locks: everything that is installed is pinned with the hashes of its files, as the requirements have it today."""

import re
import shutil
from pathlib import Path

import pytest

from tests import locks
from tests.locks import DEV, RUN, SOURCES, lock

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the requirements and their locks, to be changed."""
    for source in SOURCES:
        (tmp_path / source.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, tmp_path / source)
        shutil.copy(ROOT / lock(source), tmp_path / lock(source))
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    return tmp_path


def test_no_lock_is_stale(checkout: Path) -> None:
    locks.main("check")


def test_a_changed_requirement_makes_its_locks_stale(checkout: Path) -> None:
    _replace(checkout / RUN, "Flask==3.1.3", "Flask==3.1.4")
    with pytest.raises(SystemExit, match=r"\./just lock  \(requirements.lock.txt, requirements-dev.lock.txt\)"):
        locks.main("check")


def test_a_removed_requirement_makes_its_lock_stale(checkout: Path) -> None:
    _replace(checkout / DEV, "ruff==", "# ruff==")
    with pytest.raises(SystemExit, match=r"\./just lock  \(requirements-dev.lock.txt\)"):
        locks.main("check")


def test_a_better_reason_makes_no_lock_stale(checkout: Path) -> None:
    _replace(checkout / RUN, "# The framework", "# The very framework")
    locks.main("check")


def test_a_missing_lock_is_named(checkout: Path) -> None:
    (checkout / lock(RUN)).unlink()
    with pytest.raises(SystemExit, match=r"\(requirements\.lock\.txt\)"):
        locks.main("check")


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_each_package_has_its_hashes_and_no_address(source: Path) -> None:
    text = (ROOT / lock(source)).read_text()
    for package in re.split(r"\n(?=\w)", text)[1:]:
        assert re.match(r"[\w.-]+==[\w.]+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}\b", package)
    assert not re.search(r"://|^-|^/", text, re.MULTILINE)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_each_requirement_stands_in_its_lock(source: Path) -> None:
    wanted = {re.sub(r"\[.*\]", "", line).lower().replace("_", "-") for line in locks._wanted(source)}
    assert wanted <= _pins(source)


def test_the_tests_run_on_what_the_server_runs_on() -> None:
    assert _pins(RUN) <= _pins(DEV)


def test_every_recipe_installs_a_lock() -> None:
    installed = set(re.findall(r'_install "([^"]+)"', (ROOT / "justfile").read_text()))
    assert installed == {str(lock(source)) for source in SOURCES if source.parent == Path()}


def _pins(source: Path) -> set[str]:
    return set(re.findall(r"^[\w.-]+==\S+", (ROOT / lock(source)).read_text(), re.MULTILINE))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
