"""The parts of the installed app: manifest, service worker, offline page."""

import hashlib

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from webapp.auth import public
from webapp.languages.reader import speak

blueprint = Blueprint("pwa", __name__)


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> ResponseReturnValue:
    return _text("manifest.webmanifest", "application/manifest+json")


@blueprint.get("/sw.js")
@public
def service_worker() -> ResponseReturnValue:
    """Send the service worker; its cache is named after its files and the offline page that names them."""
    speak(None)
    published = current_app.extensions["assets"]
    # The pictures of the installed app are for the browser alone, before it installs it.
    addresses = sorted({address for name, address in published.items() if not name.startswith("install/")})
    kept = "".join(addresses) + render_template("offline.html")
    version = hashlib.sha256(kept.encode()).hexdigest()[:12]
    return _text("sw.js", "text/javascript", addresses=addresses, version=version)


@blueprint.get("/offline")
@public
def offline() -> ResponseReturnValue:
    """Send the offline page. Browsers keep it, so it is the same for all users: no name, no form."""
    return _text("offline.html", "text/html")


def _text(template: str, mimetype: str, **context: object) -> Response:
    """Answer in the browser's language, without looking up the user."""
    speak(None)
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
    return Response(render_template(template, **context), mimetype=mimetype, headers=headers)
