"""Compression of pages; static files are compressed beforehand."""

import gzip

from flask import Flask, Response, request

# A smaller answer fills one packet, compressed or not.
LEAST_BYTES = 500
# Level 1 halves the time of level 6 and costs a few hundred bytes.
LEVEL = 1
TEXTS = {"text/html", "application/manifest+json", "text/javascript"}


def register(app: Flask) -> None:
    app.after_request(after_request)


def after_request(answer: Response) -> Response:
    if not answer.is_sequence or len(answer.get_data()) < LEAST_BYTES or "Content-Encoding" in answer.headers:
        return answer
    if answer.mimetype not in TEXTS:
        return answer
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        answer.set_data(gzip.compress(answer.get_data(), LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
