"""Static files, as they are published at the start."""

import gzip
import os
from pathlib import Path

import brotli
import pytest

from webapp.server import assets


def test_they_are_compressed_beforehand_in_two_ways(tmp_path: Path) -> None:
    for address in assets.publish(tmp_path).values():
        path = tmp_path / address.removeprefix("/static/")
        packed = {ending: path.with_name(path.name + ending) for ending in (".gz", ".br")}
        if path.suffix in assets.PACKED:
            assert not any(found.exists() for found in packed.values())
        else:
            content = path.read_bytes()
            assert gzip.decompress(packed[".gz"].read_bytes()) == content
            assert brotli.decompress(packed[".br"].read_bytes()) == content


def test_a_selector_keeps_its_space_before_a_colon(tmp_path: Path) -> None:
    (own := tmp_path / "own").mkdir()
    (own / "own.css").write_text(
        "@layer a { .b :is(c, d) { e: f; } .b ::before { g: h; } .b:hover > :first-child { i: j } }"
    )
    address = assets.publish(tmp_path / "static", own)["own.css"]
    found = (tmp_path / "static" / address.removeprefix("/static/")).read_text()
    assert found == "@layer a{.b *:is(c,d){e:f}.b *::before{g:h}.b:hover>*:first-child{i:j}}"


def test_a_folder_of_the_version_before_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / assets.publish(tmp_path)["app.js"].removeprefix("/static/")
    missing = path.with_name(f"{path.name}.br")
    missing.unlink()
    assets.publish(tmp_path)
    assert missing.exists()


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
