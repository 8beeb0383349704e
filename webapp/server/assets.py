"""Static files under names that carry their content's hash, compressed beforehand."""

import gzip
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import rcssmin
import rjsmin
from flask import Flask
from whitenoise import WhiteNoise

from webapp.config import BadSetting, settings

SOURCE = Path(__file__).parent.parent / "static"
# These are compressed already.
PACKED = {".png", ".webp", ".woff2"}
# The parts of scripts and style sheets that only their readers need are a tenth of what a first visit loads.
MINIFIERS: dict[str, Callable[[str], str]] = {".js": rjsmin.jsmin, ".css": rcssmin.cssmin}


def register(app: Flask, own: Path) -> None:
    """Publish our files and those in `own`; templates find an address by `asset("app.js")`. Raises BadSetting."""
    try:
        published = publish(settings(app).instance / "static", own)
    except OSError as error:
        raise BadSetting("INSTANCE", f"has no room for static files: {error}") from error
    app.jinja_env.globals["asset"] = published.__getitem__
    app.extensions["assets"] = published


def publish(folder: Path, own: Path | None = None) -> dict[str, str]:
    """Write the static files to `folder`; return their addresses by name, such as `/static/app.3f2a….js` for `app.js`.

    Files in `own` are added to ours, or replace ours of the same name.

    Old names stay until the folder is emptied: a page that was served before an update still finds its files.
    """
    sources = [SOURCE, own] if own else [SOURCE]
    found = {path.relative_to(source): path for source in sources for path in source.rglob("*") if path.is_file()}
    return {name.as_posix(): f"/static/{_publish(name, found[name], folder)}" for name in sorted(found)}


def serve(application: WSGIApplication, folder: Path) -> WSGIApplication:
    """Serve static files before `application`; browsers may keep them forever: a changed file has another name."""
    files = WhiteNoise(application, folder, "static/", immutable_file_test=r".", allow_all_origins=False)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_ours = environ["PATH_INFO"].startswith("/static/") and environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        return (files if is_ours else application)(environ, start_response)

    return answer


def _publish(name: Path, source: Path, folder: Path) -> str:
    content = _minified(source)
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
