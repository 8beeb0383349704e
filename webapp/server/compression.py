"""Pages are sent compressed; static files have been already."""

import gzip

from flask import Response, request

# Below this a packet is a packet.
LEAST_BYTES = 500
# Level 1 halves the time of level 6 and costs a few hundred bytes.
LEVEL = 1
TEXTS = {"text/html", "application/manifest+json", "text/javascript"}


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
