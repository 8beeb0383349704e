"""Compression of pages; static files are compressed beforehand."""

from functools import lru_cache

from flask import Flask, Response, request
from isal import igzip
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

# A smaller answer fills one packet, compressed or not.
LEAST_BYTES = 500
# A higher level takes twice as long and saves nothing.
LEVEL = 1
TEXTS = {"text/html", "application/manifest+json", "text/javascript"}
# In characters. Browsers name a handful of codings; a longer header was made up, and would fill the cache.
LONGEST_WISH = 100


def register(app: Flask) -> None:
    app.after_request(after_request)


def after_request(answer: Response) -> Response:
    mimetype = answer.headers.get("Content-Type", "").partition(";")[0]
    if mimetype not in TEXTS or not answer.is_sequence or "Content-Encoding" in answer.headers:
        return answer
    page = answer.get_data()
    if len(page) < LEAST_BYTES:
        return answer
    if "Accept-Encoding" not in answer.headers.get("Vary", ""):
        answer.vary.add("Accept-Encoding")
    wish = request.headers.get("Accept-Encoding", "")
    if len(wish) <= LONGEST_WISH and _takes_gzip(wish):
        answer.set_data(igzip.compress(page, LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@lru_cache(100)
def _takes_gzip(wish: str) -> bool:
    """Whether an Accept-Encoding header (RFC 9110 12.5.3) lets an answer be compressed."""
    return bool(parse_accept_header(wish, Accept)["gzip"])
