"""The database, as a view reaches it."""

from typing import cast

from flask import current_app

from db import Database


def database() -> Database:
    """The app's database; each thread has a connection of its own behind it."""
    return cast(Database, current_app.extensions["database"])
