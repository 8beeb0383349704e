"""Static files under names that carry their content's hash, compressed beforehand."""

import gzip
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import rcssmin
import rjsmin
from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.responders import MissingFileError
from whitenoise.string_utils import decode_path_info

from webapp.brand import style
from webapp.config import BadSetting, Settings, settings

# An SVG may hold a script, and an address opened by itself makes it a page. In an <img> it never runs.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
# An address as `publish` makes it, with the hash of the content. No part of it begins with a dot.
PART = r"[^/.\\\0][^/\\\0]*"
PUBLISHED = re.compile(rf"/static/(?:{PART}/)*{PART}\.[0-9a-f]{{12}}(?:\.[^/.\\\0]+)?")
NOTHING: Mapping[str, bytes] = MappingProxyType({})
SOURCE = Path(__file__).parent.parent / "static"
# What every page needs of the style sheets is one file: it packs a fifth smaller than its parts, and is asked for once.
SHEET = Path("css/site.css")
SHEETS = [Path(f"css/{name}.css") for name in ("base", "layout", "components", "utilities")]
# These are compressed already.
PACKED = {".png", ".webp", ".woff2"}
# The parts of scripts and style sheets that only their readers need are a tenth of what a first visit loads.
MINIFIERS: dict[str, Callable[[str], str]] = {
    ".js": rjsmin.jsmin,
    # Within @layer, rcssmin takes the space of `.event :is(strong)` for one that may go; with a star it stays.
    ".css": lambda text: rcssmin.cssmin(re.sub(r" (?=::?[a-z])", " *", text)),
}


def register(app: Flask, own: Path) -> None:
    """Publish our files and those in `own`; templates find an address by `asset("app.js")`. Raises BadSetting.

    `asset("logo")` is that of the logo, ours or a team's, and `asset("touch")` that of the icon for iOS.
    """
    given, logo = settings(app), settings(app).logo
    try:
        published = publish(given.instance / "static", own, _made_of(given))
    except OSError as error:
        raise BadSetting("INSTANCE", f"has no room for static files: {error}") from error
    published |= {name: published[file] for name, file in {"logo": logo.file, "touch": logo.touch}.items() if file}
    app.jinja_env.globals["asset"] = published.__getitem__
    app.extensions["assets"] = published


def publish(folder: Path, own: Path | None = None, made: Mapping[str, bytes] = NOTHING) -> dict[str, str]:
    """Write the static files to `folder`; return their addresses by name, such as `/static/app.3f2a….js` for `app.js`.

    Files in `own` are added to ours, or replace ours of the same name; so do those in `made`, by name.

    Old names stay until the folder is emptied: a page that was served before an update still finds its files.
    """
    sources = [SOURCE, own] if own else [SOURCE]
    found = {path.relative_to(source): path for source in sources for path in source.rglob("*") if path.is_file()}
    contents = {name: _minified(found[name]) for name in sorted(found)} | {Path(name): made[name] for name in made}
    contents[SHEET] = b"".join(contents.pop(name) for name in SHEETS)
    return {name.as_posix(): f"/static/{_publish(name, contents[name], folder)}" for name in contents}


def serve(application: WSGIApplication, folder: Path) -> WSGIApplication:
    """Serve static files before `application`; browsers may keep them forever: a changed file has another name."""
    files = WhiteNoise(application, folder, "static/", immutable_file_test=r".", allow_all_origins=False)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_ours = environ["PATH_INFO"].startswith("/static/") and environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        if is_ours:
            _find_new(files, folder, decode_path_info(environ["PATH_INFO"]))
        if is_ours and environ["PATH_INFO"].endswith(".svg"):
            start_response = _as_image(start_response)
        return (files if is_ours else application)(environ, start_response)

    return answer


def _find_new(files: WhiteNoise, folder: Path, address: str) -> None:
    """Let `files` know the file at this address, if another server has published it in `folder` since the start.

    A new version's page may ask the version before for its style sheet. A stranger's made-up name costs one look at the
    disk and is not kept: `files` grows by what lies in the folder alone.
    """
    if address in files.files or not PUBLISHED.fullmatch(address):
        return
    path = os.path.join(folder, address.removeprefix("/static/"))
    # A name too long for the disk, or gone again a moment later.
    with suppress(OSError, MissingFileError):
        if stat.S_ISREG(os.lstat(path).st_mode) and _is_below(path, folder):
            files.add_file_to_dictionary(address, path)


def _is_below(path: str, folder: Path) -> bool:
    """Whether the file lies in the folder, also by the real name of each folder between."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _as_image(start_response: StartResponse) -> StartResponse:
    """`start_response` with the policy for images, unless the answer is an error's page."""

    def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Callable[[bytes], object]:
        added = [] if status.startswith(("4", "5")) else [("Content-Security-Policy", IMAGE_POLICY)]
        return start_response(status, headers + added, *failure)

    return start


def _made_of(given: Settings) -> dict[str, bytes]:
    """The files that the settings make: the team's logo, and brand.css."""
    logo, css = given.logo, style.sheet(given.logo, given.accent)
    return ({logo.file: logo.content} if logo.content else {}) | ({"brand.css": css.encode()} if css else {})


def _publish(name: Path, content: bytes, folder: Path) -> str:
    hashed = name.with_suffix(f".{hashlib.sha256(content).hexdigest()[:12]}{name.suffix}")
    for ending, packed in ({} if name.suffix in PACKED else CODINGS).items():
        if not (folder / f"{hashed}{ending}").exists():
            _write(folder, f"{hashed}{ending}", packed(content))
    # Written last: once it is there, the compressed ones are.
    if not (folder / hashed).exists():
        _write(folder, str(hashed), content)
    return hashed.as_posix()


def _brotli(content: bytes) -> bytes:
    # Loaded here, since it takes 1 MB, and only a start with new files compresses.
    from brotli import compress

    return bytes(compress(content))


# By the ending under which WhiteNoise looks for them. Browsers ask for Brotli's over HTTPS alone.
CODINGS: dict[str, Callable[[bytes], bytes]] = {".gz": partial(gzip.compress, mtime=0), ".br": _brotli}


def _minified(source: Path) -> bytes:
    minify = MINIFIERS.get(source.suffix) if ".min." not in source.name else None
    return minify(source.read_text()).encode() if minify else source.read_bytes()


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write the whole file or nothing, since several servers may start at once.

    A draft lies beside the folder: another server that starts looks at each file in it, and finds no draft that is gone
    a moment later.
    """
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    draft = folder.parent / f".{secrets.token_hex(4)}"
    draft.write_bytes(content)
    os.replace(draft, folder / name)
