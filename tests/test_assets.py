"""Static files, as they are published at the start."""

import os
from pathlib import Path

import pytest

from webapp.server import assets


def test_no_draft_of_a_static_file_lies_where_another_server_that_starts_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Path]] = []

    def replace(draft: Path, path: Path) -> None:
        seen.append([*(tmp_path / "static").rglob(".*")])
        draft.rename(path)

    monkeypatch.setattr(os, "replace", replace)
    addresses = assets.publish(tmp_path / "static")
    assert len(seen) >= len(addresses) > 0 and not any(seen)
    assert not [*tmp_path.glob(".*")]
