"""Fields of a team's own: declared in own/fields.py, read at the start, reached by a view or a command."""

import runpy
from pathlib import Path
from typing import cast

import click
from flask import Flask, current_app

from webapp.accounts.fields.declared import BadField, Fields, checked


class BadFields(click.ClickException):
    """A declaration is not valid: the start stops, and the sentence names the field."""


def load(app: Flask, path: Path) -> None:
    """Read what the file at `path` declares as FIELDS, if there is one. Raises BadFields."""
    try:
        held = runpy.run_path(str(path)) if path.exists() else {"FIELDS": ()}
        if "FIELDS" not in held:
            raise BadField("FIELDS", "is not declared")
        app.extensions["fields"] = checked(held["FIELDS"])
    except (BadField, TypeError) as error:
        raise BadFields(f"own/fields.py: {error}") from error


def declared() -> Fields:
    return cast(Fields, current_app.extensions["fields"])


def at_signup() -> Fields:
    """The fields that stand in the sign-up."""
    return tuple(field for field in declared() if field.is_users_to_change)


def have_pages(app: Flask) -> bool:
    """Whether there are pages about them: once one is declared, and in `./just dev` for the style page."""
    return bool(app.extensions["fields"]) or app.debug
