"""The commands that look after roles."""

import click

from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.commands import Commands
from webapp.database import database

role = Commands("role", help="Look after roles.")


@role.command("add")
@click.argument("name")
def add_role(name: str) -> None:
    """Let people have the role NAME."""
    roles.add(database(), COMMAND_LINE, name)
    click.echo(f"There is a role {name} now.")


@role.command("list")
def list_roles() -> None:
    """List all roles."""
    click.echo("\n".join(roles.names(database())))
