"""What each process of the server runs: `webapp.asgi:front_door`, for any ASGI server."""

import gc

from webapp import create_app
from webapp.server.front_door import FrontDoor


def front_door() -> FrontDoor:
    """The app behind its front door."""
    app = create_app()
    sender = app.extensions.get("sender")
    door = FrontDoor(app, [sender] if sender else [])
    # What lives as long as the process is not looked through for garbage again and again: a twentieth of a page's time.
    gc.collect()
    gc.freeze()
    return door
