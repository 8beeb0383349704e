"""The command that fills an empty database with people who do not exist."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from webapp.accounts import demo as rules
from webapp.config import settings
from webapp.database import database

# As many as a user makes in half a year who comes every week or two.
EVENTS_EACH = 40


@click.command()
@click.option("--people", default=300, show_default=True, type=click.IntRange(2, 10_000_000), help="How many.")
@click.option("--events", type=click.IntRange(0, 100_000_000), help="How many in all; else 40 for each.")
@with_appcontext
def demo(people: int, events: int | None) -> None:
    """Fill the empty database with people and half a year of events, and print accounts to log in with."""
    try:
        with _quiet():
            filled = rules.fill(database(), people, people * EVENTS_EACH if events is None else events)
    except rules.NotEmpty:
        raise click.ClickException(
            f"Somebody has signed up in {settings().database_url} already; the demo wants an empty database."
        ) from None
    click.echo(f"Log in as {rules.ADMIN} (an admin) or {rules.MEMBER}, with the password  {filled.password}")
    if filled.draft:
        click.echo(f"{rules.MEMBER} has a form that waits, at {settings().origin}{filled.draft}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Log no act of people who do not exist."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
