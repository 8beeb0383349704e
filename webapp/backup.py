"""The commands that copy the embedded database and put a copy back.

They are a separate app: it copies before an update without migrating, and replaces what no server can start with.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from db import Unavailable, Unfit, connect, half_logins, outbox, system_clock, tokens
from db import backup as copies
from db.migrate import migrate
from db.sqlite import Sqlite
from webapp import config
from webapp.accounts import standing
from webapp.accounts.actor import COMMAND_LINE
from webapp.config import settings

EMBEDDED = "sqlite:///"
WHY = "A backup was restored."

file_argument = click.argument("file", type=click.Path(path_type=Path))


def create_app() -> Flask:
    """Build the app for `flask --app webapp.backup`. Raises BadSetting."""
    app = Flask(__name__)
    config.load(app, {})
    for command in (backup, restore):
        app.cli.add_command(command)
    return app


@click.command()
@file_argument
@with_appcontext
def backup(file: Path) -> None:
    """Copy the database to a new FILE; the server may run on."""
    path = _path()
    with _refusing():
        copies.back_up(path, file)
    click.echo(f"{file} holds everything that was in {path} when the copy began. Keep it safe: it holds hashes.")


@click.command()
@file_argument
@with_appcontext
def restore(file: Path) -> None:
    """Put the copy in FILE in the database's place, while no server runs."""
    path = _path()
    with _refusing(), copies.draft_of(path) as draft:
        copies.copy(file, draft)
        copies.refuse_what_is_not_ours(draft, file)
        ended = _made_current(draft)
        kept = copies.put_in_place(draft, path, system_clock())
    click.echo(f"{path} is as {file} has it, and everybody is logged out, of {ended} sessions.")
    if kept:
        click.echo(f"What was there is kept in {kept}.")


def _made_current(draft: Path) -> int:
    """Migrate the copy and end all its sessions; return how many.

    A session that was ended since the copy was made, perhaps a thief's, must not live again.
    """
    with closing(connect(f"{EMBEDDED}{draft}")) as db:
        migrate(db)
        with db.transaction():
            # A link that was used since would open something again, and an old mail be sent once more.
            tokens.remove_all(db)
            half_logins.remove_all(db)
            outbox.remove_all(db)
        return standing.sign_everybody_out(db, COMMAND_LINE, WHY)


def _path() -> Path:
    url: str = settings().database_url
    if not url.startswith(EMBEDDED):
        raise click.ClickException(
            "This is for the embedded database; with PostgreSQL use pg_dump and pg_restore, as docs/operating.md says."
        )
    # SQLite keeps its other files beside the database itself, not beside a link to it.
    return Path(url.removeprefix(EMBEDDED)).resolve()


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (copies.Refused, Unavailable, Unfit, Sqlite.mistakes) as refused:
        raise click.ClickException(f"Nothing was done. {refused}") from refused
