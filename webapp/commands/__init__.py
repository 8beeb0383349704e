"""The command line: the same rules and events as the pages."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from db import Unavailable, Unknown
from webapp.accounts.fields import Refused
from webapp.accounts.hashing import Busy


def register(app: Flask, *found: click.Command) -> None:
    for command in found:
        app.cli.add_command(command)


class Commands(AppGroup):
    """Commands that say in a sentence why nothing was done."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unknown as error:
            raise click.ClickException(f"Look whether this was done, before you do it again: {error}") from error
        except Unavailable as error:
            raise click.ClickException(f"The database cannot answer now, and nothing was done: {error}") from error
        except Refused as refused:
            raise click.ClickException(" ".join(refused.errors.values())) from refused
        except Busy as busy:
            raise click.ClickException("Too many are logging in just now. Nothing was done; try again.") from busy
