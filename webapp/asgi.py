"""What each process of the server runs: `webapp.asgi:front_door`, for any ASGI server."""

from webapp import create_app
from webapp.server.front_door import FrontDoor


def front_door() -> FrontDoor:
    """The app behind its front door."""
    return FrontDoor(create_app())
