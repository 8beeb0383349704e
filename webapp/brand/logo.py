"""The logo: an SVG or PNG, known by what is in the file and not by its name."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.parsers import expat

from webapp.brand import Unfit

MOST_BYTES = 64 * 1024
# Of a PNG, in pixels each way: a small file may hold an image that fills a telephone's memory.
MOST_PIXELS = 4096
# In the header, in CSS pixels.
WIDEST, HIGHEST = 128, 32
# Chromium installs a site only with an icon of this size, in pixels.
LEAST_ICON = 144
SIGNATURE = b"\x89PNG\r\n\x1a\n"
SVG = "http://www.w3.org/2000/svg svg"
LENGTH = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)(?:px)?\s*")


@dataclass(frozen=True)
class Logo:
    """A logo: `size` is in pixels; for an SVG only the proportion counts. `content` is empty for our own icon."""

    content: bytes
    type: str
    size: tuple[float, float]

    @property
    def file(self) -> str:
        """Its name among the static files."""
        return f"logo.{'png' if self.is_png else 'svg'}" if self.content else "icons/icon.svg"

    @cached_property
    def touch(self) -> str:
        """The name of the icon for iOS, which takes no SVG; empty if there is none."""
        return self.file if self.is_png else "" if self.content else "icons/apple-touch-180.png"

    @property
    def is_png(self) -> bool:
        return self.type == "image/png"

    @property
    def sizes(self) -> str:
        """As a manifest says it."""
        return "{:.0f}x{:.0f}".format(*self.size) if self.is_png else "any"

    @cached_property
    def shown(self) -> tuple[int, int]:
        """Width and height in the header."""
        width, height = self.size
        scale = min(WIDEST / width, HIGHEST / height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def fits_icon(self) -> bool:
        """Whether Chromium installs the site with it: an SVG of any shape, else a square that is large enough."""
        return not self.is_png or LEAST_ICON <= self.size[0] == self.size[1]


OURS = Logo(b"", "image/svg+xml", (512, 512))


def read(path: str) -> Logo:
    """The logo in the file at `path`. Raises Unfit."""
    content = _content(Path(path))
    if content.startswith(SIGNATURE):
        return Logo(content, "image/png", _png_size(content, path))
    return Logo(content, "image/svg+xml", _svg_size(content, path))


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unfit(f"is {path}, and no file is there")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Unfit(f"is {path}, which cannot be read: {getattr(error, 'strerror', error)}") from error
    if len(content) > MOST_BYTES:
        raise Unfit(f"is {path}, which is larger than {MOST_BYTES // 1024} KiB")
    return content


def _png_size(content: bytes, path: str) -> tuple[int, int]:
    """Width and height of a whole PNG, each of whose parts is as its checksum says."""
    parts = [*_parts(content)]
    if len(parts) < 3 or parts[0][0] != b"IHDR" or len(parts[0][1]) != 13 or parts[-1][0] != b"IEND":
        raise Unfit(f"is {path}, which begins like a PNG but is damaged")
    width, height = struct.unpack_from(">II", parts[0][1])
    if not (1 <= width <= MOST_PIXELS and 1 <= height <= MOST_PIXELS):
        raise Unfit(f"is {path}, of {width} by {height} pixels; {MOST_PIXELS} each way are the most")
    return width, height


def _parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each part up to the last, or to the first that is damaged."""
    at = len(SIGNATURE)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        named = content[at + 4 : at + 8 + length]
        if content[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(named)):
            return
        yield named[:4], named[4:]
        at += 12 + length


def _svg_size(content: bytes, path: str) -> tuple[float, float]:
    """Width and height of an SVG, or a square. A DTD is refused: its entities can grow a thousandfold."""
    roots: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not roots:
            roots.append((name, attributes))

    def refuse(*_: object) -> None:
        raise Unfit(f"is {path}, which has a DTD (<!DOCTYPE …>); take it out, as an SVG needs none")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Unfit(f"is {path}, which is neither a PNG nor a well-formed SVG: {error}") from error
    if roots[0][0] != SVG:
        raise Unfit(f'is {path}, which is no SVG: its root must be <svg xmlns="http://www.w3.org/2000/svg">')
    return _proportion(roots[0][1])


def _proportion(root: dict[str, str]) -> tuple[float, float]:
    """As `width` and `height` say it, else `viewBox`, else a square."""
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    for pair in ((root.get("width", ""), root.get("height", "")), (*box[2:3], *box[3:4])):
        found = [float(length[1]) for text in pair if (length := LENGTH.fullmatch(text))]
        if len(found) == 2 and min(found) > 0:
            return found[0], found[1]
    return 1, 1
