"""The commands that look after roles."""

import click

from webapp.accounts import roles
from webapp.commands import Commands
from webapp.database import database

role = Commands("role", help="Look after roles.")


@role.command("add")
@click.argument("name")
def add_role(name: str) -> None:
    """Let people have the role NAME."""
    try:
        roles.add(database(), name)
    except roles.BadRole as error:
        raise click.ClickException(
            f"{name!r} cannot be a role: take 2 to 32 of a-z, 0-9, _ and -, and no name that is taken."
        ) from error
    click.echo(f"There is a role {name} now.")


@role.command("list")
def list_roles() -> None:
    """List all roles."""
    click.echo("\n".join(roles.names(database())))
