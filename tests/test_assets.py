"""Static files, as they are published at the start."""

import gzip
import os
import time
import tracemalloc
from pathlib import Path
from urllib.parse import quote
from wsgiref.types import WSGIApplication

import brotli
import pytest
from werkzeug.exceptions import NotFound
from werkzeug.test import Client, TestResponse, create_environ

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


def _served(folder: Path) -> WSGIApplication:
    """Files in `folder`, before an application that finds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    return assets.serve(NotFound(), folder)


def _ask(served: WSGIApplication, address: str, **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with Client(served).get(quote(address), headers=given) as answer:
        assert isinstance(answer.data, bytes)
    return answer


def test_a_server_finds_what_another_one_publishes_after_its_start(tmp_path: Path) -> None:
    """The page of a new version asks the version before for its style sheet."""
    old = _served(folder := tmp_path / "static")
    published = assets.publish(tmp_path / "elsewhere")
    assert {_ask(old, address).status_code for address in published.values()} == {404}
    assets.publish(folder)
    new = _served(folder)
    for address in published.values():
        for coding in ("", "gzip", "gzip, br"):
            found, known = (_ask(served, address, Accept_Encoding=coding) for served in (old, new))
            assert (found.status_code, [*found.headers], found.data) == (200, [*known.headers], known.data)
            assert found.headers["Cache-Control"] == "max-age=315360000, public, immutable"
            assert _ask(old, address, If_None_Match=found.headers["ETag"]).status_code == 304


def test_what_is_found_later_may_lie_in_folders_and_have_any_name(tmp_path: Path) -> None:
    old, own = _served(tmp_path / "static"), tmp_path / "own"
    (own / "deep/er").mkdir(parents=True)
    for name in ("deep/er/a picture.png", "grüße.txt", "LICENSE", "two.parts.json"):
        (own / name).write_text(name)
    published = assets.publish(tmp_path / "static", own)
    for name in ("deep/er/a picture.png", "grüße.txt", "LICENSE", "two.parts.json"):
        assert _ask(old, published[name]).data == name.encode()


HASH = "0123456789ab"


@pytest.mark.parametrize(
    "address",
    [
        f"../secret.{HASH}.txt",
        f"css/../../secret.{HASH}.txt",
        f"css/./x.{HASH}.css",
        f"//secret.{HASH}.txt",
        f"/etc/secret.{HASH}.txt",
        f"link.{HASH}.txt",
        f"linked/secret.{HASH}.txt",
        f"folder.{HASH}.css",
        f"folder.{HASH}.css/",
        f"pipe.{HASH}.css",
        f".hidden.{HASH}.css",
        f".hidden/x.{HASH}.css",
        f"css\\x.{HASH}.css",
        f"x.{HASH}.css\0",
        f"x\0.{HASH}.css",
        f"{'x' * 5000}.{HASH}.css",
        f"{'x/' * 3000}x.{HASH}.css",
        f"x\ud800.{HASH}.css".encode("utf-8", "surrogatepass").decode("latin-1"),
        "plain.css",
        "plain.0123.css",
        "",
        "css",
    ],
)
def test_nothing_but_a_published_file_below_the_folder_is_found(tmp_path: Path, address: str) -> None:
    served, folder = _served(tmp_path / "static"), tmp_path / "static"
    (folder / "css").mkdir()
    (folder / ".hidden").mkdir()
    (folder / f"folder.{HASH}.css").mkdir()
    os.mkfifo(folder / f"pipe.{HASH}.css")
    for name in ("plain.css", "plain.0123.css", f"css/x.{HASH}.css", f".hidden.{HASH}.css", f".hidden/x.{HASH}.css"):
        (folder / name).write_text("x")
    (tmp_path / f"secret.{HASH}.txt").write_text("secret")
    (folder / f"link.{HASH}.txt").symlink_to(tmp_path / f"secret.{HASH}.txt")
    (folder / "linked").symlink_to(tmp_path)
    assert _ask(served, f"/static/{address}").status_code == 404
    assert _ask(served, f"/static/css/x.{HASH}.css").status_code == 200


def test_made_up_names_cost_no_memory_and_little_time(tmp_path: Path) -> None:
    """As a stranger asks for them by the million: a page takes hundreds of microseconds, a look at the disk ten."""
    served = assets.serve(lambda *_: [], tmp_path)
    asked = create_environ("/static/")
    tracemalloc.start()
    try:
        before, began = tracemalloc.get_traced_memory()[0], time.process_time()
        for number in range(10_000):
            asked["PATH_INFO"] = f"/static/css/{'x' * 200}.{number:012x}.css"
            served(asked, lambda *_: lambda _: None)
        took, kept = time.process_time() - began, tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 100_000 and took / 10_000 < 0.0005
